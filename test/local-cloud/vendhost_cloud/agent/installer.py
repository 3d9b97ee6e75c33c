"""The Install event: remove what the last install created, copy files, set permissions.

By the agent's installer and its commands
(https://github.com/aws/aws-codedeploy-agent/blob/v1.8.1/lib/instance_agent/plugins/codedeploy/install_instruction.rb).
Paths are texts: a slash at the end of one counts.
"""

import grp
import json
import os
import pwd
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, TextIO

from vendhost_cloud.agent.acls import full_acl
from vendhost_cloud.agent.appspec import AppSpec
from vendhost_cloud.agent.layout import Layout
from vendhost_cloud.agent.permissions import Permission
from vendhost_cloud.agent.psych import SPACES


class InstallError(Exception):
    """Why the files could not be installed."""


class Plan:
    """Everything an install would do, decided before anything is done."""

    def __init__(self, archive: Path, behaviour: str) -> None:
        self.archive = archive
        self.behaviour = behaviour
        self.directories: dict[str, None] = {}
        self.copies: dict[str, str] = {}
        self.permissions: dict[str, Permission] = {}
        self._steps: list[str] = []
        """Directories and files in the order they are created."""

    def add(self, source: Any, destination: Any) -> None:
        """One entry of the files section."""
        origin = join(self.archive, _text(source))
        target = _text(destination)
        if Path(origin).is_dir():
            self._ancestors(target)
            self._directory(origin, target)
        else:
            file = join(target, Path(origin).name)
            self._ancestors(file)
            self._file(origin, file)

    def permit(self, entry: Permission) -> None:
        """One entry of the permissions section: it applies only to what this install creates."""
        target = _expanded(entry.object)
        if target in self.copies:
            if "file" in entry.types:
                _validate_file(entry)
                self._permit(target, entry)
        elif target in self.directories or Path(target).is_dir():
            files = list(self.copies) if "file" in entry.types else []
            folders = list(self.directories) if "directory" in entry.types else []
            try:
                found = [path for path in [*files, *folders] if entry.covers(path)]
            except ValueError as error:
                raise InstallError(str(error)) from error
            for path in found:
                self._permit(path, entry)

    def document(self) -> str:
        """The plan as the agent stores it."""
        steps: list[dict[str, Any]] = [
            {"type": "copy", "source": self.copies[path], "destination": path}
            if path in self.copies
            else {"type": "mkdir", "directory": path}
            for path in self._steps
        ]
        for path, entry in self.permissions.items():
            if entry.mode is not None:
                steps.append({"type": "chmod", "mode": entry.mode, "file": path})
            if entry.acls is not None:
                steps.append({"type": "setfacl", "acl": [str(ace) for ace in entry.acls], "file": path})
            if entry.context is not None:
                if entry.context.range is None:
                    raise InstallError("undefined method `get_range' for nil:NilClass")
                context = {"user": entry.context.user, "role": None, "type": entry.context.type}
                steps.append({"type": "semanage", "context": {**context, "range": entry.context.range}, "file": path})
            if entry.owner is not None or entry.group is not None:
                steps.append({"type": "chown", "owner": entry.owner, "group": entry.group, "file": path})
        return json.dumps({"instructions": steps})

    def apply(self, made: TextIO) -> None:
        """Install, recording each path before it is created so that the next install can remove it."""
        for path in self._steps:
            source = self.copies.get(path)
            if source is None:
                Path(path).mkdir()
                print(path, file=made, flush=True)
            else:
                print(path, file=made, flush=True)
                _copy(source, path)
        for path, entry in self.permissions.items():
            _apply(path, entry, made)

    def _ancestors(self, target: str) -> None:
        missing = []
        parent = _above(target)
        while parent not in (".", "/") and not _exists(parent):
            missing.append(parent)
            parent = _above(parent)
        for path in reversed(missing):
            self._make(path)

    def _make(self, written: str) -> None:
        path = _expanded(written)
        if path in self.copies:
            raise InstallError(
                "The deployment failed because the application specification file includes an mkdir command more than "
                f"once for the same destination path ({path}) from ({self.copies[path]}). Update the files section of "
                "the AppSpec file, and then try again."
            )
        if path not in self.directories:
            self.directories[path] = None
            self._steps.append(path)

    def _directory(self, origin: str, target: str) -> None:
        if not Path(target).is_dir():
            self._make(target)
        for name in sorted(entry.name for entry in Path(origin).iterdir()):
            source, destination = join(origin, name), join(target, name)
            if Path(source).is_dir():
                self._directory(source, destination)
            else:
                self._file(source, destination)

    def _file(self, origin: str, written: str) -> None:
        if _exists(written):
            if self.behaviour == "DISALLOW":
                raise InstallError(
                    "The deployment failed because a specified file already exists at this location: " + written
                )
            if self.behaviour == "RETAIN":
                return
        path = _expanded(written)
        if path in self.copies:
            raise InstallError(
                "The deployment failed because the application specification file specifies two "
                f"source files named {origin} and {self.copies[path]} for the same destination "
                f"({path}). Remove one of the source file paths from the AppSpec file, and "
                "then try again."
            )
        if path in self.directories:
            raise InstallError(
                "The deployment failed because the application specification file calls for "
                f"installing the file {origin}, but a file with that name already exists at the "
                f"location ({path}). Update your AppSpec file or directory structure, and then "
                "try again."
            )
        self.copies[path] = origin
        self._steps.append(path)

    def _permit(self, path: str, entry: Permission) -> None:
        if path in self.copies and any(ace.default for ace in entry.acls or ()):
            raise InstallError(
                "The deployment failed because the -d parameter has been specified to apply an acl setting to a file. "
                "This parameter is supported for directories only. Update the AppSpec file, and then try again."
            )
        if path in self.permissions:
            raise InstallError(
                f"The deployment failed because the permissions setting for ({path}) is specified "
                "more than once in the application specification file. Update the files section "
                "of the AppSpec file, and then try again."
            )
        self.permissions[path] = entry


