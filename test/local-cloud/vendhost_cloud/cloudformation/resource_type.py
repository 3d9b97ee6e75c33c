"""What a CloudFormation resource type is made of, and how it is registered with ministack's engine."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ministack.services.cloudformation import provisioners, stacks

Properties = dict[str, Any]


@dataclass(frozen=True)
class Created:
    """A resource as it is now: what Ref (usually) and GetAtt return."""

    physical_id: str
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Resource:
    """A resource to create, or to update when it has a physical id."""

    logical_id: str
    stack_name: str
    properties: Properties
    physical_id: str = ""
    previous: Properties = field(default_factory=dict)

    def name(self, property_name: str, max_length: int) -> str:
        """The name the template gives, or one made of stack, logical id and a suffix."""
        given = self.properties.get(property_name)
        if given:
            return str(given)
        generated: str = provisioners._physical_name(self.stack_name, self.logical_id, max_len=max_length)
        return generated

    def pick(self, *names: str) -> Properties:
        """The given properties, as far as the template has them."""
        return {name: self.properties[name] for name in names if name in self.properties}

    def changed(self, name: str) -> bool:
        return self.properties.get(name) != self.previous.get(name)


@dataclass(frozen=True)
class ResourceType:
    """Handlers of one type. `replaces` are the properties documented as "Update requires: Replacement"."""

    create: Callable[[Resource], Created]
    update: Callable[[Resource], Created]
    delete: Callable[[str, Properties], None]
    replaces: tuple[str, ...] = ()
    custom_name: str = ""
    """The property that names the resource: with the same explicit name it cannot be replaced."""
    tags: bool = False
    """Whether stack tags become resource tags (property `Tags`, a list)."""
    waits: bool = False
    """Whether its handlers wait for something, so that they must not run on the server's event loop."""

    def register(self, name: str) -> None:
        provisioners._RESOURCE_HANDLERS[name] = {
            "create": self._create,
            "update": self._update,
            "update_with_logical_id": True,
            "delete": self.delete,
        }
        provisioners._REPLACING_PROPERTIES[name] = self.replaces
        if self.custom_name:
            provisioners._CUSTOM_NAME_REPLACEMENT[name] = {"name": self.custom_name}
        if self.tags:
            provisioners._STACK_TAG_PROPERTY[name] = ("Tags", "list")
        if self.waits:
            run_on_worker_thread(name)

    def _create(self, logical_id: str, properties: Properties, stack_name: str) -> tuple[str, dict[str, str]]:
        created = self.create(Resource(logical_id, stack_name, properties))
        return created.physical_id, created.attributes

    def _update(
        self, physical_id: str, previous: Properties, properties: Properties, stack_name: str, logical_id: str
    ) -> tuple[str, dict[str, str]]:
        resource = Resource(logical_id, stack_name, properties, physical_id, previous)
        updated = self.update(resource)
        return updated.physical_id, updated.attributes


def run_on_worker_thread(resource_type: str) -> None:
    """Keep this type's handlers off the event loop."""
    others = stacks._runs_on_worker_thread
    stacks._runs_on_worker_thread = lambda name: name == resource_type or others(name)


def truth(value: Any) -> bool:
    """A template's boolean, which YAML may carry as the string "false"."""
    return str(value).lower() == "true"


def never_updated(_: Resource) -> Created:
    """Update handler of a type all of whose properties replace."""
    raise ValueError("every property of this type requires replacement")
