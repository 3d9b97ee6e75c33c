"""CloudFormation with a role: it acts as the role, and the role needs the permissions.

ministack ignores RoleARN. Here a stack keeps it for its later operations, as on AWS
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-iam-servicerole.html), DescribeStacks shows it,
and every resource the stack creates, updates or deletes is checked against the role's policies and boundary.
"""

import re
from collections.abc import Callable
from typing import Any

from ministack.core.responses import AccountRegionScopedDict, get_account_id, get_region
from ministack.services import cloudformation as engine
from ministack.services import iam
from ministack.services.cloudformation import changesets, handlers, provisioners, stacks
from ministack.services.cloudformation.helpers import _error

from vendhost_cloud.authorization import resource_permissions
from vendhost_cloud.authorization.type_permissions import Resource
from vendhost_cloud.roles import Role

Properties = dict[str, Any]

_roles = AccountRegionScopedDict()
"""Stack name -> ARN of its role."""

_ROLE = "_role"
"""Where a change set's record keeps its role."""

_WITH_ROLE = ("CreateStack", "UpdateStack", "DeleteStack", "ContinueUpdateRollback", "RollbackStack")


def register(enforce: bool) -> None:
    """`enforce`: check what a stack does against its role; a role that does not exist is refused in any case."""
    for action in _WITH_ROLE:
        handlers._ACTION_HANDLERS[action] = _remembering(action, handlers._ACTION_HANDLERS[action])
    handlers._ACTION_HANDLERS["CreateChangeSet"] = _kept_for_execution(handlers._ACTION_HANDLERS["CreateChangeSet"])
    handlers._ACTION_HANDLERS["ExecuteChangeSet"] = _executing(handlers._ACTION_HANDLERS["ExecuteChangeSet"])
    handlers._ACTION_HANDLERS["DescribeStacks"] = _showing(handlers._ACTION_HANDLERS["DescribeStacks"])
    if enforce:
        _check_resources()


def _remembering(action: str, handler: Callable[[Properties], Any]) -> Callable[[Properties], Any]:
    def handle(parameters: Properties) -> Any:
        stack_name, role = _stack_name(_first(parameters, "StackName")), _first(parameters, "RoleARN")
        if role and not _can_be_assumed(role):
            return _error("ValidationError", f"Role {role} is invalid or cannot be assumed")
        if role:
            _roles[stack_name] = role
        elif action == "CreateStack":
            # A new stack that reuses a name.
            _roles.pop(stack_name, None)
        return handler(parameters)

    return handle


def _kept_for_execution(handler: Callable[[Properties], Any]) -> Callable[[Properties], Any]:
    """The role of a change set is the stack's once it is executed."""

    def handle(parameters: Properties) -> Any:
        role = _first(parameters, "RoleARN")
        if role and not _can_be_assumed(role):
            return _error("ValidationError", f"Role {role} is invalid or cannot be assumed")
        status, headers, body = handler(parameters)
        made = re.search(r"<Id>([^<]+)</Id>", body.decode())
        if made and made[1] in engine._change_sets:
            engine._change_sets[made[1]][_ROLE] = role
        return status, headers, body

    return handle


def _executing(handler: Callable[[Properties], Any]) -> Callable[[Properties], Any]:
    def handle(parameters: Properties) -> Any:
        stack_name = _stack_name(_first(parameters, "StackName"))
        _, change_set = changesets._find_change_set(_first(parameters, "ChangeSetName"), stack_name)
        answer = handler(parameters)
        # The update itself runs in a task that starts after this.
        if change_set is not None and answer[0] < 300:
            role = change_set.get(_ROLE)
            if role:
                _roles[change_set["StackName"]] = role
            elif change_set.get("ChangeSetType") == "CREATE":
                _roles.pop(change_set["StackName"], None)
        return answer

    return handle


def _can_be_assumed(role_arn: str) -> bool:
    exists = role_arn.rpartition("/")[2] in iam._roles
    return exists and Role(role_arn, "cloudformation.amazonaws.com").assumable()


def _showing(handler: Callable[[Properties], Any]) -> Callable[[Properties], Any]:
    def handle(parameters: Properties) -> Any:
        status, headers, body = handler(parameters)
        return status, headers, re.sub(r"<StackId>([^<]+)</StackId>", _with_role, body.decode()).encode()

    return handle


def _with_role(match: re.Match[str]) -> str:
    role = _roles.get(_stack_name(match[1]))
    return f"{match[0]}<RoleARN>{role}</RoleARN>" if role else match[0]


def _check_resources() -> None:
    provision, update, delete = stacks._provision_resource, stacks._update_resource, stacks._delete_resource

    def provision_resource(resource_type: str, logical_id: str, properties: Properties, stack_name: str) -> Any:
        _check("create", resource_type, stack_name, logical_id, properties)
        return provision(resource_type, logical_id, properties, stack_name)

    def update_resource(
        resource_type: str,
        physical_id: str,
        previous: Properties,
        properties: Properties,
        stack_name: str,
        logical_id: str,
        *rest: Any,
    ) -> Any:
        if previous != properties and provisioners._requires_replacement(resource_type, previous, properties):
            _check("create", resource_type, stack_name, logical_id, properties)
        elif previous != properties:
            _check("update", resource_type, stack_name, logical_id, properties, physical_id, previous)
        return update(resource_type, physical_id, previous, properties, stack_name, logical_id, *rest)

    def delete_resource(
        resource_type: str, physical_id: str, properties: Properties, stack_name: str, logical_id: str
    ) -> Any:
        _check("delete", resource_type, stack_name, logical_id, properties, physical_id)
        return delete(resource_type, physical_id, properties, stack_name, logical_id)

    stacks._provision_resource = provision_resource
    stacks._update_resource = update_resource
    stacks._delete_resource = delete_resource


def _check(
    operation: str,
    resource_type: str,
    stack_name: str,
    logical_id: str,
    properties: Properties,
    physical_id: str = "",
    previous: Properties | None = None,
) -> None:
    role = _roles.get(stack_name)
    if not role:
        return
    generated = provisioners._physical_name(stack_name, logical_id)
    resource = Resource(properties, physical_id, get_region(), get_account_id(), generated, previous or {})
    for action, arn, context in resource_permissions.needed(resource_type, operation, resource):
        Role(str(role), "cloudformation.amazonaws.com").require(action, arn, context)


def _stack_name(name_or_arn: str) -> str:
    return name_or_arn.split("/")[1] if name_or_arn.startswith("arn:") else name_or_arn


def _first(parameters: Properties, name: str) -> str:
    value = parameters.get(name, "")
    return str(value[0]) if isinstance(value, list) else str(value)
