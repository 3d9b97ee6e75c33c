"""Deployment groups: which instances, behind which load balancer, under which configuration."""

import re
import uuid
from typing import Any

from vendhost_cloud.codedeploy import applications, arns, configs, fleet, hooks, store
from vendhost_cloud.codedeploy.store import Document
from vendhost_cloud.errors import AwsError, Unsupported
from vendhost_cloud.json_service import page
from vendhost_cloud.roles import Role

SETTINGS = (
    "deploymentConfigName",
    "ec2TagFilters",
    "ec2TagSet",
    "autoScalingGroups",
    "serviceRoleArn",
    "autoRollbackConfiguration",
    "alarmConfiguration",
    "outdatedInstancesStrategy",
    "deploymentStyle",
    "loadBalancerInfo",
)
REFUSED = (
    "onPremisesInstanceTagFilters",
    "onPremisesTagSet",
    "blueGreenDeploymentConfiguration",
    "ecsServices",
    "triggerConfigurations",
    "terminationHookEnabled",
)
DEFAULTS: Document = {
    "deploymentConfigName": configs.DEFAULT,
    "deploymentStyle": {
        "deploymentType": "IN_PLACE",
        "deploymentOption": "WITHOUT_TRAFFIC_CONTROL",
    },
    "outdatedInstancesStrategy": "UPDATE",
}


def create(request: Document) -> Document:
    application, name = request["applicationName"], request["deploymentGroupName"]
    store.application(application)
    if not re.fullmatch(r"[A-Za-z0-9+=,.@_-]{1,100}", name):
        raise AwsError("InvalidDeploymentGroupNameException", f"not a deployment group name: {name}")
    settings = _settings({**DEFAULTS, **request})
    with store.lock:
        if (application, name) in store.groups:
            raise AwsError(
                "DeploymentGroupAlreadyExistsException",
                f"Deployment group name already exists in the application: {name}",
            )
        hooks.keep(Role(settings["serviceRoleArn"], hooks.SERVICE), settings["autoScalingGroups"], [])
        store.groups[(application, name)] = {
            "applicationName": application,
            "deploymentGroupId": str(uuid.uuid4()),
            "deploymentGroupName": name,
            "computePlatform": "Server",
            **settings,
            "_launches": {},
        }
    store.tags[arns.group(application, name)] = {tag["Key"]: tag.get("Value", "") for tag in request.get("tags") or []}
    return {"deploymentGroupId": store.groups[(application, name)]["deploymentGroupId"]}


def update(request: Document) -> Document:
    application = request["applicationName"]
    old = request["currentDeploymentGroupName"]
    new = request.get("newDeploymentGroupName") or old
    found = store.group(application, old)
    settings = _settings({**{key: found.get(key) for key in SETTINGS}, **request})
    with store.lock:
        if new != old and (application, new) in store.groups:
            raise AwsError(
                "DeploymentGroupAlreadyExistsException",
                f"Deployment group name already exists in the application: {new}",
            )
        role = Role(settings["serviceRoleArn"], hooks.SERVICE)
        hooks.keep(role, settings["autoScalingGroups"], found["autoScalingGroups"])
        found.update(settings, deploymentGroupName=new)
        if new != old:
            store.groups[(application, new)] = store.groups.pop((application, old))
            store.tags[arns.group(application, new)] = store.tags.pop(arns.group(application, old), {})
    return {"hooksNotCleanedUp": []}


def get(request: Document) -> Document:
    found = store.group(request["applicationName"], request["deploymentGroupName"])
    return {"deploymentGroupInfo": _shown(found)}


def batch_get(request: Document) -> Document:
    application = request["applicationName"]
    store.application(application)
    found = [store.groups.get((application, name)) for name in request["deploymentGroupNames"]]
    return {"deploymentGroupsInfo": [_shown(group) for group in found if group]}


def delete(request: Document) -> Document:
    """Deleting a group that does not exist succeeds, as on AWS."""
    with store.lock:
        left = applications.drop_group((request["applicationName"], request["deploymentGroupName"]))
    return {"hooksNotCleanedUp": left}


def list_names(request: Document) -> Document:
    application = request["applicationName"]
    store.application(application)
    found = [name for owner, name in store.groups if owner == application]
    names, token = page(found, request, 100)
    return {"applicationName": application, "deploymentGroups": names, "nextToken": token}


def target_groups(group: Document) -> list[str]:
    """Names of the target groups that a deployment deregisters instances from and registers them with again."""
    if group["deploymentStyle"].get("deploymentOption") != "WITH_TRAFFIC_CONTROL":
        return []
    listed = (group.get("loadBalancerInfo") or {}).get("targetGroupInfoList") or []
    return [one["name"] for one in listed]


def _settings(request: Document) -> Document:
    for member in REFUSED:
        if request.get(member):
            raise Unsupported(f"deployment groups with {member}")
    settings: Document = {key: request[key] for key in SETTINGS if request.get(key) is not None}
    if not re.fullmatch(r"arn:aws:iam::\d{12}:role/.+", settings.get("serviceRoleArn", "")):
        raise AwsError("InvalidRoleException", f"not the ARN of a role: {settings.get('serviceRoleArn')}")
    if not Role(settings["serviceRoleArn"], hooks.SERVICE).assumable():
        raise AwsError(
            "InvalidRoleException",
            f"AWS CodeDeploy does not have the permissions required to assume the role {settings['serviceRoleArn']}.",
        )
    configs.find(settings["deploymentConfigName"])
    if settings["deploymentStyle"].get("deploymentType", "IN_PLACE") != "IN_PLACE":
        raise Unsupported("blue/green deployments")
    _check_load_balancer(settings)
    _check_rollback(settings.get("autoRollbackConfiguration") or {})
    settings["autoScalingGroups"] = _auto_scaling_groups(settings.get("autoScalingGroups") or [])
    return settings


def _check_load_balancer(settings: Document) -> None:
    given = settings.get("loadBalancerInfo") or {}
    for member in ("elbInfoList", "targetGroupPairInfoList"):
        if given.get(member):
            raise Unsupported(f"deployment groups with loadBalancerInfo.{member}")
    if settings["deploymentStyle"].get("deploymentOption") == "WITH_TRAFFIC_CONTROL" and not given.get(
        "targetGroupInfoList"
    ):
        raise AwsError(
            "InvalidLoadBalancerInfoException",
            "WITH_TRAFFIC_CONTROL needs loadBalancerInfo with a targetGroupInfoList",
        )


def _check_rollback(given: Document) -> None:
    if given.get("enabled") and not given.get("events"):
        raise AwsError("InvalidAutoRollbackConfigException", "an enabled automatic rollback needs events")


def _auto_scaling_groups(given: list[Any]) -> list[Document]:
    names = [one["name"] if isinstance(one, dict) else one for one in given]
    missing = set(names) - fleet.existing_groups(names)
    if missing:
        raise AwsError("InvalidAutoScalingGroupException", f"no Auto Scaling group: {', '.join(sorted(missing))}")
    return [hooks.named(name) for name in names]


def _shown(group: Document) -> Document:
    return {"ec2TagFilters": [], "triggerConfigurations": [], **group}
