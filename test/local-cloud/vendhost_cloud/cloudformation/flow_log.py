"""AWS::EC2::FlowLog, and what DescribeFlowLogs of ministack leaves out."""

import re
from typing import Any

from ministack.services import ec2 as store

from vendhost_cloud.cloudformation.ec2 import retag, tag_specifications
from vendhost_cloud.cloudformation.resource_type import Created, Properties, Resource, ResourceType
from vendhost_cloud.service_api import call, call_unless_gone

_FORGOTTEN = {
    "DeliverLogsPermissionArn": "deliverLogsPermissionArn",
    "LogFormat": "logFormat",
    "LogGroupName": "logGroupName",
    "MaxAggregationInterval": "maxAggregationInterval",
}
"""Parameter of CreateFlowLogs -> element of DescribeFlowLogs."""

_FLOW_LOG = re.compile(r"<flowLogId>(fl-\w+)</flowLogId>")


def register_operations() -> None:
    create, describe = store._ACTION_MAP["CreateFlowLogs"], store._ACTION_MAP["DescribeFlowLogs"]

    def create_keeping_all(parameters: dict[str, Any]) -> Any:
        before = set(store._flow_logs)
        answer = create(parameters)
        given = {name: store._p(parameters, name) for name in _FORGOTTEN}
        for flow_log_id in set(store._flow_logs) - before:
            store._flow_logs[flow_log_id].update({name: value for name, value in given.items() if value})
        return answer

    def describe_all(parameters: dict[str, Any]) -> Any:
        status, headers, body = describe(parameters)
        return status, headers, _FLOW_LOG.sub(_completed, body.decode()).encode()

    store._ACTION_MAP.update(CreateFlowLogs=create_keeping_all, DescribeFlowLogs=describe_all)


def _completed(match: re.Match[str]) -> str:
    record = store._flow_logs[match[1]]
    kept = {element: record[name] for name, element in _FORGOTTEN.items() if name in record}
    return match[0] + "".join(f"<{element}>{value}</{element}>" for element, value in kept.items())


_PROPERTIES = (
    "ResourceType",
    "TrafficType",
    "LogDestination",
    "LogDestinationType",
    "LogGroupName",
    "DeliverLogsPermissionArn",
    "DeliverCrossAccountRole",
    "MaxAggregationInterval",
    "LogFormat",
    "DestinationOptions",
)


def _create(resource: Resource) -> Created:
    properties = resource.properties
    to_logs = properties.get("LogDestinationType", "cloud-watch-logs") == "cloud-watch-logs"
    if to_logs and not properties.get("DeliverLogsPermissionArn"):
        raise ValueError("DeliverLogsPermissionArn is required to deliver to CloudWatch Logs")
    request = {"ResourceIds": [properties["ResourceId"]], **resource.pick(*_PROPERTIES)}
    made = call("ec2", "CreateFlowLogs", {**request, **tag_specifications(resource, "vpc-flow-log")})
    flow_log_id = made["FlowLogIds"][0]
    # ministack reads the tags of the resource type "flow-log"; AWS calls it vpc-flow-log.
    retag(flow_log_id, resource)
    return Created(flow_log_id, {"Id": flow_log_id})


def _update(resource: Resource) -> Created:
    retag(resource.physical_id, resource)
    return Created(resource.physical_id, {"Id": resource.physical_id})


def _delete(physical_id: str, _: Properties) -> None:
    call_unless_gone("ec2", "DeleteFlowLogs", {"FlowLogIds": [physical_id]})


TYPES = {
    "AWS::EC2::FlowLog": ResourceType(
        _create,
        _update,
        _delete,
        replaces=("ResourceId", *_PROPERTIES),
        tags=True,
    ),
}
