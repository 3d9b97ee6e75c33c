"""How the properties of a resource are read for drift detection."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ministack.services.cloudformation import drift, provisioners

from vendhost_cloud.service_api import ServiceError, call

Properties = dict[str, Any]

_GONE = ("NotFound", "DoesNotExist", "NoSuch", "Nonexistent", "ResourceNotFound", "InvalidKeyPair")


@dataclass(frozen=True)
class Reader:
    """Reads one resource type. `read` gets the physical id and what the template says, and returns the properties as
    they are, in the template's shape; None for a resource that is gone."""

    read: Callable[[str, Properties], Properties | None]
    compared: tuple[str, ...]
    """What the type's handler can read, of what our templates have: not what the registry calls write-only."""
    tags: bool = False

    def register(self, name: str) -> None:
        compared = (*self.compared, "Tags") if self.tags else self.compared
        drift._DRIFT_READERS[name] = (self._read, frozenset(compared))
        if self.tags:
            provisioners._STACK_TAG_PROPERTY.setdefault(name, ("Tags", "list"))

    def _read(self, physical_id: str, properties: Properties) -> Properties | None:
        try:
            found = self.read(physical_id, properties)
            return None if found is None else dict(_whole(found))
        except ServiceError as error:
            if any(word in error.code for word in _GONE):
                return None
            raise


def _whole(value: Any) -> Any:
    """Whole numbers without a fraction: a template's 60 is no other value than a service's 60.0."""
    if isinstance(value, dict):
        return {name: _whole(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def first(service: str, operation: str, request: Properties, member: str) -> Properties | None:
    """The first item of a list that an operation answers."""
    found = call(service, operation, request).get(member) or []
    return dict(found[0]) if found else None


def only(source: Properties, *names: str) -> Properties:
    """The members with these names, as far as there are any."""
    return {name: source[name] for name in names if source.get(name) not in (None, "", [], {})}


def in_order_of(expected: Any, actual: list[Any]) -> list[Any]:
    """A list without an order of its own, in the order of the template."""
    known = [item for item in expected or [] if item in actual]
    return known + [item for item in actual if item not in known]


def like(expected: Any, actual: Any) -> Any:
    """The actual value without members that the template does not set: services show defaults that nobody asked for."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        return {name: like(value, actual[name]) for name, value in expected.items() if name in actual}
    if isinstance(expected, list) and isinstance(actual, list):
        return [like(expected[index], item) if index < len(expected) else item for index, item in enumerate(actual)]
    return actual


def tag_map(tags: Any) -> dict[str, str]:
    """Tags of any service as a map."""
    if isinstance(tags, dict):
        return {str(key): str(value) for key, value in tags.items()}
    pairs = ((tag.get("Key", tag.get("key")), tag.get("Value", tag.get("value"))) for tag in tags or [])
    return {str(key): str(value) for key, value in pairs}
