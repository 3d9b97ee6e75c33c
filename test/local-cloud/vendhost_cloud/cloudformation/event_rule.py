"""AWS::Events::Rule, through EventBridge's own API, so that what it refuses fails the stack."""

import json
from typing import Any

from vendhost_cloud.cloudformation.resource_type import Created, Properties, Resource, ResourceType
from vendhost_cloud.service_api import call, call_unless_gone

_COPIED = ("Description", "EventBusName", "RoleArn", "ScheduleExpression", "State")


def _create(resource: Resource) -> Created:
    return _put(resource.name("Name", 64), resource)


def _update(resource: Resource) -> Created:
    name = resource.physical_id
    gone = {one["Id"] for one in resource.previous.get("Targets") or []} - {
        one["Id"] for one in resource.properties.get("Targets") or []
    }
    if gone:
        call("events", "RemoveTargets", {"Rule": name, "Ids": sorted(gone)})
    return _put(name, resource)


def _put(name: str, resource: Resource) -> Created:
    pattern = resource.properties.get("EventPattern")
    request = {
        "Name": name,
        **resource.pick(*_COPIED),
        **({} if pattern is None else {"EventPattern": pattern if isinstance(pattern, str) else json.dumps(pattern)}),
    }
    arn = str(call("events", "PutRule", request)["RuleArn"])
    tags = [tag for tag in resource.properties.get("Tags") or [] if not tag["Key"].startswith("aws:")]
    if tags:
        call("events", "TagResource", {"ResourceARN": arn, "Tags": tags})
    targets = [_target(one) for one in resource.properties.get("Targets") or []]
    if targets:
        call("events", "PutTargets", {"Rule": name, "Targets": targets})
    return Created(name, {"Arn": arn})


def _target(given: Properties) -> dict[str, Any]:
    retry = given.get("RetryPolicy")
    return {**given, **({} if retry is None else {"RetryPolicy": {key: int(value) for key, value in retry.items()}})}


def _delete(physical_id: str, properties: Properties) -> None:
    ids = [one["Id"] for one in properties.get("Targets") or []]
    if ids:
        call_unless_gone("events", "RemoveTargets", {"Rule": physical_id, "Ids": ids})
    call_unless_gone("events", "DeleteRule", {"Name": physical_id})


TYPES = {
    "AWS::Events::Rule": ResourceType(_create, _update, _delete, replaces=("Name",), custom_name="Name", tags=True),
}
