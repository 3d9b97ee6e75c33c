"""PID 1 of an instance. Started by `machines` in namespaces of its own; imports the standard library only.

Reads its spec as one line of JSON from stdin, builds the root file system, starts sshd, writes `ready` (or
`failed: why`) to stdout and then plays cloud-init. Stdin stays open as the life line: the line `stop` ends the
instance in an orderly way, end of file (the emulator died) at once. The kernel ends every process of a PID
namespace with its PID 1.
"""

import base64
import ctypes
import json
import os
import select
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
CAPABILITIES = (
    "-all,+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid,+setpcap,+net_bind_service,"
    "+net_raw,+sys_chroot,+audit_write,+setfcap"
)
"""Capabilities of an instance's processes: a container's usual set, without device nodes."""

AGENT = Path("/opt/codedeploy-agent/bin/codedeploy-agent")
AGENT_ENABLED = Path("/etc/systemd/system/multi-user.target.wants/codedeploy-agent.service")
LOG_AGENT = Path("/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl")
LOG_AGENT_ENABLED = Path("/etc/systemd/system/multi-user.target.wants/amazon-cloudwatch-agent.service")
USER_DATA_DELAY = Path("/etc/local-cloud/user-data-delay")
"""Seconds that user data comes late on instances of an image with this file, as on AWS, where cloud-init is slow."""

_MNT_DETACH = 2
_SYSCALL_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_STOP_SECONDS = 5.0

Spec = dict[str, Any]

_aws: dict[str, str] = {}
"""Variables by which SDKs find this cloud."""


def main() -> None:
    spec: Spec = json.loads(sys.stdin.readline())
    _aws.update(spec["aws"])
    try:
        _mount_root(spec)
        _identity(spec)
        first_boot = _first_boot(spec)
        _tell_programs(spec)
        if spec["sshd"]:
            _start_sshd(spec, first_boot)
    except (OSError, RuntimeError, subprocess.CalledProcessError) as error:
        detail = getattr(error, "stderr", None) or str(error)
        print(f"failed: {' '.join(str(detail).split())}", flush=True)
        sys.exit(1)
    print("ready", flush=True)
    _start_agents()
    if first_boot and spec["user_data"]:
        _run_user_data(spec)
    _live()


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True, capture_output=True, text=True)


def _mount_root(spec: Spec) -> None:
    root = spec["root"]
    _mount(
        "-t",
        "overlay",
        "overlay",
        "-o",
        f"lowerdir={spec['lower']},upperdir={spec['upper']},workdir={spec['work']}",
        root,
    )
    for directory in ("proc", "sys", "dev", "run", "tmp"):
        Path(root, directory).mkdir(exist_ok=True)
    _mount("-t", "proc", "-o", "nosuid,nodev,noexec", "proc", f"{root}/proc")
    for name in ("sys", "sysrq-trigger"):
        if not Path(root, "proc", name).exists():
            continue
        _mount("--bind", f"{root}/proc/{name}", f"{root}/proc/{name}")
        _mount("-o", "remount,bind,ro", f"{root}/proc/{name}")
    _mount("-t", "sysfs", "-o", "ro,nosuid,nodev,noexec", "sysfs", f"{root}/sys")
    _mount("-t", "tmpfs", "-o", "mode=0755,nosuid", "run", f"{root}/run")
    _mount("-t", "tmpfs", "-o", "mode=1777,nosuid,nodev", "tmp", f"{root}/tmp")
    _devices(f"{root}/dev")
    for inside, source in spec["readable"].items():
        place = f"{root}/{inside.lstrip('/')}"
        Path(place).mkdir(parents=True)
        _mount("--bind", source, place)
        _mount("-o", "remount,bind,ro", place)
    lock = Path(root, "run/lock")
    lock.mkdir()
    lock.chmod(0o1777)
    Path(root, "run/sshd").mkdir()
    _pivot(root)


