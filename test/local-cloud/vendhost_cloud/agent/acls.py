"""Entries of `acls` and of `context`, by the rules of the agent's classes AceInfo, RangeInfo and ContextInfo."""

import re
from dataclasses import dataclass
from typing import Any

_TYPES = {"u": "user", "user": "user", "g": "group", "group": "group", "m": "mask", "mask": "mask"} | {
    "o": "other",
    "other": "other",
}
_PROBLEM = (
    "The deployment failed because of a problem with the acls permission settings in the application "
    "specification file. "
)


@dataclass(frozen=True)
class Ace:
    """One entry of an access control list."""

    default: bool
    type: str
    name: str
    permissions: str

    def __str__(self) -> str:
        return f"{'default:' if self.default else ''}{self.type}:{self.name}:{self.permissions}"


def parse_ace(text: Any, *, internal: bool = False) -> Ace:
    """[default:][user|group|mask|other:]name:permissions; ValueError when the agent refuses it."""
    if not isinstance(text, str):
        raise ValueError(f"undefined method `split' for {text!r}")
    wrong = ValueError(f"{_PROBLEM}Invalid acl entry ({text}).")
    *front, name, letters = text.split(":") if ":" in text else ["", "", ""]
    if ":" not in text or len(front) > 2:
        raise wrong
    default = bool(front) and front[0] in ("d", "default")
    kinds = front[1:] if default else front
    if len(kinds) > 1 or (kinds and kinds[0] not in _TYPES):
        raise wrong
    kind = _TYPES[kinds[0]] if kinds else None
    if name in ("m", "mask", "o", "other"):
        # Without a type before it, a name like this is the type; with one, the agent takes its long form.
        kind, name = (_TYPES[name], "") if kind is None else (kind, _TYPES[name])
    kind = kind or "user"
    if kind in ("mask", "other") and name:
        raise wrong
    if not (internal or default or kind == "mask" or name):
        raise ValueError(
            f"{_PROBLEM}Use mode to set the base acl entry ({text}). Update the permissions section of the "
            "AppSpec file, "
            "and then try again."
        )
    return Ace(default, kind, name, _letters(text, letters))


def _letters(entry: str, text: str) -> str:
    if re.fullmatch("[0-7]", text):
        bits = int(text)
        return "".join(letter if bits & bit else "-" for letter, bit in (("r", 4), ("w", 2), ("x", 1)))
    wrong = re.search("[^rwx-]", text)
    if wrong:
        raise ValueError(
            f"The deployment failed because the access control list (ACL) named {entry} in the application "
            "specification "
            f"file contains an invalid character ({wrong.group()}). Correct the ACL in the hooks section "
            "of the AppSpec "
            "file, and then try again."
        )
    return "".join(letter if letter in text else "-" for letter in "rwx")


def full_acl(aces: tuple[Ace, ...], added: list[Ace], mode: int) -> str:
    """What is given to `setfacl --set`: the entries, and those that follow from the mode.

    The agent forgets to forget the latter: `added` grows with each path that one entry of permissions sets.
    """
    user, group, other = list(f"{mode & 0o777:03o}")
    added += [parse_ace(entry, internal=True) for entry in (f":{user}", f"g::{group}", f"o::{other}")]
    plain = [ace for ace in [*aces, *added] if not ace.default]
    if any(ace.name for ace in plain) and not any(ace.type == "mask" for ace in plain):
        added.append(parse_ace(f"m::{group}", internal=True))
    defaults = [ace for ace in [*aces, *added] if ace.default]
    if defaults:
        bare = {ace.type for ace in defaults if not ace.name}
        given = {"user": f"d::{user}", "group": f"d:g::{group}", "other": f"d:o:{other}"}
        added += [parse_ace(entry, internal=True) for kind, entry in given.items() if kind not in bare]
        if any(ace.name for ace in defaults) and "mask" not in bare:
            of_group = next(ace for ace in [*defaults, *added] if ace.default and ace.type == "group" and not ace.name)
            added.append(Ace(True, "mask", "", of_group.permissions))
    return ",".join(str(ace) for ace in [*aces, *added])


@dataclass(frozen=True)
class Context:
    """An SELinux context; `range` as the agent writes it, None when it is not given, which Install fails at."""

    user: Any
    type: Any
    range: str | None


def parse_context(value: Any) -> Context:
    """ValueError when the agent refuses it."""
    if not isinstance(value, dict) or value.get("type") is None:
        raise ValueError(
            "The deployment failed because the application specification file specifies an invalid "
            f"context type ({value}). "
            "Update the permissions section of the AppSpec file, and then try again."
        )
    written = value.get("range")
    return Context(value.get("name"), value["type"], None if written is None else _range(written))


def _range(text: Any) -> str:
    found = re.fullmatch(r"s(\d+)(?:-s(\d+))?(?::(c[^:\n]*))?", text) if isinstance(text, str) else None
    if found is None:
        raise ValueError(f"invalid range part {text}")
    low, high = int(found[1]), int(found[2] or found[1])
    if high < low:
        raise ValueError(
            f"The deployment failed because of a problem with the SELinux range specified ({text}) for the context "
            "parameter in the permissions section of the application specification file. Make corrections in the "
            "permissions section of the AppSpec file, and then try again."
        )
    levels = f"s{low}" if low == high else f"s{low}-s{high}"
    return levels if found[3] is None else f"{levels}:{_categories(found[3])}"


def _categories(text: str) -> str:
    numbers: list[int] = []
    for part in text.rstrip(",").split(","):
        found = re.fullmatch(r"c(\d+)(?:\.c(\d+))?", part)
        if found is None or int(found[1]) > 1023:
            raise ValueError(f"invalid category {part}")
        first, last = int(found[1]), int(found[2] or found[1])
        if last < first or last > 1023:
            raise ValueError(f"invalid category range {part}")
        numbers += range(first, last + 1)
    if len(set(numbers)) < len(numbers):
        raise ValueError("duplicate categories")
    spans: list[list[int]] = []
    for number in sorted(numbers):
        if spans and spans[-1][1] == number - 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return ",".join(f"c{first}" if first == last else f"c{first}.c{last}" for first, last in spans)
