"""Around the handlers of a resource type that are ministack's, and do not ask the service: what the service refuses,
and the properties that the handlers leave out.
"""

from collections.abc import Callable
from typing import Any

from ministack.services.cloudformation import provisioners

from vendhost_cloud.cloudformation.resource_type import Properties

Check = Callable[[Properties, Properties], None]
"""(properties, those of before; empty for a new resource). Raises what the service answers."""


def _nothing(_: str, __: Properties) -> None:
    return


def guard(resource_type: str, check: Check, then: Callable[[str, Properties], None] = _nothing) -> None:
    """Let `check` see the properties before the type's own handlers, and `then` the physical id after them."""
    handlers = provisioners._RESOURCE_HANDLERS[resource_type]
    create, update = handlers["create"], handlers.get("update")

    def guarded_create(logical_id: str, properties: Properties, stack_name: str) -> Any:
        check(properties, {})
        made = create(logical_id, properties, stack_name)
        then(made[0], properties)
        return made

    def guarded_update(physical_id: str, previous: Properties, properties: Properties, *names: str) -> Any:
        check(properties, previous)
        assert update is not None
        made = update(physical_id, previous, properties, *names)
        then(made[0], properties)
        return made

    handlers["create"] = guarded_create
    if update is not None:
        handlers["update"] = guarded_update
