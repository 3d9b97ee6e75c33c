"""The commands of a build, one shell each, as the agent of CodeBuild runs them.

What a command exports or assigns, and its directory, are there for the next one. A command that ends its shell with
`exit` leaves neither.
"""

import shlex
import time

from vendhost_cloud.builds.journal import Journal
from vendhost_cloud.machines import Machine

_PLACE = "/codebuild/output/tmp"
_SOURCE = "/codebuild/output/src/src"
_SCRIPT = """cd "$(cat {place}/dir.txt)"
. {place}/env.sh
set -a
{command}
CODEBUILD_LAST_EXIT=$?
export -p > {place}/env.sh
pwd > {place}/dir.txt
exit $CODEBUILD_LAST_EXIT
"""


class TimedOut(Exception):
    """The build's time is over, or its machine was stopped."""


class Shell:
    """The shell of one build."""

    def __init__(
        self, machine: Machine, program: str, environment: dict[str, str], journal: Journal, deadline: float
    ) -> None:
        self._machine = machine
        self._program = program
        self._journal = journal
        self._deadline = deadline
        place = machine.path(_PLACE)
        place.mkdir(parents=True)
        machine.path(_SOURCE).mkdir(parents=True)
        (place / "dir.txt").write_text(f"{_SOURCE}\n")
        given = {**environment, "CODEBUILD_SRC_DIR": _SOURCE}
        (place / "env.sh").write_text("".join(f"export {name}={shlex.quote(value)}\n" for name, value in given.items()))
        # The runner image's.
        programs = machine.path("/usr/local/bin")
        (programs / "vendhost").symlink_to("/opt/vendhost/bin/vendhost.js")
        (programs / "node").symlink_to("/opt/vendhost/node_modules/node/bin/node")

    def all(self, commands: tuple[str, ...]) -> tuple[str, str] | None:
        """Run the commands until one fails; why it did."""
        for command in commands:
            code = self._run(command)
            if code:
                reason = f"Error while executing command: {command}. Reason: exit status {code}"
                self._journal.say(f"Command did not exit successfully {command} exit status {code}")
                return "COMMAND_EXECUTION_ERROR", reason
        return None

    def values(self, names: tuple[str, ...]) -> dict[str, str]:
        """Of variables, as the last command left them."""
        if not names or not self._machine.alive:
            return {}
        printing = "; ".join(f'printf "%s\\0" "${{{name}-}}"' for name in names)
        done = self._machine.run([self._program, "-c", f". {_PLACE}/env.sh; {printing}"], timeout=30)
        return dict(zip(names, done.output.split("\0"), strict=False))

    def _run(self, command: str) -> int:
        self._journal.say(f"Running command {command}")
        script = self._machine.path(f"{_PLACE}/script.sh")
        script.write_text(_SCRIPT.format(place=_PLACE, command=command))
        left = self._deadline - time.monotonic()
        done = self._machine.run(
            [self._program, f"{_PLACE}/script.sh"], timeout=max(left, 0.01), log=self._journal.write
        )
        if done.timed_out or not self._machine.alive:
            raise TimedOut
        return done.returncode
