"""`python -m vendhost_cloud.agent ROOT`: commands on stdin, one JSON line each, answers on stdout.

An answer is {"ok": …} or {"error": message}. A command with `size` is followed by that many
bytes. Ends at the end of stdin.
"""

import encodings.cp437
import gzip
import json
import os
import pwd
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from vendhost_cloud.agent import appspec, bundle, installer, launch
from vendhost_cloud.agent.layout import DEPLOYMENTS_LOG, HOME, INSTRUCTIONS, Layout

LATE_IMPORTS = (encodings.cp437, gzip)
"""Modules the standard library imports when it opens its first zip or tgz: after chroot it is too late."""

HOOKS = ("appspec.yml",)
"""Where the scripts of an event are read."""
INSTALLED = ("appspec.yml", "appspec.yaml")
"""Where Install reads: the first that is there."""

Command = dict[str, Any]


def probe(_: Command) -> bool:
    """Whether the agent is installed here and was started since the last boot."""
    return os.access(HOME / "bin" / "codedeploy-agent", os.X_OK) and Path("/run/codedeploy-agent.started").exists()


def download(command: Command) -> None:
    """Store and unpack a revision (DownloadBundle)."""
    layout = _layout(command)
    content = sys.stdin.buffer.read(command["size"])
    layout.directory.mkdir(parents=True, exist_ok=True)
    INSTRUCTIONS.mkdir(parents=True, exist_ok=True)
    layout.forget_old()
    file = layout.directory / "bundle.tar"
    file.write_bytes(content)
    bundle.unpack(file, command["kind"], layout.directory / "deployment-archive")
    layout.record(successful=False)


def install(command: Command) -> None:
    """Copy files and set permissions (Install)."""
    layout = _layout(command)
    archive = layout.directory / "deployment-archive"
    installer.install(layout, archive, _read(archive, INSTALLED), command["behaviour"])


def scripts(command: Command) -> Command:
    """The scripts of an event and the directory of the revision they come from.

    `previous` events run from the last revision that was installed; without one, nothing runs.
    """
    layout = _layout(command)
    layout.directory.mkdir(parents=True, exist_ok=True)
    directory: Path | None = layout.directory
    if command["previous"] and not (layout.directory / "deployment-archive").exists():
        directory = layout.last_successful()
    if directory is None:
        return {"scripts": []}
    archive = directory / "deployment-archive"
    hooks = _read(archive, HOOKS).hooks.get(command["event"], [])
    (directory / "logs").mkdir(exist_ok=True)
    found = [
        {
            "location": script.location,
            "path": installer.join(archive, script.location),
            "timeout": script.timeout,
            "runas": script.runas,
            "sudo": script.sudo,
        }
        for script in hooks
    ]
    return {"scripts": found, "log": str(directory / "logs" / "scripts.log")}


def prepare(command: Command) -> Command | None:
    """Make a script executable and say how it is started; None when there is no such file or folder."""
    path = Path(command["path"])
    if not os.path.exists(command["path"]):  # noqa: PTH110 (a slash at the end counts)
        return None
    if not os.access(path, os.X_OK):
        path.chmod(path.stat().st_mode | 0o111)
    try:
        line = launch.command_line(command["path"], command["runas"], sudo=command["sudo"])
        return {"argv": launch.argv(line)}
    except launch.LaunchError as error:
        return {"failure": str(error)}


def log(command: Command) -> None:
    """Add entries to a deployment's log of scripts, and to the instance's log of all deployments.

    https://github.com/aws/aws-codedeploy-agent/blob/v1.8.1/lib/instance_agent/log.rb
    """
    with Path(command["file"]).open("a", encoding="utf-8") as file:
        file.writelines(
            f"{time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(at))} {text}" for at, text in entries_of(command)
        )
    DEPLOYMENTS_LOG.parent.mkdir(parents=True, exist_ok=True)
    with DEPLOYMENTS_LOG.open("a", encoding="utf-8") as file:
        file.writelines(
            f"[{datetime.fromtimestamp(at).isoformat(' ', 'milliseconds')}] [{command['deployment']}]{text.strip()}\n"
            for at, text in entries_of(command)
        )


def entries_of(command: Command) -> list[tuple[float, str]]:
    return [(float(at), text.rstrip("\n") + "\n") for at, text in command["entries"]]


COMMANDS = {
    "probe": probe,
    "download": download,
    "install": install,
    "scripts": scripts,
    "prepare": prepare,
    "log": log,
}


def main() -> None:
    pwd.getpwnam("root")  # loads the name service modules of the host
    os.chroot(sys.argv[1])
    os.chdir("/")
    os.umask(0o022)
    for line in iter(sys.stdin.buffer.readline, b""):
        command = json.loads(line)
        try:
            answer: Command = {"ok": COMMANDS[command["do"]](command)}
        except Exception as error:
            answer = {"error": str(error) or type(error).__name__}
        print(json.dumps(answer), flush=True)


def _layout(command: Command) -> Layout:
    return Layout(command["group"], command["deployment"])


def _read(archive: Path, names: tuple[str, ...]) -> appspec.AppSpec:
    for name in names:
        file = archive / name
        if file.exists():
            return appspec.parse(file.read_bytes())
    raise FileNotFoundError(
        "The CodeDeploy agent did not find an AppSpec file within the unpacked revision directory "
        f'at revision-relative path "appspec.yml". The revision was unpacked to directory '
        f'"{archive}", and the AppSpec file was expected but not found at path '
        f'"{archive}/appspec.yml". Consult the AWS CodeDeploy Appspec documentation for more '
        "information at http://docs.aws.amazon.com/codedeploy/latest/userguide/"
        "reference-appspec-file.html"
    )


if __name__ == "__main__":
    main()
