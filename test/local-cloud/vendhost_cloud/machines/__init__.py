"""Instances that really run: mount, PID, UTS and IPC namespaces over an overlay of the host's root.

An instance is a directory with an upper layer of its own over its image's layers, the base layer and the host's
root. It has a loopback address of its own (127.B.x.y) and shares the host's network: a program that listens on
0.0.0.0 would listen for all of them, so tenants bind to the address of the instance (`hostname -i`).
"""

import base64
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ..state import log_directory
from . import base, init, storage
from .addresses import free_address, taken_port
from .command import Completed, communicate

ADMIN = "admin"
"""The user of the Debian AMIs."""

_BOOT_SECONDS = 30.0
_STOP_SECONDS = 8.0
_PROXY = re.compile(r"^(https?|ftp|no|all)_proxy$", re.IGNORECASE)

_machines: dict[str, "Machine"] = {}
_lock = threading.Lock()


class CannotRun(Exception):
    """This machine cannot run instances, or not this one; the message says why in one line."""


@dataclass
class Machine:
    """A running instance."""

    instance_id: str
    address: str
    account: str
    region: str
    layers: tuple[Path, ...]
    directory: Path
    _process: "subprocess.Popen[str]" = field(repr=False)
    _pid: int

    @property
    def hostname(self) -> str:
        return f"ip-{self.address.replace('.', '-')}"

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def path(self, inside: str) -> Path:
        """The host's path of a path in the instance. Symbolic links inside resolve against the host: mind them."""
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
        home = "/root" if user == "root" else f"/home/{user}"
        environment = {"PATH": init.PATH, "HOME": home, "USER": user, "LOGNAME": user, "LANG": "C.UTF-8", **(env or {})}
        command = [
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
        return communicate(command, environment, timeout, log)


def boot(
    instance_id: str,
    layers: Iterable[Path],
    address: str,
    *,
    user_data: str | bytes = "",
    authorized_keys: Iterable[str] = (),
    account: str,
    region: str,
) -> Machine:
    """Boot an instance and wait until its sshd answers on ADDRESS:22 (a third of a second; the first one of all
    builds the base layer). `layers`: the image's, topmost first; the base layer comes by itself. An instance that
    was shut down keeps its disk and boots from it again. `user_data` is run on its first boot only."""
    refuse_if_unable()
    if taken_port(address, 22):
        raise CannotRun(f"port 22 of {address} is taken: does a sshd of this host listen on 0.0.0.0:22?")
    data = user_data.encode() if isinstance(user_data, str) else user_data
    return _start(
        instance_id,
        (*layers, base.layer(_build)),
        address,
        account,
        region,
        user_data=data,
        authorized_keys=list(authorized_keys),
        sshd=True,
    )


def get(instance_id: str) -> Machine | None:
    """The running machine of this id."""
    machine = _machines.get(instance_id)
    return machine if machine is not None and machine.alive else None


def running() -> list[Machine]:
    """All machines that run now."""
    return [machine for machine in list(_machines.values()) if machine.alive]


def shutdown(instance_id: str) -> None:
    """Stop an instance: SIGTERM to all, five seconds later the end. Its disk stays."""
    with _lock:
        machine = _machines.pop(instance_id, None)
    if machine is None:
        return
    process = machine._process
    try:
        process.communicate("stop\n", timeout=_STOP_SECONDS)
    except (subprocess.TimeoutExpired, BrokenPipeError, ValueError):
        process.kill()
        process.wait()


def discard(instance_id: str) -> None:
    """Throw away the disk of an instance that does not run."""
    shutil.rmtree(storage.instances() / instance_id, ignore_errors=True)


def save_layer(instance_id: str, target: Path) -> None:
    """Save what an instance, running or shut down, wrote over its layers as a new layer."""
    storage.copy(storage.instances() / instance_id / "upper", target)


def copy_layer(source: Path, target: Path) -> None:
    """Copy a layer that nothing writes to."""
    storage.copy(source, target)


def layer_path(name: str) -> Path:
    """Where the layer of this name lies."""
    return storage.layers() / name


def console(instance_id: str) -> str:
    """What the instance wrote to its console: troubles of its boot, the output of its user data."""
    log = log_directory() / f"{instance_id}.log"
    return log.read_text(errors="replace") if log.is_file() else ""


def refuse_if_unable() -> None:
    """Raise CannotRun where instances cannot be isolated: a tenant's script never runs on the host itself."""
    reason = storage.why_not()
    if reason is not None:
        raise CannotRun(reason)


def shutdown_all() -> None:
    """End every instance at once and forget it."""
    with _lock:
        machines = list(_machines.values())
        _machines.clear()
    for machine in machines:
        machine._process.kill()
    for machine in machines:
        machine._process.wait()
        discard(machine.instance_id)


def register() -> None:
    """Prepare the storage of instances: before any thread starts, see `storage.prepare`."""
    storage.prepare()


def _start(
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
) -> Machine:
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
    }
    with (log_directory() / f"{instance_id}.log").open("a") as console_log:
        process = subprocess.Popen(
            [
                "unshare",
                "--mount",
                "--pid",
                "--uts",
                "--ipc",
                "--fork",
                "--kill-child",
                "--",
                sys.executable,
                "-I",
                "-S",
                init.__file__,
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=console_log,
            text=True,
            bufsize=1,
            env={"PATH": init.PATH, "LANG": "C.UTF-8"},
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
        raise CannotRun(f"{instance_id} did not boot: {answer.removeprefix('failed: ') or console(instance_id)[-500:]}")
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    machine = Machine(instance_id, address, account, region, lower, directory, process, int(children[0]))
    with _lock:
        _machines[instance_id] = machine
    return machine


def _build(layer: Path, script: str) -> None:
    name = f"base-builder-{os.getpid()}"
    machine = _start(name, (), "127.0.0.1", "0", "local", sshd=False, upper=layer)
    try:
        done = machine.run(["/bin/sh", "-c", script], timeout=600)
    finally:
        shutdown(name)
        discard(name)
    if done.returncode != 0:
        raise CannotRun(f"the base layer could not be built: {' '.join(done.output.split())[-800:]}")


__all__ = [
    "ADMIN",
    "CannotRun",
    "Completed",
    "Machine",
    "boot",
    "console",
    "copy_layer",
    "discard",
    "free_address",
    "get",
    "layer_path",
    "refuse_if_unable",
    "register",
    "running",
    "save_layer",
    "shutdown",
    "shutdown_all",
]
