"""The permissions section: what it may say, and which installed objects it means."""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

TYPES = ("file", "directory")


@dataclass(frozen=True)
class Permission:
    object: str
    pattern: str
    excepts: tuple[str, ...]
    types: tuple[str, ...]
    owner: str | None
    group: str | None
    mode: str | None

    def covers(self, path: str) -> bool:
        """Whether the entry, about a directory, means this installed path."""
        base = str(PurePosixPath(self.object)).rstrip("/") + "/"
        if not path.startswith(base):
            return False
        name = path.removeprefix(base)
        wanted = self.pattern == "**" or _matches(name, self.pattern)
        return wanted and not any(_matches(name, glob) for glob in self.excepts)


def parse_permission(item: dict[str, Any]) -> Permission:
    """One entry; ValueError when the agent would reject it or the local cloud does not support it."""
    target = "" if item.get("object") is None else str(item["object"]).strip()
    if not target:
        raise ValueError(
            "The deployment failed because a permission listed in the application specification "
            "file has no object value. Update the permissions section of the AppSpec file, and "
            "then try again."
        )
    for key in ("acls", "context"):
        if item.get(key) is not None:
            raise ValueError(f"the local cloud does not support {key} in permissions ({target})")
    types = _list(item, "type") or list(TYPES)
    for kind in types:
        if kind not in TYPES:
            raise ValueError(f"assigning permissions to objects of type {kind} not supported")
    return Permission(
        object=target,
        pattern="**" if item.get("pattern") is None else str(item["pattern"]),
        excepts=tuple(_list(item, "except")),
        types=tuple(types),
        owner=None if item.get("owner") is None else str(item["owner"]),
        group=None if item.get("group") is None else str(item["group"]),
        mode=None if item.get("mode") is None else _mode(item["mode"]),
    )


def _list(item: dict[str, Any], key: str) -> list[str]:
    value = item.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise ValueError(f"{key} of the permission on {item['object']} is not a list")
    return [str(entry) for entry in value]


def _mode(value: Any) -> str:
    """Octal digits as text. A bare leading zero arrives here as YAML's decimal, as in the agent."""
    mode = str(value).rjust(3, "0")
    if len(mode) > 4:
        raise ValueError(
            f"The deployment failed because the length of a permissions mode ({mode}) in the "
            "application specification file is invalid. Permissions modes must be between one "
            "and four characters long. Update the permissions section of the AppSpec file, and "
            "then try again."
        )
    wrong = re.search(r"[^0-7]", mode)
    if wrong:
        raise ValueError(
            f"The deployment failed because the permissions mode ({mode}) in the application "
            f"specification file contains an invalid character ({wrong.group()}). Update the "
            "permissions section of the AppSpec file, and then try again."
        )
    return mode


def _matches(name: str, glob: str) -> bool:
    if "/" in name:
        return False
    pattern = ".*".join(re.escape(part) for part in glob.split("*"))
    return re.fullmatch(pattern, name, re.DOTALL) is not None
