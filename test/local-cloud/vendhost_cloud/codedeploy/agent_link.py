"""The connection to the agent on one instance: it installs files and runs scripts."""

import contextlib
import json
import math
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from vendhost_cloud.codedeploy.store import Document
from vendhost_cloud.machines import Machine

PACKAGES = Path(__file__).resolve().parents[2]
HOME = "/opt/codedeploy-agent"
POLL_SECONDS = 0.1
KILL_SECONDS = 60.0
LOG_TAIL = 2048
"""Characters of the log tail the real agent reports."""

# The script leads a process group of its own, and its id is in the file.
LEAD = 'echo $$ > "$0"; exec setsid "$@"'

# SIGKILL to the script and everything below it, as far as it has not been sent into the
# background. By descent: `su -c` makes a session of its own.
KILL = """
tree() { echo "$1"; for child in $(ps -o pid= --ppid "$1"); do tree "$child"; done; }
kill -KILL $(tree "$(cat "$1")")
"""


class AgentError(Exception):
    """The error of a command that failed in the agent."""


class ScriptTimedOut(Exception):
    """It was sent SIGTERM after its time-out."""


class OutputLeftOpen(Exception):
    """It ended, and something that it started still has STDOUT or STDERR, which is the error's text."""


class Stopped(Exception):
    """The deployment was stopped in the meantime."""


class Log:
    """The tail of an event's log: whole entries, at most LOG_TAIL characters together."""

    def __init__(self) -> None:
        self._entries: list[str] = []

    def add(self, entry: str) -> None:
        self._entries.append(entry)
        size = 0
        for index in range(len(self._entries) - 1, -1, -1):
            size += len(self._entries[index])
            if size >= LOG_TAIL:
                self._entries = self._entries[index + 1 :]
                break

    @property
    def is_text(self) -> bool:
        """Whether all of it is UTF-8."""
        return all(shown(entry) == entry for entry in self._entries)

    def __str__(self) -> str:
        return shown("".join(self._entries))


def shown(entry: str) -> str:
    """What a script printed, as a text whatever its bytes are."""
    return entry.encode(errors="surrogateescape").decode(errors="replace")


class Agent:
    """A process of `vendhost_cloud.agent` in the instance; use as a context manager."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._process = subprocess.Popen(
            [sys.executable, "-m", "vendhost_cloud.agent", str(machine.path("/"))],
            cwd=PACKAGES,
            env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait(timeout=10)

    def ask(self, command: Document, content: bytes = b"") -> Any:
        """Send a command; its answer, or AgentError."""
        assert self._process.stdin is not None and self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps({**command, "size": len(content)}).encode() + b"\n")
            self._process.stdin.write(content)
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise AgentError("the agent's process ended") from error
        line = self._process.stdout.readline()
        if not line:
            raise AgentError("the agent's process ended")
        answer = json.loads(line)
        if "error" in answer:
            raise AgentError(answer["error"])
        return answer["ok"]

    def run_script(
        self,
        script: Document,
        argv: list[str],
        environment: dict[str, str],
        log: Callable[[str], None],
        stop: threading.Event,
    ) -> int | None:
        """Run a hook script to its end, as the agent's popen3 does; its exit code, None when a signal ended it.

        ScriptTimedOut, OutputLeftOpen or Stopped otherwise.
        """
        pid_file = f"{HOME}/.hook-{threading.get_native_id()}"
        leader = self.machine.path(pid_file)
        leader.unlink(missing_ok=True)
        process = self.machine.popen(["sh", "-c", LEAD, pid_file, *argv], env=environment, cwd=HOME)
        assert process.stdout is not None and process.stderr is not None
        streams = Streams({process.stdout.fileno(): "stdout", process.stderr.fileno(): "stderr"}, log)
        deadline, timed_out = math.inf, False
        with process.stdout, process.stderr:
            while process.poll() is None or (streams.open and not timed_out):
                streams.read(POLL_SECONDS)
                if stop.is_set():
                    self._kill(process, pid_file)
                    raise Stopped
                if deadline == math.inf and (process.poll() is not None or _says(leader)):
                    # Its time begins with the script, however long the way into the instance takes.
                    deadline = time.monotonic() + script["timeout"]
                if time.monotonic() < deadline or timed_out:
                    continue
                if process.poll() is not None:
                    raise OutputLeftOpen(min(streams.open, key=["stdout", "stderr"].index).upper())
                # Once, to the group; then it waits for the script however long that takes.
                timed_out = True
                self.machine.run(["bash", "-c", 'kill -TERM -- "-$(cat "$0")"', pid_file], timeout=10)
        if timed_out:
            raise ScriptTimedOut
        return process.returncode if process.returncode >= 0 else None

    def _kill(self, process: "subprocess.Popen[bytes]", pid_file: str) -> None:
        """Kill a script until it has ended: it may not have begun yet."""
        deadline = time.monotonic() + KILL_SECONDS
        while process.poll() is None:
            if time.monotonic() > deadline:
                raise AgentError(f"the script did not end within {KILL_SECONDS:.0f} s of SIGKILL")
            self.machine.run(["bash", "-c", KILL, "kill", pid_file], timeout=10)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(POLL_SECONDS)


def _says(file: Path) -> bool:
    """Whether a file is there and has a text."""
    with contextlib.suppress(OSError):
        return bool(file.read_text().strip())
    return False


class Streams:
    """Reads the outputs of a process line by line; each is marked with the stream it came from."""

    def __init__(self, names: dict[int, str], log: Callable[[str], None]) -> None:
        self._names = names
        self._rest = dict.fromkeys(names, b"")
        self._log = log
        # Not select(): it takes no descriptor above 1023, and a cloud with many instances and callers has more.
        self._ready = select.poll()
        for descriptor in names:
            self._ready.register(descriptor, select.POLLIN)

    @property
    def open(self) -> list[str]:
        """The streams that somebody can still write to."""
        return [self._names[descriptor] for descriptor in self._rest]

    def read(self, seconds: float) -> None:
        """Read what there is, or wait for it so long."""
        if not self._rest:
            time.sleep(seconds / 10)
        for descriptor, _ in self._ready.poll(seconds * 1000):
            chunk = os.read(descriptor, 65536)
            *lines, rest = (self._rest[descriptor] + chunk).split(b"\n")
            self._rest[descriptor] = rest
            for line in lines:
                self._add(descriptor, line + b"\n")
            if not chunk:
                if rest:
                    self._add(descriptor, rest)
                del self._rest[descriptor]
                self._ready.unregister(descriptor)

    def _add(self, descriptor: int, line: bytes) -> None:
        self._log(f"[{self._names[descriptor]}]{line.decode(errors='surrogateescape')}")
