"""Deployment configurations: how many instances may be out of service at once.

https://docs.aws.amazon.com/codedeploy/latest/userguide/instances-health.html
"""

import math
import time
import uuid

from vendhost_cloud.codedeploy import store
from vendhost_cloud.codedeploy.store import Document
from vendhost_cloud.errors import AwsError, Unsupported
from vendhost_cloud.json_service import page

PREFIX = "CodeDeployDefault."
DEFAULT = "CodeDeployDefault.OneAtATime"
BUILT_IN: dict[str, Document] = {
    name: {
        "deploymentConfigId": f"00000000-0000-0000-0000-00000000000{number}",
        "deploymentConfigName": name,
        "minimumHealthyHosts": hosts,
        "createTime": 1412294400.0,
        "computePlatform": "Server",
    }
    for number, (name, hosts) in enumerate(
        {
            "CodeDeployDefault.AllAtOnce": {"type": "FLEET_PERCENT", "value": 0},
            "CodeDeployDefault.HalfAtATime": {"type": "FLEET_PERCENT", "value": 50},
            DEFAULT: {"type": "MOST_CONCURRENCY", "value": 1},
        }.items(),
        start=1,
    )
}


def create(request: Document) -> Document:
    name = request["deploymentConfigName"]
    for member in ("trafficRoutingConfig", "zonalConfig"):
        if request.get(member):
            raise Unsupported(f"deployment configurations with {member}")
    if request.get("computePlatform", "Server") != "Server":
        raise Unsupported(f"the compute platform {request['computePlatform']}")
    if name.startswith(PREFIX):
        raise AwsError("InvalidDeploymentConfigNameException", f"{PREFIX} is reserved: {name}")
    if name in store.configs:
        raise AwsError("DeploymentConfigAlreadyExistsException", f"{name} already exists")
    hosts = request.get("minimumHealthyHosts") or {}
    percent = hosts.get("type") == "FLEET_PERCENT"
    if hosts.get("type") not in ("HOST_COUNT", "FLEET_PERCENT") or not (
        hosts.get("value", -1) >= 0 and (not percent or hosts["value"] < 100)
    ):
        raise AwsError(
            "InvalidMinimumHealthyHostValueException",
            "minimumHealthyHosts needs a type HOST_COUNT or FLEET_PERCENT and a value >= 0 "
            "(below 100 for a percentage)",
        )
    store.configs[name] = {
        "deploymentConfigId": str(uuid.uuid4()),
        "deploymentConfigName": name,
        "minimumHealthyHosts": hosts,
        "createTime": time.time(),
        "computePlatform": "Server",
    }
    return {"deploymentConfigId": store.configs[name]["deploymentConfigId"]}


def find(name: str) -> Document:
    found: Document | None = BUILT_IN.get(name) or store.configs.get(name)
    if found is None:
        raise AwsError("DeploymentConfigDoesNotExistException", f"No deployment configuration found: {name}")
    return found


def get(request: Document) -> Document:
    return {"deploymentConfigInfo": find(request["deploymentConfigName"])}


def list_names(request: Document) -> Document:
    names, token = page([*BUILT_IN, *store.configs], request, 100)
    return {"deploymentConfigsList": names, "nextToken": token}


def delete(request: Document) -> None:
    name = request["deploymentConfigName"]
    if name in BUILT_IN:
        raise AwsError("InvalidOperationException", f"{name} cannot be deleted")
    if any(group["deploymentConfigName"] == name for group in store.groups.values()):
        raise AwsError("DeploymentConfigInUseException", f"{name} is in use")
    store.configs.pop(name, None)


def most_unavailable(name: str, instances: int) -> int:
    """How many of `instances` may be in deployment or failed at any time.

    Fractions of a percentage are rounded in favour of the healthy ones, as AWS does.
    """
    hosts = find(name)["minimumHealthyHosts"]
    value = int(hosts["value"])
    if hosts["type"] == "MOST_CONCURRENCY":
        return value
    healthy = value if hosts["type"] == "HOST_COUNT" else math.ceil(instances * value / 100)
    return instances - healthy
