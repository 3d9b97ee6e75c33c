"""One machine: starting its namespaces, running commands in it."""

import base64
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from vendhost_cloud.machines import init, storage
from vendhost_cloud.machines.command import Completed, communicate
from vendhost_cloud.machines.gate import Gate
from vendhost_cloud.state import log_directory

ADMIN = "admin"
"""The user of the Debian AMIs."""

_NAMESPACES = ("unshare", "--mount", "--pid", "--uts", "--ipc", "--fork", "--kill-child", "--")
_BOOT_SECONDS = 30.0
_STOP_SECONDS = 8.0
_AWS = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}"} if "GATEWAY_PORT" in os.environ else {}
"""By which SDKs find this cloud; everything else they find as on AWS."""
_PROXY = re.compile(r"^(https?|ftp|no|all)_proxy$", re.IGNORECASE)


class CannotRun(Exception):
    """The host cannot run instances, or not this one; the message says why in one line."""


@dataclass
class Machine:
    """A running instance."""

    instance_id: str
    address: str
    account: str
    region: str
    layers: tuple[Path, ...]
    directory: Path
    gate: Gate
    _process: "subprocess.Popen[str]" = field(repr=False)
    _pid: int

    @property
    def hostname(self) -> str:
        return f"ip-{self.address.replace('.', '-')}"

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def path(self, inside: str) -> Path:
        """The host's path of a path in the instance. Symbolic links in it resolve against the host."""
        return Path(f"/proc/{self._pid}/root") / inside.lstrip("/")

    def run(
        self,
        argv: list[str],
        *,
        env: dict[str, str] | None = None,
        user: str = "root",
        cwd: str = "/",
        timeout: float = 3600,
        log: Callable[[str], None] | None = None,
    ) -> Completed:
        """Run a command in the instance and wait until it and whoever holds its output have ended.

        `env` is all the command gets besides PATH, HOME, USER and LOGNAME. `log` gets each line of the output as
        it comes. After `timeout` seconds the command's whole process group is killed.
        """
        command = self._command(argv, user, cwd)
        return communicate(command, _environment(user, env), timeout, log, (self.gate.descriptor,))

    def popen(self, argv: list[str], *, env: dict[str, str], cwd: str) -> "subprocess.Popen[bytes]":
        """Start a command in the instance as root, with stdout and stderr in pipes and nothing on stdin."""
        return subprocess.Popen(
            self._command(argv, "root", cwd),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment("root", env),
            pass_fds=(self.gate.descriptor,),
            start_new_session=True,
        )

    def _command(self, argv: list[str], user: str, cwd: str) -> list[str]:
        inside = [
            "/usr/bin/nsenter",
            f"--target={self._pid}",
            "--mount",
            "--uts",
            "--ipc",
            "--pid",
            "--root",
            "--",
            "/usr/bin/setpriv",
            f"--bounding-set={init.CAPABILITIES}",
            "--inh-caps=-all",
            *([] if user == "root" else [f"--reuid={user}", f"--regid={user}", "--init-groups"]),
            "--",
            "/usr/bin/env",
            f"--chdir={cwd}",
            "--",
            *argv,
        ]
        return self.gate.trapped(inside)

    def stop(self) -> None:
        """End the machine: SIGTERM to all processes, SIGKILL after five seconds."""
        try:
            self._process.communicate("stop\n", timeout=_STOP_SECONDS)
        except (subprocess.TimeoutExpired, BrokenPipeError, ValueError):
            self.kill()
        self.gate.close()

    def kill(self) -> None:
        """End the machine at once."""
        self._process.kill()
        self._process.wait()
        self.gate.close()


def _environment(user: str, env: dict[str, str] | None) -> dict[str, str]:
    home = "/root" if user == "root" else f"/home/{user}"
    own = {"PATH": init.PATH, "HOME": home, "USER": user, "LOGNAME": user, "LANG": "C.UTF-8"}
    return {**own, **_AWS, **(env or {})}


def start(
    instance_id: str,
    lower: tuple[Path, ...],
    address: str,
    account: str,
    region: str,
    *,
    user_data: bytes = b"",
    authorized_keys: list[str] | None = None,
    sshd: bool,
    upper: Path | None = None,
    readable: dict[str, str] | None = None,
) -> Machine:
    """Start the namespaces of an instance and wait until its PID 1 is ready. `readable`: a directory in it -> one of
    the host that is seen there."""
    directory = storage.instances() / instance_id
    upper = upper or directory / "upper"
    for part in (upper, directory / "work", directory / "root"):
        part.mkdir(parents=True, exist_ok=True)
    hostname = f"ip-{address.replace('.', '-')}"
    spec: init.Spec = {
        "instance_id": instance_id,
        "root": str(directory / "root"),
        "lower": ":".join([*map(str, lower), "/"]),
        "upper": str(upper),
        "work": str(directory / "work"),
        "address": address,
        "hostname": hostname,
        "domain": f"{region}.compute.internal",
        "resolv_conf": Path("/etc/resolv.conf").read_text(),
        "environment": {name: value for name, value in os.environ.items() if _PROXY.match(name)},
        "user": ADMIN,
        "user_data": base64.b64encode(user_data).decode(),
        "authorized_keys": authorized_keys or [],
        "sshd": sshd,
        "readable": readable or {},
        "aws": _AWS,
    }
    gate = Gate(address)
    with (log_directory() / f"{instance_id}.log").open("a") as console_log:
        process = subprocess.Popen(
            gate.trapped([*_NAMESPACES, sys.executable, "-I", "-S", init.__file__]),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=console_log,
            text=True,
            bufsize=1,
            env={"PATH": init.PATH, "LANG": "C.UTF-8"},
            pass_fds=(gate.descriptor,),
            start_new_session=True,
        )
    assert process.stdin is not None and process.stdout is not None
    watchdog = threading.Timer(_BOOT_SECONDS, process.kill)
    watchdog.start()
    try:
        process.stdin.write(json.dumps(spec) + "\n")
        process.stdin.flush()
        answer = process.stdout.readline().strip()
    except BrokenPipeError:
        answer = ""
    finally:
        watchdog.cancel()
    if answer != "ready":
        process.kill()
        process.wait()
        gate.close()
        said = answer.removeprefix("failed: ") or console(instance_id)[-500:]
        raise CannotRun(f"{instance_id} did not boot: {said}")
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return Machine(instance_id, address, account, region, lower, directory, gate, process, int(children[0]))


def console(instance_id: str) -> str:
    """What the instance wrote to its console: errors during boot, the output of its user data."""
    log = log_directory() / f"{instance_id}.log"
    return log.read_text(errors="replace") if log.is_file() else ""
