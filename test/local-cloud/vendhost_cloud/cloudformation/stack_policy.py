"""Stack policies: ministack stores them, here they are enforced.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/protect-stack-resources.html: a policy that is set
denies everything it does not allow, an explicit Deny wins, and neither the rollback of an update nor the deletion of
the stack asks it.
"""

import json
from fnmatch import fnmatchcase
from typing import Any

import ministack.services.cloudformation as engine
from ministack.services.cloudformation import provisioners, stacks


def register() -> None:
    update = stacks._update_resource
    outputs = stacks._resolve_stack_outputs

    def update_resource(
        resource_type: str,
        physical_id: str,
        previous: dict[str, Any],
        properties: dict[str, Any],
        stack_name: str,
        logical_id: str | None = None,
        attributes: dict[str, Any] | None = None,
    ) -> Any:
        logical_id = logical_id or physical_id
        if previous != properties:
            replaces = provisioners._requires_replacement(resource_type, previous, properties)
            _assert_allowed(stack_name, logical_id, resource_type, "Replace" if replaces else "Modify")
        updated = update(resource_type, physical_id, previous, properties, stack_name, logical_id, attributes)
        if updated[0] != physical_id:
            # Some of ministack's types decide only in their handler that an update is a replacement.
            try:
                _assert_allowed(stack_name, logical_id, resource_type, "Replace")
            except PermissionError:
                provisioners._delete_resource(resource_type, updated[0], properties, stack_name, logical_id)
                raise
        return updated

    def resolve_stack_outputs(
        definitions: Any, conditions: Any, surviving: dict[str, Any], parameters: Any, mappings: Any, *stack: str
    ) -> Any:
        """The engine calls this after the updates and before it deletes what left the template: the last
        moment at which a forbidden deletion still fails the update."""
        stack_name = stack[0]
        resources = engine._stacks[stack_name].get("_resources", {})
        for logical_id in resources.keys() - surviving.keys():
            _assert_allowed(stack_name, logical_id, resources[logical_id]["ResourceType"], "Delete")
        return outputs(definitions, conditions, surviving, parameters, mappings, *stack)

    stacks._update_resource = update_resource
    stacks._resolve_stack_outputs = resolve_stack_outputs


def _assert_allowed(stack_name: str, logical_id: str, resource_type: str, kind: str) -> None:
    stack = engine._stacks.get(stack_name) or {}
    document = stack.get("_stack_policy")
    if not document or stack.get("StackStatus") != "UPDATE_IN_PROGRESS":
        return
    statements = _listed(json.loads(document).get("Statement"))
    matching = [
        (number, statement)
        for number, statement in enumerate(statements, start=1)
        if _matches(statement, logical_id, resource_type, f"Update:{kind}")
    ]
    denials = [number for number, statement in matching if statement["Effect"] == "Deny"]
    resource = f"LogicalResourceId/{logical_id}"
    if denials:
        message = f"Statement [#{denials[0]}] does not allow [Update:{kind}] for resource [{resource}]"
        raise PermissionError(f"Action denied by stack policy: {message}")
    if not matching:
        raise PermissionError(f"Action not allowed by stack policy: [Update:{kind}] for resource [{resource}]")


def _matches(statement: dict[str, Any], logical_id: str, resource_type: str, action: str) -> bool:
    actions = _listed(statement.get("Action"))
    excluded = _listed(statement.get("NotAction"))
    if actions and not any(fnmatchcase(action, pattern) for pattern in actions):
        return False
    if excluded and any(fnmatchcase(action, pattern) for pattern in excluded):
        return False
    resource = f"LogicalResourceId/{logical_id}"
    resources = _listed(statement.get("Resource"))
    others = _listed(statement.get("NotResource"))
    if resources and not any(fnmatchcase(resource, pattern) for pattern in resources):
        return False
    if others and any(fnmatchcase(resource, pattern) for pattern in others):
        return False
    for operator, compare in (("StringEquals", str.__eq__), ("StringLike", fnmatchcase)):
        types = _listed(statement.get("Condition", {}).get(operator, {}).get("ResourceType"))
        if types and not any(compare(resource_type, pattern) for pattern in types):
            return False
    return True


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
