"""How the agent starts a script: one command line, without quotes, given to Ruby's popen3.

https://github.com/aws/aws-codedeploy-agent/blob/v1.8.1/lib/instance_agent/platform/linux_util.rb
Ruby gives a command line with one of the shell's characters in it to sh, and splits any other at
spaces (https://docs.ruby-lang.org/en/3.1/Process.html#method-c-spawn).
"""

import re
import shutil
from pathlib import Path


class LaunchError(Exception):
    """Why a script cannot be started, in Ruby's words."""


def command_line(path: str, runas: str | None, *, sudo: bool) -> str:
    """The command of a script at an absolute path."""
    prefix = "sudo " if sudo else ""
    return f"{prefix}su {runas} -c {path}" if runas is not None else prefix + path


def argv(command: str) -> list[str]:
    """What popen3 executes; LaunchError when that cannot be."""
    if re.search(r"""[*?{}\[\]<>()~&|\\$;'`"\n#]""", command):
        return ["/bin/sh", "-c", command]
    words = [word for word in re.split("[ \t]+", command) if word]
    program = words[0] if "/" in words[0] else shutil.which(words[0])
    if program is None or not Path(program).exists():
        raise LaunchError(f"Errno::ENOENT with message No such file or directory - {words[0]}")
    if Path(program).is_dir():
        raise LaunchError(f"Errno::EACCES with message Permission denied - {words[0]}")
    interpreter = _interpreter(Path(program))
    if interpreter is not None and not Path(interpreter).exists():
        raise LaunchError(f"Errno::ENOENT with message No such file or directory - {words[0]}")
    # Without a first line that names an interpreter, sh runs it.
    return ["/bin/sh", *words] if _is_text(Path(program)) and interpreter is None else words


def _interpreter(program: Path) -> str | None:
    with program.open("rb") as file:
        line = file.readline(256)
    found = re.match(rb"#![ \t]*([^ \t\n]+)", line)
    return None if found is None else found[1].decode(errors="surrogateescape")


def _is_text(program: Path) -> bool:
    with program.open("rb") as file:
        return file.read(4) != b"\x7fELF"
