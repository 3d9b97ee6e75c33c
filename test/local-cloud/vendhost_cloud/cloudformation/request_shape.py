"""From the spelling of templates to the spelling of requests."""

from typing import Any


def lower_camel(value: Any, keep: tuple[str, ...] = (), opaque: tuple[str, ...] = ()) -> Any:
    """The same value with the first letter of every member's name in lower case.

    `keep` are members that keep their capital, `opaque` those whose own members are data, not names.
    """
    if isinstance(value, dict):
        return {
            name if name in keep else name[:1].lower() + name[1:]: (
                member if name in opaque else lower_camel(member, keep, opaque)
            )
            for name, member in value.items()
        }
    if isinstance(value, list):
        return [lower_camel(item, keep, opaque) for item in value]
    return value


def as_text(value: Any) -> str:
    """A template's scalar where the API wants a string: true, not Python's True."""
    return str(value).lower() if isinstance(value, bool) else str(value)
