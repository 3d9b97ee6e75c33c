"""YAML as the agent loads it: Ruby's Psych 4 over libyaml, with its safe loader.

https://github.com/ruby/psych/blob/v4.0.3/lib/psych/scalar_scanner.rb
"""

import datetime
import re
from base64 import b64decode
from collections.abc import Iterator
from typing import Any

import yaml

SPACES = " \t\n\v\f\r"
"""What Ruby's strip takes away; other spaces of Unicode are letters to it."""


class YamlError(Exception):
    """Why Psych refuses a document."""


class Symbol(str):
    """A Ruby symbol: never equal to a text."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Symbol) and str(self) == str(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash((Symbol, str(self)))


_TIME = re.compile(
    r"-?\d{4}-\d{1,2}-\d{1,2}(?:[Tt]|\s+)\d{1,2}:\d\d:\d\d(?:\.\d*)?(?:\s*(?:Z|[-+]\d{1,2}:?(?:\d\d)?))?"
)
_SIXTY = re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9]){1,2}(\.[0-9_]*)?")
_FLOAT = re.compile(r"[-+]?([0-9][0-9_,]*)?\.[0-9]*([eE][-+][0-9]+)?")
_INTEGER = re.compile(r"[-+]?(0b[01_,]+|0[0-7_,]+|0|[1-9]([0-9]|,[0-9]|_[0-9])*|0x[0-9a-fA-F_,]+)")
_CONSTANTS = {"": None, "~": None, "null": None} | {
    word: value for words, value in (("yes true on", True), ("no false off", False)) for word in words.split()
}
_STRING_TAG = re.compile(r"!(str|ruby/string)|tag:yaml\.org,2002:str")
_REFUSED_TAG = re.compile(r"!ruby/(?!sym(bol)?:?$|string$)|tag:yaml\.org,2002:set$")


def load(content: bytes) -> Any:
    """The first document of a file; None when there is none. YamlError says why it is refused."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise YamlError("(<unknown>): invalid leading UTF-8 octet at line 1 column 1")
    try:
        events = yaml.parse(content, Loader=yaml.CLoader)
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                return _build(next(events), events)
    except yaml.YAMLError as error:
        raise YamlError(f"(<unknown>): {_words(error)}") from error
    return None


def _words(error: yaml.YAMLError) -> str:
    """Psych's: the problem, what was being read, and where."""
    if not isinstance(error, yaml.MarkedYAMLError):
        return " ".join(str(error).split())
    mark = error.problem_mark or error.context_mark
    where = f"at line {mark.line + 1} column {mark.column + 1}" if mark else ""
    return " ".join(part for part in (error.problem, error.context, where) if part)


def _build(event: Any, events: Iterator[Any]) -> Any:
    if isinstance(event, yaml.AliasEvent):
        raise YamlError(f"Unknown alias: {event.anchor}")
    if event.tag is not None and _REFUSED_TAG.match(event.tag):
        raise YamlError(f"Tried to load unspecified class: {event.tag}")
    if isinstance(event, yaml.ScalarEvent):
        return _scalar(event)
    if isinstance(event, yaml.SequenceStartEvent):
        return list(_items(events))
    return _mapping(events)


def _items(events: Iterator[Any]) -> Iterator[Any]:
    while not isinstance(event := next(events), yaml.SequenceEndEvent):
        yield _build(event, events)


def _mapping(events: Iterator[Any]) -> dict[Any, Any]:
    result: dict[Any, Any] = {}
    while not isinstance(event := next(events), yaml.MappingEndEvent):
        key, value = _build(event, events), _build(next(events), events)
        if isinstance(key, (dict, list)):
            key = repr(key)
        if key == "<<" and isinstance(value, dict):
            result.update(value)
        else:
            result[key] = value
    return result


def _scalar(event: Any) -> Any:
    text, tag = str(event.value), event.tag
    if tag is None:
        return _plain(text) if event.implicit[0] else text
    if _STRING_TAG.match(tag):
        return text
    if tag == "tag:yaml.org,2002:binary":
        return b64decode(text).decode(errors="replace")
    if tag.startswith("!ruby/sym"):
        return Symbol(text)
    value = _plain(text)
    return float(value) if tag == "tag:yaml.org,2002:float" else value


def _plain(text: str) -> Any:
    if text.lower() in _CONSTANTS:
        return _CONSTANTS[text.lower()]
    if _TIME.fullmatch(text):
        raise YamlError("Tried to load unspecified class: Time")
    if _is_date(text):
        raise YamlError("Tried to load unspecified class: Date")
    if re.fullmatch(r"[-+]?\.inf|\.nan", text, re.IGNORECASE):
        return float(text.replace(".", ""))
    if re.match(":.", text):
        return Symbol(text[1:].strip("\"'"))
    if _SIXTY.fullmatch(text):
        parts = [float(part.replace("_", "")) for part in text.split(":")]
        return int(sum(part * 60 ** (2 - place) for place, part in enumerate(parts)))
    if _FLOAT.fullmatch(text) and not re.fullmatch(r"[-+]?\.", text):
        return float(re.sub("[,_]", "", text))
    if _INTEGER.fullmatch(text):
        return _integer(re.sub("[,_]", "", text))
    return text


def _integer(text: str) -> int:
    digits = text.lstrip("+-")
    octal = len(digits) > 1 and digits[0] == "0" and digits[1].isdigit()
    return int(text.replace(digits, f"0o{digits[1:]}") if octal else text, 0)


def _is_date(text: str) -> bool:
    found = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", text)
    if found is None:
        return False
    try:
        datetime.date(*(int(part) for part in found.groups()))
    except ValueError:
        return False
    return True
