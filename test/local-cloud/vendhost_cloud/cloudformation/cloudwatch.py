"""AWS::CloudWatch::CompositeAlarm, and alarms on expressions, which are kept and described but never go off."""

from collections.abc import Callable
from typing import Any

from ministack.services.cloudformation import provisioners

from vendhost_cloud.cloudformation.resource_type import Created, Properties, Resource, ResourceType, truth
from vendhost_cloud.service_api import call, call_unless_gone

# What an alarm on an expression cannot have, and where it has it instead
# (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html).
_OF_ONE_METRIC = ("MetricName", "Namespace", "Dimensions", "Period", "Unit", "Statistic", "ExtendedStatistic")


def register_operations() -> None:
    """Metrics of an alarm, which ministack refuses."""
    record: Callable[[str, Properties], dict[str, Any]] = provisioners._cw_metric_alarm_record

    def alarm_record(name: str, properties: Properties) -> dict[str, Any]:
        metrics = properties.get("Metrics")
        if not metrics:
            return record(name, properties)
        others = [key for key in _OF_ONE_METRIC if key in properties]
        if others:
            raise ValueError(f"Metrics list cannot be used together with {', '.join(others)}")
        if [truth(each.get("ReturnData", True)) for each in metrics].count(True) != 1:
            raise ValueError("Exactly one element of the metrics list should return data")
        own = {key: value for key, value in properties.items() if key != "Metrics"}
        alarm = record(name, {**own, "MetricName": "none", "Namespace": "none"})
        return {**alarm, **dict.fromkeys(_OF_ONE_METRIC), "Dimensions": [], "Metrics": metrics}

    provisioners._cw_metric_alarm_record = alarm_record


_COPIED = (
    "AlarmRule",
    "AlarmDescription",
    "AlarmActions",
    "OKActions",
    "InsufficientDataActions",
    "ActionsSuppressor",
    "ActionsSuppressorWaitPeriod",
    "ActionsSuppressorExtensionPeriod",
)


def _create(resource: Resource) -> Created:
    return _put(resource.name("AlarmName", 255), resource, tag=True)


def _update(resource: Resource) -> Created:
    updated = _put(resource.physical_id, resource, tag=False)
    arn = updated.attributes["Arn"]
    before, after = _own_tags(resource.previous), _own_tags(resource.properties)
    gone = {tag["Key"] for tag in before} - {tag["Key"] for tag in after}
    if gone:
        call("cloudwatch", "UntagResource", {"ResourceARN": arn, "TagKeys": sorted(gone)})
    if after:
        call("cloudwatch", "TagResource", {"ResourceARN": arn, "Tags": after})
    return updated


def _put(name: str, resource: Resource, *, tag: bool) -> Created:
    request = {
        "AlarmName": name,
        "ActionsEnabled": truth(resource.properties.get("ActionsEnabled", True)),
        **resource.pick(*_COPIED),
        **({"Tags": _own_tags(resource.properties)} if tag else {}),
    }
    call("cloudwatch", "PutCompositeAlarm", request)
    alarms = call("cloudwatch", "DescribeAlarms", {"AlarmNames": [name], "AlarmTypes": ["CompositeAlarm"]})
    return Created(name, {"Arn": alarms["CompositeAlarms"][0]["AlarmArn"]})


def _own_tags(properties: Properties) -> list[dict[str, str]]:
    """CloudWatch's API refuses the aws: tags that CloudFormation adds."""
    return [tag for tag in properties.get("Tags") or [] if not tag["Key"].startswith("aws:")]


def _delete(physical_id: str, _: Properties) -> None:
    call_unless_gone("cloudwatch", "DeleteAlarms", {"AlarmNames": [physical_id]})


TYPES = {
    "AWS::CloudWatch::CompositeAlarm": ResourceType(
        _create, _update, _delete, replaces=("AlarmName",), custom_name="AlarmName", tags=True
    ),
}
