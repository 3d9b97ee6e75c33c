"""The permissions section: what it may say, and which installed objects it means."""

import os
import re
from dataclasses import dataclass, field
from typing import Any

from vendhost_cloud.agent.acls import Ace, Context, parse_ace, parse_context
from vendhost_cloud.agent.psych import SPACES

TYPES = ("file", "directory")


@dataclass(frozen=True)
class Permission:
    """One entry; pattern, excepts, owner and group are whatever YAML made of them, and fail where they are used."""

    object: str
    pattern: Any
    excepts: tuple[Any, ...]
    types: tuple[str, ...]
    owner: Any
    group: Any
    mode: str | None
    acls: tuple[Ace, ...] | None
    context: Context | None
    added: list[Ace] = field(default_factory=list, compare=False)
    """What follows from the modes of the paths that are set."""

    def covers(self, path: str) -> bool:
        """Whether the entry, about a directory, means this installed path."""
        base = os.path.normpath(os.path.join("/", self.object)).rstrip("/") + "/"  # noqa: PTH118
        if not path.startswith(base):
            return False
        name = path.removeprefix(base)
        wanted = self.pattern == "**" or _matches(name, self.pattern)
        return wanted and not any(_matches(name, glob) for glob in self.excepts)


def parse_permission(item: dict[str, Any]) -> Permission:
    """One entry; ValueError when the agent would reject it."""
    target = "" if item.get("object") is None else str(item["object"]).strip(SPACES)
    if not target:
        raise ValueError(
            "The deployment failed because a permission listed in the application specification "
            "file has no object value. Update the permissions section of the AppSpec file, and "
            "then try again."
        )
    types = TYPES if absent(item.get("type")) else tuple(_list(item, "type"))
    for kind in types:
        if kind not in TYPES:
            raise ValueError(
                "The deployment failed because the application specification filespecifies a permission for an object "
                f"type not supported for permissions ({kind}). Update the permissions section of the AppSpec file, and "
                "then try again."
            )
    return Permission(
        object=target,
        pattern="**" if item.get("pattern") is None else item["pattern"],
        excepts=tuple(_list(item, "except")),
        types=types,
        owner=item.get("owner"),
        group=item.get("group"),
        mode=None if item.get("mode") is None else _mode(item["mode"]),
        acls=None if item.get("acls") is None else tuple(parse_ace(entry) for entry in _list(item, "acls")),
        context=None if item.get("context") is None else parse_context(item["context"]),
    )


def absent(value: Any) -> bool:
    """What Ruby takes for nothing."""
    return value is None or value is False


def _list(item: dict[str, Any], key: str) -> list[Any]:
    value = item.get(key)
    if absent(value):
        return []
    if isinstance(value, dict):
        return [list(pair) for pair in value.items()]
    if not isinstance(value, list):
        raise ValueError(f"undefined method `each' for {value!r} ({key} of the permission on {item['object']})")
    return value


def _mode(value: Any) -> str:
    """Octal digits as text. A bare leading zero arrives here as YAML's decimal, as in the agent."""
    mode = (str(value).lower() if isinstance(value, bool) else str(value)).rjust(3, "0")
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


def _matches(name: str, glob: Any) -> bool:
    if "/" in name:
        return False
    if not isinstance(glob, str):
        raise ValueError(f"undefined method `chars' for {glob!r}")
    pattern = ".*".join(re.escape(part) for part in re.split(r"\*+", glob))
    return re.fullmatch(pattern, name, re.DOTALL) is not None
