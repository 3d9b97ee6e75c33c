"""The connection to the agent on one instance: it installs files and runs scripts."""

import contextlib
import json
import os
import shlex
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Self

from vendhost_cloud.codedeploy.store import Document
from vendhost_cloud.machines import Machine

PACKAGES = Path(__file__).resolve().parents[2]
HOME = "/opt/codedeploy-agent"
POLL_SECONDS = 0.1
LOG_TAIL = 2048
"""Characters of the log tail the real agent reports."""

# Marks each line with its stream, as the agent does, and ends when both streams are closed.
# Its process id is in the file $1.
WRAPPER = """
echo $$ > "$1"; log=$2; shift 2
{ { "$@" 2>&1 1>&4 3>&- 4>&- | sed -u 's/^/[stderr]/' >&3 4>&-
    exit "${PIPESTATUS[0]}"
  } 4>&1 | sed -u 's/^/[stdout]/' >&3
  exit "${PIPESTATUS[0]}"
} 3>&1 | tee -a "$log"
exit "${PIPESTATUS[0]}"
"""

# SIGTERM to the script and everything below it, as far as it has not been sent into the
# background, SIGKILL to what is left. By descent: `su -c` makes a session of its own.
KILL = """
tree() { echo "$1"; for child in $(ps -o pid= --ppid "$1"); do tree "$child"; done; }
processes=$(tree "$(cat "$1")")
kill -TERM $processes
sleep 0.5
kill -KILL $processes 2>/dev/null || true
"""


class AgentError(Exception):
    """The error of a command that failed in the agent."""


class ScriptTimedOut(Exception):
    pass


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
                self._entries = self._entries[index + 1 :] or [entry[-LOG_TAIL:]]
                break

    def __str__(self) -> str:
        return "".join(self._entries)


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
        self, script: Document, environment: dict[str, str], log_file: str, log: Log, stop: threading.Event
    ) -> int:
        """Run a hook script to its end; ScriptTimedOut or Stopped when it was killed instead."""
        pid_file = f"{HOME}/.hook-{threading.get_native_id()}"
        finished = threading.Event()
        codes: list[int] = []
        errors: list[Exception] = []

        def run() -> None:
            try:
                done = self.machine.run(
                    ["setsid", "--wait", "bash", "-c", WRAPPER, "hook", pid_file, log_file, *_command(script)],
                    env=environment,
                    cwd=HOME,
                    timeout=script["timeout"] + 60,
                    log=lambda line: log.add(line.rstrip("\n") + "\n"),
                )
                codes.append(done.returncode)
            except Exception as error:
                errors.append(error)
            finally:
                finished.set()

        threading.Thread(target=run, daemon=True, name="codedeploy-hook").start()
        waited = 0.0
        while not finished.wait(POLL_SECONDS):
            waited += POLL_SECONDS
            if stop.is_set() or waited >= script["timeout"]:
                self._kill(pid_file)
                finished.wait(5)
                raise Stopped if stop.is_set() else ScriptTimedOut
        if errors:
            raise AgentError(f"the instance is gone: {errors[0]}") from errors[0]
        return codes[0]

    def _kill(self, pid_file: str) -> None:
        self.machine.run(["bash", "-c", KILL, "kill", pid_file], timeout=10)


def _command(script: Document) -> list[str]:
    """How the real agent starts a script: directly, or through su and sudo."""
    path = str(script["path"])
    prefix = ["sudo"] if script["sudo"] else []
    if script["runas"]:
        return [*prefix, "su", script["runas"], "-c", shlex.quote(path)]
    return [*prefix, path]
