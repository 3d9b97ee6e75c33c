"""Change sets named by the id of their stack, and stacks that are busy.

ministack looks a change set up by the name of its stack only; AWS takes name or id.
"""

from collections.abc import Callable
from typing import Any

import ministack.services.cloudformation as engine
from ministack.services.cloudformation import handlers
from ministack.services.cloudformation.helpers import _error

Parameters = dict[str, Any]
Handler = Callable[[Parameters], Any]

_OPERATIONS = ("DescribeChangeSet", "ExecuteChangeSet", "DeleteChangeSet", "ListChangeSets")


def register() -> None:
    for operation in _OPERATIONS:
        handlers._ACTION_HANDLERS[operation] = _by_name(handlers._ACTION_HANDLERS[operation])
    handlers._ACTION_HANDLERS["ExecuteChangeSet"] = _unless_busy(handlers._ACTION_HANDLERS["ExecuteChangeSet"])


def _by_name(handler: Handler) -> Handler:
    def handle(parameters: Parameters) -> Any:
        given = _first(parameters, "StackName")
        if not given.startswith("arn:"):
            return handler(parameters)
        name = given.split("/")[1]
        stack = engine._stacks.get(name)
        if stack is None or stack["StackId"] != given:
            return _error("ValidationError", f"Stack [{given}] does not exist")
        return handler({**parameters, "StackName": [name]})

    return handle


def _unless_busy(handler: Handler) -> Handler:
    """A stack does one thing at a time."""

    def handle(parameters: Parameters) -> Any:
        name = _first(parameters, "StackName") or _stack_of(_first(parameters, "ChangeSetName"))
        stack = engine._stacks.get(name) or {}
        status = str(stack.get("StackStatus", ""))
        if status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS":
            message = f"Stack:{stack['StackId']} is in {status} state and can not be updated."
            return _error("ValidationError", message)
        return handler(parameters)

    return handle


def _stack_of(change_set: str) -> str:
    return str((engine._change_sets.get(change_set) or {}).get("StackName", ""))


def _first(parameters: Parameters, name: str) -> str:
    value = parameters.get(name, "")
    return str(value[0]) if isinstance(value, list) else str(value)