def _devices(dev: str) -> None:
    _mount("-t", "tmpfs", "-o", "mode=0755,nosuid", "dev", dev)
    for name, major, minor in (
        ("null", 1, 3),
        ("zero", 1, 5),
        ("full", 1, 7),
        ("random", 1, 8),
        ("urandom", 1, 9),
        ("tty", 5, 0),
    ):
        os.mknod(f"{dev}/{name}", stat.S_IFCHR | 0o666, os.makedev(major, minor))
        Path(dev, name).chmod(0o666)
    Path(dev, "pts").mkdir()
    _mount("-t", "devpts", "-o", "newinstance,ptmxmode=0666,mode=0620,gid=5", "devpts", f"{dev}/pts")
    Path(dev, "ptmx").symlink_to("pts/ptmx")
    Path(dev, "shm").mkdir()
    _mount("-t", "tmpfs", "-o", "mode=1777,nosuid,nodev", "shm", f"{dev}/shm")
    for name, target in (("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        Path(dev, name).symlink_to(target)


def _pivot(root: str) -> None:
    """Leave the host's root for good: `pivot_root(".", ".")` of man 2 pivot_root."""
    number = _SYSCALL_PIVOT_ROOT.get(os.uname().machine)
    if number is None:
        raise RuntimeError(f"instances are not supported on {os.uname().machine}")
    libc = ctypes.CDLL(None, use_errno=True)
    os.chdir(root)
    if libc.syscall(number, b".", b".") != 0:
        raise OSError(ctypes.get_errno(), "pivot_root failed")
    if libc.umount2(b".", _MNT_DETACH) != 0:
        raise OSError(ctypes.get_errno(), "the host's root could not be left")
    os.chdir("/")


def _identity(spec: Spec) -> None:
    hostname = spec["hostname"]
    socket.sethostname(hostname)
    Path("/etc/hostname").write_text(f"{hostname}\n")
    Path("/etc/hosts").write_text(
        f"127.0.0.1 localhost\n{spec['address']} {hostname}.{spec['domain']} {hostname}\n"
        "::1 localhost ip6-localhost ip6-loopback\n"
    )
    _replace("/etc/resolv.conf", spec["resolv_conf"])
    _replace("/etc/environment", "".join(f"{name}={value}\n" for name, value in spec["environment"].items()))


def _replace(path: str, text: str) -> None:
    # A symbolic link here (systemd-resolved) would point at something this instance does not have.
    file = Path(path)
    if file.is_symlink():
        file.unlink()
    file.write_text(text)


def _first_boot(spec: Spec) -> bool:
    """As cloud-init decides it: the id of the instance that this disk last booted as."""
    data = Path("/var/lib/cloud/data")
    data.mkdir(parents=True, exist_ok=True)
    current = data / "instance-id"
    first = not current.exists() or current.read_text().strip() != spec["instance_id"]
    current.write_text(f"{spec['instance_id']}\n")
    instance = Path("/var/lib/cloud/instances") / spec["instance_id"]
    instance.mkdir(parents=True, exist_ok=True)
    link = Path("/var/lib/cloud/instance")
    if link.is_symlink() or link.exists():
        link.unlink()
    link.symlink_to(instance)
    if first and spec["authorized_keys"]:
        _authorize(spec["user"], spec["authorized_keys"])
    return first


def _tell_programs(spec: Spec) -> None:
    """Where programs find data about their instance (https://cloudinit.readthedocs.io/en/latest/explanation/instancedata.html)."""
    data = {
        "v1": {"cloud_name": "aws", "instance_id": spec["instance_id"], "local_hostname": spec["hostname"]},
        "ds": {"meta_data": {"instance-id": spec["instance_id"], "local-ipv4": spec["address"]}},
    }
    file = Path("/run/cloud-init/instance-data.json")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(data, indent=1))


def _authorize(user: str, keys: list[str]) -> None:
    home = Path(f"/home/{user}")
    owner = home.stat()
    directory = home / ".ssh"
    directory.mkdir(mode=0o700, exist_ok=True)
    file = directory / "authorized_keys"
    known = file.read_text().splitlines() if file.exists() else []
    file.write_text("".join(f"{key}\n" for key in dict.fromkeys([*known, *keys])))
    file.chmod(0o600)
    for path in (directory, file):
        os.chown(path, owner.st_uid, owner.st_gid)


def _confined(*command: str) -> list[str]:
    return ["/usr/bin/setpriv", f"--bounding-set={CAPABILITIES}", "--inh-caps=-all", "--", *command]


def _start_sshd(spec: Spec, first_boot: bool) -> None:
    key = Path("/etc/ssh/ssh_host_ed25519_key")
    if first_boot:
        for old in Path("/etc/ssh").glob("ssh_host_*"):
            old.unlink()
    if not key.exists():
        subprocess.run(
            ["/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)],
            check=True,
            capture_output=True,
            text=True,
        )
    log = os.open("/var/log/sshd.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
    command = _confined("/usr/sbin/sshd", "-D", "-e", "-o", f"ListenAddress={spec['address']}:22")
    server = _spawn(command, log)
    os.close(log)
    deadline = time.monotonic() + 10
    while True:
        with socket.socket() as probe:
            if probe.connect_ex((spec["address"], 22)) == 0:
                return
        ended, _ = os.waitpid(server, os.WNOHANG)
        if ended or time.monotonic() > deadline:
            raise RuntimeError(f"sshd did not start: {Path('/var/log/sshd.log').read_text()[-500:]}")
        select.select([], [], [], 0.01)


def _start_agents() -> None:
    """Start the agents of CodeDeploy and CloudWatch if they are enabled: as systemd does, before user data.

    Debian's cloud-final.service, which runs user data, is ordered after multi-user.target,
    and that after what it wants.
    """
    if AGENT_ENABLED.is_symlink() and AGENT.exists():
        subprocess.run([str(AGENT), "start"], check=False, capture_output=True)
    if LOG_AGENT_ENABLED.is_symlink() and LOG_AGENT.exists():
        _spawn(_confined(str(LOG_AGENT), "-a", "start"), 2)


def _run_user_data(spec: Spec) -> None:
    script = Path("/var/lib/cloud/instance/scripts/part-001")
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_bytes(base64.b64decode(spec["user_data"]))
    script.chmod(0o700)
    reading, writing = os.pipe()
    # As cloud-init: to its log and to the console.
    _spawn(_confined("/usr/bin/tee", "-a", "/var/log/cloud-init-output.log"), 2, reading)
    delay = USER_DATA_DELAY.read_text().strip() if USER_DATA_DELAY.exists() else ""
    _spawn(_confined(*(["/bin/sh", "-c", f'sleep {float(delay)}; exec "$0"'] if delay else []), str(script)), writing)
    os.close(reading)
    os.close(writing)


def _spawn(command: list[str], output: int, given: int | None = None) -> int:
    null = os.open("/dev/null", os.O_RDONLY)
    try:
        return os.posix_spawn(
            command[0],
            command,
            {"PATH": PATH, "HOME": "/root", "LANG": "C.UTF-8", **_aws},
            file_actions=[
                (os.POSIX_SPAWN_DUP2, null if given is None else given, 0),
                (os.POSIX_SPAWN_DUP2, output, 1),
                (os.POSIX_SPAWN_DUP2, output, 2),
            ],
            setsid=True,
            # Python ignores these two signals, and a child would inherit that.
            setsigdef=[signal.SIGPIPE, signal.SIGXFSZ],
        )
    finally:
        os.close(null)


def _live() -> None:
    """Reap orphaned processes until stdin ends."""
    wake, waker = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    while True:
        _bury()
        ready, _, _ = select.select([0, wake], [], [])
        if wake in ready:
            os.read(wake, 4096)
        if 0 in ready:
            line = os.read(0, 4096)
            if line.strip() == b"stop":
                _stop()
            sys.exit(0)


def _bury() -> bool:
    """Reap ended children; whether running ones are left."""
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return False
        if pid == 0:
            return True


def _stop() -> None:
    deadline = time.monotonic() + _STOP_SECONDS
    os.kill(-1, signal.SIGTERM)
    while _bury() and time.monotonic() < deadline:
        select.select([], [], [], 0.02)


if __name__ == "__main__":
    main()
