"""Change sets fail when a resource that they would create has a name that exists.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/validate-stack-deployments.html, "Validation types". Of
the other checks there, ministack does those of properties when a stack is executed.
"""

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import ministack.services.cloudformation as engine
from ministack.services import s3
from ministack.services.cloudformation import handlers
from ministack.services.cloudformation.changesets import _resolve_props_for_diff

from vendhost_cloud.cloudformation.taken_names import NAMED

Parameters = dict[str, Any]
Record = dict[str, Any]

_REASON = (
    "The following hook(s)/validation failed: [AWS::EarlyValidation::ResourceExistenceCheck]. To troubleshoot Early "
    "Validation errors, use the DescribeEvents API for detailed failure information."
)
_NAMES = {**NAMED, "AWS::S3::Bucket": ("BucketName", lambda: s3._buckets)}


def register() -> None:
    handlers._ACTION_HANDLERS["CreateChangeSet"] = _validated(handlers._ACTION_HANDLERS["CreateChangeSet"])


def _validated(create: Callable[[Parameters], Any]) -> Callable[[Parameters], Any]:
    def create_validated(parameters: Parameters) -> Any:
        known = set(engine._change_sets)
        answer = create(parameters)
        for made in set(engine._change_sets) - known:
            _validate(engine._change_sets[made])
        return answer

    return create_validated


def _validate(change_set: Record) -> None:
    stack: Record = engine._stacks[change_set["StackName"]]
    if change_set["Status"] != "CREATE_COMPLETE" or change_set["_disable_validation"]:
        return
    found = list(_conflicts(change_set))
    if not found:
        return
    change_set.update(Status="FAILED", ExecutionStatus="UNAVAILABLE", StatusReason=_REASON)
    operation = str(uuid.uuid4())
    stack["_operation_events"] = [
        {
            "EventId": str(uuid.uuid4()),
            "StackId": stack["StackId"],
            "OperationId": operation,
            "OperationType": "CREATE_CHANGESET",
            "OperationStatus": "FAILED",
            "EventType": "VALIDATION_ERROR",
            "Timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
            "LogicalResourceId": logical_id,
            "ResourceType": resource_type,
            "ValidationFailureMode": "FAIL",
            "ValidationName": "NAME_CONFLICT_VALIDATION",
            "ValidationStatus": "FAILED",
            "ValidationStatusReason": f"Resource of type '{resource_type}' with identifier '{name}' already exists.",
            "ValidationPath": f"/Resources/{logical_id}",
        }
        for logical_id, resource_type, name in found
    ]


def _conflicts(change_set: Record) -> Iterator[tuple[str, str, str]]:
    resolved = _resolve_props_for_diff(
        change_set["_template"], change_set["_resolved_params"], change_set["StackName"], change_set["StackId"]
    )["Resources"]
    for change in (one["ResourceChange"] for one in change_set["Changes"]):
        resource_type, logical_id = change["ResourceType"], change["LogicalResourceId"]
        if change["Action"] != "Add" or resource_type not in _NAMES:
            continue
        name_property, names = _NAMES[resource_type]
        name = (resolved[logical_id].get("Properties") or {}).get(name_property)
        if isinstance(name, str) and name in names():
            yield logical_id, resource_type, name
