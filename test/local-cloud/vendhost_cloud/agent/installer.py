"""The Install event: remove what the last install created, copy files, set permissions."""

import grp
import json
import os
import pwd
import shutil
from pathlib import Path
from typing import TextIO

from vendhost_cloud.agent.appspec import AppSpec, AppSpecError
from vendhost_cloud.agent.layout import Layout
from vendhost_cloud.agent.permissions import Permission


class InstallError(Exception):
    """Why the files could not be installed."""


class Plan:
    """Everything an install would do, decided before anything is done."""

    def __init__(self, archive: Path, behaviour: str) -> None:
        self.archive = archive
        self.behaviour = behaviour
        self.directories: list[Path] = []
        self.copies: dict[Path, Path] = {}
        self.permissions: dict[Path, Permission] = {}
        self._steps: list[Path] = []
        """Directories and files in the order they are created."""

    def add(self, source: str, destination: str) -> None:
        """One entry of the files section."""
        origin = self.archive / source.replace("\\", "/").lstrip("/")
        target = Path(os.path.normpath(destination))
        if origin.is_dir() and not origin.is_symlink():
            self._ancestors(target)
            self._directory(origin, target)
        elif os.path.lexists(origin):
            self._ancestors(target / origin.name)
            self._file(origin, target / origin.name)
        else:
            raise InstallError(f"No such file or directory - {origin}")

    def permit(self, entry: Permission) -> None:
        """One entry of the permissions section: it applies only to what this install creates."""
        target = Path(os.path.normpath(entry.object))
        if target in self.copies:
            if "file" in entry.types:
                if entry.pattern != "**" or entry.excepts:
                    raise AppSpecError(
                        "The deployment failed because the application specification file "
                        f"includes an object ({target}) with an invalid pattern "
                        f"({entry.pattern}), such as a pattern for a file applied to a "
                        "directory. Correct the permissions section of the AppSpec file, and "
                        "then try again."
                    )
                self._permit(target, entry)
        elif target in self.directories or target.is_dir():
            files = list(self.copies) if "file" in entry.types else []
            folders = self.directories if "directory" in entry.types else []
            for path in [*files, *folders]:
                if entry.covers(str(path)):
                    self._permit(path, entry)

    def document(self) -> str:
        steps = [
            {"type": "copy", "source": str(self.copies[path]), "destination": str(path)}
            if path in self.copies
            else {"type": "mkdir", "directory": str(path)}
            for path in self._steps
        ]
        return json.dumps({"instructions": steps})

    def apply(self, made: TextIO) -> None:
        """Install, recording each path before it is created so that the next install can remove it."""
        for path in self._steps:
            source = self.copies.get(path)
            if source is None:
                path.mkdir()
                print(path, file=made, flush=True)
                continue
            if os.path.lexists(path) and self.behaviour != "OVERWRITE":
                raise InstallError(_exists(path))
            print(path, file=made, flush=True)
            if os.path.lexists(path):
                path.unlink()
            shutil.copy2(source, path, follow_symlinks=False)
        for path, entry in self.permissions.items():
            _apply(path, entry)

    def _ancestors(self, target: Path) -> None:
        for parent in reversed(target.parents):
            if not parent.exists():
                self._make(parent)

    def _make(self, path: Path) -> None:
        if path in self.copies:
            raise InstallError(
                f"The deployment failed because the application specification file calls for "
                f"both a file and a directory at {path}."
            )
        if path not in self.directories:
            self.directories.append(path)
            self._steps.append(path)

    def _directory(self, origin: Path, target: Path) -> None:
        if not target.is_dir():
            self._make(target)
        for entry in sorted(origin.iterdir()):
            if entry.is_dir() and not entry.is_symlink():
                self._directory(entry, target / entry.name)
            else:
                self._file(entry, target / entry.name)

    def _file(self, origin: Path, target: Path) -> None:
        if target.exists():
            if self.behaviour == "DISALLOW":
                raise InstallError(_exists(target))
            if self.behaviour == "RETAIN":
                return
        if target in self.copies:
            raise InstallError(
                "The deployment failed because the application specification file specifies two "
                f"source files named {origin} and {self.copies[target]} for the same destination "
                f"({target}). Remove one of the source file paths from the AppSpec file, and "
                "then try again."
            )
        if target in self.directories:
            raise InstallError(
                "The deployment failed because the application specification file calls for "
                f"installing the file {origin}, but a file with that name already exists at the "
                f"location ({target}). Update your AppSpec file or directory structure, and then "
                "try again."
            )
        self.copies[target] = origin
        self._steps.append(target)

    def _permit(self, path: Path, entry: Permission) -> None:
        if path in self.permissions:
            raise InstallError(
                f"The deployment failed because the permissions setting for ({path}) is specified "
                "more than once in the application specification file. Update the files section "
                "of the AppSpec file, and then try again."
            )
        self.permissions[path] = entry


def install(layout: Layout, archive: Path, spec: AppSpec, default_behaviour: str) -> None:
    """Run the Install event of a deployment; InstallError or AppSpecError when it fails."""
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


def _clean(layout: Layout) -> None:
    if not layout.cleanup.exists():
        return
    for line in reversed(layout.cleanup.read_text().splitlines()):
        path = Path(line)
        if path.is_dir() and not path.is_symlink():
            if not any(path.iterdir()):
                path.rmdir()
        elif os.path.lexists(path):
            path.unlink()
    layout.cleanup.unlink()


def _apply(path: Path, entry: Permission) -> None:
    if entry.mode is not None:
        path.chmod(int(entry.mode, 8))
    try:
        owner = pwd.getpwnam(entry.owner).pw_uid if entry.owner else -1
        group = grp.getgrnam(entry.group).gr_gid if entry.group else -1
    except KeyError as error:
        raise InstallError(f"can't find user or group for {path}: {error.args[0]}") from error
    os.chown(path, owner, group)


def _exists(path: Path) -> str:
    return f"The deployment failed because a specified file already exists at this location: {path}"
