"""A stack by its ARN is found by its name: ministack looks through all stacks, 12,000 for a thousand tenants."""

from typing import Any

import ministack.services.cloudformation as engine
from ministack.services.cloudformation import handlers

_known = handlers._resolve_stack


def _resolve_stack(name_or_id: str) -> dict[str, Any] | None:
    parts = name_or_id.split("/")
    stack: dict[str, Any] | None = engine._stacks.get(parts[1]) if len(parts) > 1 else None
    if stack is not None and stack.get("StackId") == name_or_id:
        return stack
    # A name, or a stack that was deleted before another one got its name.
    found: dict[str, Any] | None = _known(name_or_id)
    return found


def register() -> None:
    handlers._resolve_stack = _resolve_stack
