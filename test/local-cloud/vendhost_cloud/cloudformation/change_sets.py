"""Change sets of a stack given by id, and of a stack whose status does not allow one.

ministack looks a change set up by the name of its stack only, where AWS takes name or id, and lets a change set be made
for a stack that failed or is busy. Of a stack that does not exist it lists none, where AWS refuses.
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
    handlers._ACTION_HANDLERS["ListChangeSets"] = _if_known(handlers._ACTION_HANDLERS["ListChangeSets"])
    handlers._ACTION_HANDLERS["CreateChangeSet"] = _if_ready(handlers._ACTION_HANDLERS["CreateChangeSet"])
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


def _if_known(handler: Handler) -> Handler:
    def handle(parameters: Parameters) -> Any:
        given = _first(parameters, "StackName")
        stack = engine._stacks.get(given) or {}
        known = given.startswith("arn:") or stack.get("StackStatus", "DELETE_COMPLETE") != "DELETE_COMPLETE"
        return handler(parameters) if known else _error("ValidationError", f"Stack [{given}] does not exist")

    return handle


_READY = (
    "CREATE_COMPLETE",
    "CREATE_FAILED",
    "IMPORT_COMPLETE",
    "IMPORT_ROLLBACK_COMPLETE",
    "UPDATE_COMPLETE",
    "UPDATE_FAILED",
    "UPDATE_ROLLBACK_COMPLETE",
)
"""Statuses of a stack that can be updated."""


def _if_ready(handler: Handler) -> Handler:
    def handle(parameters: Parameters) -> Any:
        given = _first(parameters, "StackName")
        stack = engine._stacks.get(given.split("/")[1] if given.startswith("arn:") else given)
        if stack is None or stack["StackStatus"] == "DELETE_COMPLETE":
            return handler(parameters)
        kind, status = _first(parameters, "ChangeSetType") or "UPDATE", stack["StackStatus"]
        if kind == "CREATE" and status != "REVIEW_IN_PROGRESS":
            name = _first(parameters, "ChangeSetName")
            message = f"Stack [{given}] already exists and cannot be created again with the changeSet [{name}]."
            return _error("ValidationError", message)
        if kind == "UPDATE" and status not in _READY:
            return _error("ValidationError", _wrong_state(stack))
        return handler(parameters)

    return handle


def _wrong_state(stack: dict[str, Any]) -> str:
    return f"Stack:{stack['StackId']} is in {stack['StackStatus']} state and can not be updated."


def _unless_busy(handler: Handler) -> Handler:
    """A stack has one operation at a time."""

    def handle(parameters: Parameters) -> Any:
        name = _first(parameters, "StackName") or _stack_of(_first(parameters, "ChangeSetName"))
        stack = engine._stacks.get(name) or {}
        status = str(stack.get("StackStatus", ""))
        if status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS":
            return _error("ValidationError", _wrong_state(stack))
        return handler(parameters)

    return handle


def _stack_of(change_set: str) -> str:
    return str((engine._change_sets.get(change_set) or {}).get("StackName", ""))


def _first(parameters: Parameters, name: str) -> str:
    value = parameters.get(name, "")
    return str(value[0]) if isinstance(value, list) else str(value)
