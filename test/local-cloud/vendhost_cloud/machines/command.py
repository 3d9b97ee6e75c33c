"""Run a command and collect its output, line by line and within a time limit."""

import os
import select
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Completed:
    """The result of a command; `timed_out` when it was killed for taking too long."""

    returncode: int
    output: str
    timed_out: bool = False


def communicate(
    command: list[str],
    environment: dict[str, str],
    timeout: float,
    log: Callable[[str], None] | None,
    inherited: tuple[int, ...] = (),
) -> Completed:
    """Wait until the command and whoever holds its output have ended; after `timeout` seconds kill its group."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
        pass_fds=inherited,
        start_new_session=True,
    )
    assert process.stdout is not None
    reading = process.stdout.fileno()
    # Not select(): it takes no descriptor above 1023, and a cloud with many instances and callers has more.
    output_or_end = select.poll()
    output_or_end.register(reading, select.POLLIN)
    deadline = time.monotonic() + timeout
    output, rest, timed_out = bytearray(), bytearray(), False
    with process.stdout:
        while True:
            if not output_or_end.poll(max(0.0, deadline - time.monotonic()) * 1000):
                timed_out = True
                os.killpg(process.pid, signal.SIGKILL)
                break
            chunk = os.read(reading, 65536)
            if not chunk:
                break
            output += chunk
            rest += chunk
            *lines, rest = rest.split(b"\n")
            if log is not None:
                for line in lines:
                    log(line.decode(errors="replace"))
    if rest and log is not None:
        log(rest.decode(errors="replace"))
    return Completed(process.wait(), output.decode(errors="replace"), timed_out)
