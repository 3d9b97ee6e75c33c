"""The states an instance goes through, and the machine behind them."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from vendhost_cloud import machines
from vendhost_cloud.ec2 import block_devices
from vendhost_cloud.ec2.store import Record

STATES = {"pending": 0, "running": 16, "shutting-down": 32, "terminated": 48, "stopping": 64, "stopped": 80}

_locks: dict[str, threading.Lock] = {}


@dataclass
class Boot:
    """What an instance boots from, kept beside its record."""

    layers: list[Path]
    user_data: bytes = b""
    authorized_keys: list[str] = field(default_factory=list)


def set_state(record: Record, name: str, reason: str = "", code: str = "") -> None:
    """Move an instance to a state; the reason shows in DescribeInstances."""
    record["State"] = {"Code": STATES[name], "Name": name}
    record["StateTransitionReason"] = reason
    record.pop("StateReason", None)
    if code:
        record["StateReason"] = {"Code": code, "Message": f"{code}: {reason}"}


def lock_of(instance_id: str) -> threading.Lock:
    """Held while an instance boots, stops or is saved."""
    return _locks.setdefault(instance_id, threading.Lock())


def boot_machine(record: Record) -> None:
    """Boot the machine of a pending instance; `running` when its sshd answers."""
    with lock_of(record["InstanceId"]):
        if record["State"]["Name"] != "pending":
            return
        try:
            _boot(record)
        except machines.CannotRun as reason:
            terminated(record, str(reason), "Server.InternalError")
            return
        if record["State"]["Name"] == "pending":
            set_state(record, "running")


@contextmanager
def while_still(record: Record, *, reboot: bool) -> Iterator[None]:
    """Work on the disk of an instance while its state cannot change; `reboot` stops and starts a running one."""
    instance_id = record["InstanceId"]
    with lock_of(instance_id):
        running = machines.get(instance_id) is not None
        if not (reboot and running):
            yield
            return
        record["_Rebooting"] = True
        try:
            machines.shutdown(instance_id)
            yield
            _boot(record)
        finally:
            record["_Rebooting"] = False


def _boot(record: Record) -> None:
    boot: Boot = record["_Boot"]
    machines.boot(
        record["InstanceId"],
        boot.layers,
        record["PrivateIpAddress"],
        user_data=boot.user_data,
        authorized_keys=boot.authorized_keys,
        account=record["_Account"],
        region=record["_Region"],
    )


def terminated(record: Record, reason: str, code: str) -> None:
    """Record that an instance has ended and free its resources."""
    set_state(record, "terminated", reason, code)
    # Seen for an hour, as on AWS; ministack forgets it after a minute, which a slow caller would miss.
    record["_terminated_at"] = time.time() + 3540
    block_devices.release_volumes(record["InstanceId"])
    machines.discard(record["InstanceId"])
