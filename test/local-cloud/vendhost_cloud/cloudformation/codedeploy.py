"""AWS::CodeDeploy types, through the operations of this package's CodeDeploy."""

from typing import Any

from ministack.core.responses import get_account_id, get_region

from vendhost_cloud import codedeploy
from vendhost_cloud.cloudformation.request_shape import lower_camel
from vendhost_cloud.cloudformation.resource_type import (
    Created,
    Properties,
    Resource,
    ResourceType,
    never_updated,
)
from vendhost_cloud.errors import AwsError

_CAPITAL = ("Key", "Value", "Type")
"""Members of tags and tag filters: the only ones CodeDeploy's API writes with a capital."""


def _create_application(resource: Resource) -> Created:
    name = resource.name("ApplicationName", 100)
    platform = resource.properties.get("ComputePlatform", "Server")
    request = {"applicationName": name, "computePlatform": platform, **_tags(resource)}
    codedeploy.call("CreateApplication", request)
    return Created(name)


def _update_application(resource: Resource) -> Created:
    _retag(f"application:{resource.physical_id}", resource)
    return Created(resource.physical_id)


def _delete_application(physical_id: str, _: Properties) -> None:
    _unless_gone("DeleteApplication", {"applicationName": physical_id})


_GROUP_PROPERTIES = (
    "AlarmConfiguration",
    "AutoRollbackConfiguration",
    "AutoScalingGroups",
    "BlueGreenDeploymentConfiguration",
    "DeploymentConfigName",
    "DeploymentStyle",
    "Ec2TagFilters",
    "LoadBalancerInfo",
    "OnPremisesInstanceTagFilters",
    "OutdatedInstancesStrategy",
    "ServiceRoleArn",
    "TriggerConfigurations",
    "TerminationHookEnabled",
)
_GROUP_DEFAULTS: dict[str, Any] = {
    "alarmConfiguration": {"enabled": False, "alarms": []},
    "autoRollbackConfiguration": {"enabled": False},
    "autoScalingGroups": [],
    "deploymentConfigName": "CodeDeployDefault.OneAtATime",
    "ec2TagFilters": [],
    "onPremisesInstanceTagFilters": [],
    "triggerConfigurations": [],
}
"""Sent for a property that was removed from the template: UpdateDeploymentGroup keeps what a request leaves out."""


def _group_request(resource: Resource) -> dict[str, Any]:
    for unsupported in ("Deployment", "ECSServices"):
        if unsupported in resource.properties:
            raise ValueError(f"the local cloud does not support {unsupported} in AWS::CodeDeploy::DeploymentGroup")
    request: dict[str, Any] = lower_camel(resource.pick(*_GROUP_PROPERTIES), keep=_CAPITAL)
    for name, group, member in (
        ("Ec2TagSet", "Ec2TagSetList", "Ec2TagGroup"),
        ("OnPremisesTagSet", "OnPremisesTagSetList", "OnPremisesTagGroup"),
    ):
        if name in resource.properties:
            groups = [entry[member] for entry in resource.properties[name].get(group, [])]
            request[name[0].lower() + name[1:]] = {group[0].lower() + group[1:]: groups}
    return {"applicationName": resource.properties["ApplicationName"], **request}


def _create_group(resource: Resource) -> Created:
    name = resource.name("DeploymentGroupName", 100)
    request = {**_group_request(resource), "deploymentGroupName": name, **_tags(resource)}
    answer = codedeploy.call("CreateDeploymentGroup", request)
    return Created(name, {"Id": str(answer.get("deploymentGroupId", ""))})


def _update_group(resource: Resource) -> Created:
    request = {**_GROUP_DEFAULTS, **_group_request(resource), "currentDeploymentGroupName": resource.physical_id}
    codedeploy.call("UpdateDeploymentGroup", request)
    application = resource.properties["ApplicationName"]
    _retag(f"deploymentgroup:{application}/{resource.physical_id}", resource)
    key = {"applicationName": application, "deploymentGroupName": resource.physical_id}
    group = codedeploy.call("GetDeploymentGroup", key)["deploymentGroupInfo"]
    return Created(resource.physical_id, {"Id": str(group.get("deploymentGroupId", ""))})


def _delete_group(physical_id: str, properties: Properties) -> None:
    key = {"applicationName": properties["ApplicationName"], "deploymentGroupName": physical_id}
    _unless_gone("DeleteDeploymentGroup", key)


def _create_config(resource: Resource) -> Created:
    name = resource.name("DeploymentConfigName", 100)
    wanted = resource.pick("ComputePlatform", "MinimumHealthyHosts", "TrafficRoutingConfig", "ZonalConfig")
    codedeploy.call("CreateDeploymentConfig", {"deploymentConfigName": name, **lower_camel(wanted)})
    return Created(name)


def _delete_config(physical_id: str, _: Properties) -> None:
    _unless_gone("DeleteDeploymentConfig", {"deploymentConfigName": physical_id})


def _tags(resource: Resource) -> dict[str, Any]:
    return {"tags": resource.properties["Tags"]} if resource.properties.get("Tags") else {}


def _retag(kind_and_name: str, resource: Resource) -> None:
    arn = f"arn:aws:codedeploy:{get_region()}:{get_account_id()}:{kind_and_name}"
    before, after = resource.previous.get("Tags") or [], resource.properties.get("Tags") or []
    gone = {tag["Key"] for tag in before} - {tag["Key"] for tag in after}
    if gone:
        codedeploy.call("UntagResource", {"ResourceArn": arn, "TagKeys": sorted(gone)})
    if after and after != before:
        codedeploy.call("TagResource", {"ResourceArn": arn, "Tags": after})


def _unless_gone(operation: str, request: dict[str, Any]) -> None:
    try:
        codedeploy.call(operation, request)
    except AwsError as error:
        if not error.code.endswith("DoesNotExistException"):
            raise


TYPES = {
    "AWS::CodeDeploy::Application": ResourceType(
        _create_application,
        _update_application,
        _delete_application,
        replaces=("ApplicationName", "ComputePlatform"),
        custom_name="ApplicationName",
        tags=True,
        waits=True,
    ),
    "AWS::CodeDeploy::DeploymentGroup": ResourceType(
        _create_group,
        _update_group,
        _delete_group,
        replaces=("ApplicationName", "DeploymentGroupName"),
        custom_name="DeploymentGroupName",
        tags=True,
        waits=True,
    ),
    "AWS::CodeDeploy::DeploymentConfig": ResourceType(
        _create_config,
        never_updated,
        _delete_config,
        replaces=(
            "DeploymentConfigName",
            "ComputePlatform",
            "MinimumHealthyHosts",
            "TrafficRoutingConfig",
            "ZonalConfig",
        ),
        custom_name="DeploymentConfigName",
        waits=True,
    ),
}