def install(layout: Layout, archive: Path, spec: AppSpec, default_behaviour: str) -> None:
    """Run the Install event of a deployment; InstallError, OSError or KeyError when it fails."""
    _clean(layout)
    plan = Plan(archive, spec.file_exists_behavior or default_behaviour)
    for source, destination in spec.files:
        plan.add(source, destination)
    for entry in spec.permissions:
        plan.permit(entry)
    layout.install.write_text(plan.document())
    with layout.cleanup.open("w") as made:
        plan.apply(made)
    layout.record(successful=True)


def join(folder: Path | str, name: str) -> str:
    """Ruby's File.join: a slash between the two, whatever the second begins with; `\\` is a letter."""
    return str(folder).rstrip("/") + (name if name.startswith("/") else f"/{name}")


def _text(value: Any) -> str:
    """Ruby's File.join takes texts, and lists of them."""
    return "/".join(_text(item) for item in value) if isinstance(value, list) else _name(value)


def _name(value: Any) -> str:
    if not isinstance(value, str) or type(value) is not str:
        raise InstallError(f"no implicit conversion of {value!r} into String")
    return value


def _expanded(path: str) -> str:
    """Ruby's File.expand_path."""
    return os.path.normpath(Path.cwd() / re.sub(r"^//+", "/", os.path.expanduser(path)))  # noqa: PTH111


def _above(path: str) -> str:
    """Ruby's File.dirname, which keeps `..` as it is written."""
    return os.path.dirname(path.rstrip("/")).rstrip("/") or ("/" if path.startswith("/") else ".")  # noqa: PTH120


def _exists(path: str) -> bool:
    return os.path.exists(path)  # noqa: PTH110


def _validate_file(entry: Permission) -> None:
    if entry.pattern != "**":
        raise InstallError(
            "The deployment failed because the application specification file includes an object "
            f"({entry.object}) with "
            f"an invalid pattern ({entry.pattern}), such as a pattern for a file applied to a directory. Correct the "
            "permissions section of the AppSpec file, and then try again."
        )
    if entry.excepts:
        raise InstallError(
            "The deployment failed because the except parameter for a pattern in the permissions section "
            f"({json.dumps(list(entry.excepts))}) for the object named {entry.object} contains an invalid "
            "format. Update "
            "the AppSpec file, and then try again."
        )


def _clean(layout: Layout) -> None:
    if not layout.cleanup.exists():
        return
    for line in reversed(layout.cleanup.read_text().split("\n")[:-1]):
        # Spaces at a name's end are lost, as to the agent: what is named so stays.
        kind, _, of_context = line.partition("\0")
        if kind == "semanage" and of_context:
            _call(f"semanage fcontext -d {of_context.strip(SPACES)}")
            continue
        path = Path(line.strip(SPACES))
        if path.is_dir() and not path.is_symlink():
            if not any(path.iterdir()):
                path.rmdir()
        elif os.path.lexists(path):
            path.unlink()
    layout.cleanup.unlink()


def _copy(source: str, path: str) -> None:
    if Path(source).is_symlink():
        Path(path).symlink_to(os.readlink(source))  # noqa: PTH115
        return
    if Path(path).is_dir():
        path = join(path, Path(source).name)
    # Written over in place, as the agent does: a program that runs stays busy.
    shutil.copyfile(source, path)
    found = Path(source).stat()
    os.chown(path, found.st_uid, found.st_gid)
    shutil.copystat(source, path)


def _apply(path: str, entry: Permission, made: TextIO) -> None:
    if entry.mode is not None:
        Path(path).chmod(int(entry.mode, 8))
    if entry.acls is not None:
        acl = full_acl(entry.acls, entry.added, Path(path).stat().st_mode)
        _require(
            f"setfacl --set {acl} {path}",
            "of a problem with the acls permission settings in the application specification file for this object: "
            f"{path}.",
        )
    if entry.context is not None:
        real = Path(path).resolve()
        user = "" if entry.context.user is None else f"-s {entry.context.user} "
        args = f"{user}-t {entry.context.type} -r {entry.context.range}"
        for command in (f"semanage fcontext -a {args} {real}", f"restorecon -v {real}"):
            _require(
                command,
                "the application specification file contains an error in the settings for the context parameter. "
                "Update the permissions section of the AppSpec file, and then try again.",
            )
        print(f"semanage\0{real}", file=made, flush=True)
    if entry.owner is None and entry.group is None:
        return
    try:
        owner = pwd.getpwnam(_name(entry.owner)).pw_uid if entry.owner is not None else -1
    except KeyError as error:
        raise InstallError(f"can't find user for {entry.owner}") from error
    try:
        group = grp.getgrnam(_name(entry.group)).gr_gid if entry.group is not None else -1
    except KeyError as error:
        raise InstallError(f"can't find group for {entry.group}") from error
    os.chown(path, owner, group)


def _require(command: str, why: str) -> None:
    pid, code = _call(command)
    if code != 0:
        raise InstallError(
            f"The deployment failed because {why} Failed command: {command}. Exit code: pid {pid} exit {code}"
        )


def _call(command: str) -> tuple[int, int]:
    """Run a command line through a shell; its process and exit code."""
    with subprocess.Popen(
        command, shell=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        return process.pid, process.wait()
