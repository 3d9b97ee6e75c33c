"""Instances that really run: mount, PID, UTS and IPC namespaces over an overlay of the host's root.

An instance is a directory with an upper layer of its own over its image's layers, the base layer and the host's
root. It has a loopback address of its own (127.B.x.y) and shares the host's network: a program that listens on
0.0.0.0 would listen for all of them, so tenants bind to the address of the instance (`hostname -i`).
"""

import os
import shutil
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO

from vendhost_cloud.machines import base, storage
from vendhost_cloud.machines.addresses import free_address, taken_port
from vendhost_cloud.machines.command import Completed
from vendhost_cloud.machines.gate import CONTAINER, METADATA
from vendhost_cloud.machines.gate import use as play
from vendhost_cloud.machines.machine import ADMIN, CannotRun, Machine, console, start

why_not = storage.why_not

_machines: dict[str, Machine] = {}
_lock = threading.Lock()


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
        raise CannotRun(f"port 22 of {address} is taken: does the sshd of this host listen on 0.0.0.0:22?")
    data = user_data.encode() if isinstance(user_data, str) else user_data
    machine = start(
        instance_id,
        (*layers, base.layer(_build)),
        address,
        account,
        region,
        user_data=data,
        authorized_keys=list(authorized_keys),
        sshd=True,
    )
    with _lock:
        _machines[instance_id] = machine
    return machine


def enclose(name: str, readable: dict[str, str], *, account: str, region: str) -> Machine:
    """Start a machine that is no instance: without sshd and user data, for commands. Whoever starts it ends it, with
    `kill` and `discard`. `readable`: a directory in it -> the one of the host that it shows, which it cannot write."""
    refuse_if_unable()
    layers = (base.layer(_build),)
    return start(name, layers, free_address(), account, region, sshd=False, readable=readable)


def get(instance_id: str) -> Machine | None:
    """The running machine of this id."""
    machine = _machines.get(instance_id)
    return machine if machine is not None and machine.alive else None


def at(address: str) -> Machine | None:
    """The running machine with this address."""
    with _lock:
        found = next((one for one in _machines.values() if one.address == address), None)
    return found if found is not None and found.alive else None


def shutdown(instance_id: str) -> None:
    """Stop an instance: SIGTERM to all processes, SIGKILL after five seconds. Its disk is kept."""
    with _lock:
        machine = _machines.pop(instance_id, None)
    if machine is None:
        return
    machine.stop()


def discard(instance_id: str) -> None:
    """Delete the disk of an instance that is not running."""
    shutil.rmtree(storage.instances() / instance_id, ignore_errors=True)


def save_layer(instance_id: str, target: Path) -> None:
    """Save what an instance, running or shut down, wrote over its layers as a new layer."""
    storage.copy(storage.instances() / instance_id / "upper", target)


def copy_layer(source: Path, target: Path) -> None:
    """Copy a layer that nothing writes to."""
    storage.copy(source, target)


def pack_layer(layer: Path, file: BinaryIO) -> int:
    """Write a layer as a tar where the file is at; how many bytes it has."""
    return storage.pack_into(layer, file)


def unpack_layer(file: Path, start: int, length: int, target: Path) -> None:
    """Make a layer of a tar that is within a file."""
    storage.unpack_from(file, start, length, target)


def layer_path(name: str) -> Path:
    """Path of the layer with this name."""
    return storage.layers() / name


def refuse_if_unable() -> None:
    """Raise CannotRun where instances cannot be isolated: a tenant's script never runs on the host itself."""
    reason = storage.why_not()
    if reason is not None:
        raise CannotRun(reason)


def shutdown_all() -> None:
    """Kill every instance and delete its disk."""
    with _lock:
        machines = list(_machines.values())
        _machines.clear()
    for machine in machines:
        machine.kill()
        discard(machine.instance_id)


def make_base(say: Callable[[str], None]) -> None:
    """Make the base layer unless the cache has it."""
    refuse_if_unable()

    def build(layer: Path, script: str) -> None:
        say("making the base layer of instances in .cache/local-cloud (once)")
        _build(layer, script)

    base.layer(build)


def register() -> None:
    """Prepare the storage of instances: before any thread starts, see `storage.prepare`."""
    storage.prepare()
    base.key()


def _build(layer: Path, script: str) -> None:
    name = f"base-builder-{os.getpid()}"
    machine = start(name, (), "127.0.0.1", "0", "local", sshd=False, upper=layer)
    try:
        done = machine.run(["/bin/sh", "-c", script], timeout=600)
    finally:
        machine.stop()
        discard(name)
    if done.returncode != 0:
        raise CannotRun(f"the base layer could not be built: {' '.join(done.output.split())[-800:]}")


__all__ = [
    "ADMIN",
    "CONTAINER",
    "METADATA",
    "CannotRun",
    "Completed",
    "Machine",
    "at",
    "boot",
    "console",
    "copy_layer",
    "discard",
    "enclose",
    "free_address",
    "get",
    "layer_path",
    "make_base",
    "pack_layer",
    "play",
    "refuse_if_unable",
    "register",
    "save_layer",
    "shutdown",
    "shutdown_all",
    "unpack_layer",
    "why_not",
]
