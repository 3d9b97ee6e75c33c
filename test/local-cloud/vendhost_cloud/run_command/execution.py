"""One command on one instance: the agent's part of it."""

import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ministack.core.responses import get_region
from ministack.services import ec2

from vendhost_cloud import machines, roles
from vendhost_cloud.errors import AwsError
from vendhost_cloud.service_api import call

Document = dict[str, Any]

PLUGIN = "aws:runShellScript"
_FOLDER = "awsrunShellScript/0.awsrunShellScript"
_LIMITS = {"stdout": 24_000, "stderr": 8_000}
"""Characters in an answer (https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetCommandInvocation.html)."""
_MARKERS = {"stdout": "\n---Output truncated---", "stderr": "\n---Error truncated----"}
"""https://github.com/aws/amazon-ssm-agent/blob/mainline/agent/framework/processor/executer/iohandler/iohandler.go"""
_KILLED = 137
"""The agent takes it for its own SIGKILL, after the time-out, whoever sent the signal: `GetStatus` in
https://github.com/aws/amazon-ssm-agent/blob/mainline/agent/plugins/pluginutil/pluginutil_unix.go
"""
_POLL_SECONDS = 0.05
_DELIVERY_SECONDS = 10.0
# The script leads a process group of its own, and its id is in the file.
_LEAD = 'echo $$ > "$0"; exec setsid sh "$@"'
_KILL = 'kill -KILL -- "-$(cat "$0")"'


@dataclass
class Stream:
    """One output: what the answer has of it, and where all of it is."""

    content: str = ""
    url: str = ""


@dataclass
class Invocation:
    """A command, and how far it is."""

    command_id: str
    instance_id: str
    request: Document
    seconds: int
    requested: float = field(default_factory=time.time)
    status: tuple[str, str] = ("Pending", "Pending")
    code: int = -1
    output: Stream = field(default_factory=Stream)
    error: Stream = field(default_factory=Stream)
    cancelled: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def cancel(self) -> None:
        """Have it ended, unless it has."""
        with self._lock:
            if self.status[0] in ("Pending", "InProgress"):
                self.status = ("Cancelling", "Cancelling")
                self.cancelled.set()

    def start(self) -> bool:
        """Whether it begins: it may have been cancelled by now."""
        with self._lock:
            if self.cancelled.is_set():
                self.status = ("Cancelled", "Cancelled")
                return False
            self.status = ("InProgress", "InProgress")
            return True

    def end(self, status: str, details: str) -> None:
        """Last: who sees it sees the outputs too."""
        with self._lock:
            self.status = (status, details)


def run(invocation: Invocation) -> None:
    """Run the script to its end, its time-out or its cancellation, and store what it wrote."""
    machine = machines.get(invocation.instance_id)
    if machine is None:
        invocation.end("TimedOut", "DeliveryTimedOut")
        return
    if not invocation.start():
        return
    place = f"/var/lib/amazon/ssm/{invocation.instance_id}/document/orchestration/{invocation.command_id}/{_FOLDER}"
    folder = machine.path(place)
    folder.mkdir(parents=True)
    parameters = invocation.request["Parameters"]
    (folder / "_script.sh").write_text("\n".join(parameters["commands"]) + "\n")
    files = {name: folder / name for name in _LIMITS}
    status, details = _script(machine, invocation, place, files, parameters)
    if machines.get(invocation.instance_id) is None:
        # Nobody is left who could say how it ended, so that it goes on until its time is over.
        while time.time() < invocation.requested + invocation.seconds:
            time.sleep(_POLL_SECONDS)
        invocation.end("TimedOut", "ExecutionTimedOut")
        return
    for name, stream in (("stdout", invocation.output), ("stderr", invocation.error)):
        _store(invocation, name, files[name], stream)
    invocation.end(status, details)


def _script(
    machine: machines.Machine, invocation: Invocation, place: str, files: dict[str, Path], parameters: Document
) -> tuple[str, str]:
    cwd = (parameters.get("workingDirectory") or [place])[0]
    # Output goes to files, as the real agent has it: a script may leave something behind that holds its output.
    script = 'sh "$1" >"$2" 2>"$3"'
    inner = ["-c", script, "sh", *(f"{place}/{name}" for name in ("_script.sh", "stdout", "stderr"))]
    process = machine.popen(["sh", "-c", _LEAD, f"{place}/pid", *inner], env={}, cwd=cwd)
    leader = machine.path(f"{place}/pid")
    deadline = time.monotonic() + invocation.seconds
    ended: tuple[str, str] | None = None
    while process.poll() is None:
        if ended is None and invocation.cancelled.is_set():
            ended = ("Cancelled", "Cancelled")
        elif ended is None and time.monotonic() > deadline:
            ended = ("TimedOut", "ExecutionTimedOut")
        if ended is not None and leader.exists():
            machine.run(["bash", "-c", _KILL, f"{place}/pid"], timeout=_DELIVERY_SECONDS)
        time.sleep(_POLL_SECONDS)
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
    if ended is not None:
        return ended
    invocation.code = process.returncode if process.returncode >= 0 else 128 - process.returncode
    if invocation.code == _KILLED:
        return ("TimedOut", "ExecutionTimedOut")
    return ("Success", "Success") if invocation.code == 0 else ("Failed", "Failed")


def _store(invocation: Invocation, name: str, file: Path, stream: Stream) -> None:
    """The beginning goes into the answer, all of it to S3 if the request names a bucket and there is any."""
    text = file.read_text(errors="replace") if file.exists() else ""
    limit, marker = _LIMITS[name], _MARKERS[name]
    stream.content = text if len(text) <= limit else text[: limit - len(marker)] + marker
    bucket = invocation.request.get("OutputS3BucketName")
    if not bucket:
        return
    prefix = str(invocation.request.get("OutputS3KeyPrefix") or "")
    key = "/".join([*filter(None, [prefix]), invocation.command_id, invocation.instance_id, _FOLDER, name])
    stream.url = f"https://s3.{get_region()}.amazonaws.com/{bucket}/{key}"
    role = roles.of_instance(ec2._instances.get(invocation.instance_id))
    if not text or role is None:
        return
    try:
        role.require_write(bucket, key)
        call("s3", "PutObject", {"Bucket": bucket, "Key": key, "Body": text.encode()})
    except AwsError:
        # As the agent: the command goes on, and the file is not there.
        return
    except Exception as error:
        print(f"the output of {invocation.command_id} is not in {bucket}: {error}", file=sys.stderr)
