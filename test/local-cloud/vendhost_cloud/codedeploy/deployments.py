"""Deployments: created, shown, listed, stopped. What they do is in run.py."""

import threading
import time
from typing import Any

from ministack.core.responses import get_account_id, get_region

from vendhost_cloud.codedeploy import applications, configs, store
from vendhost_cloud.codedeploy.store import COMPLETED, Document
from vendhost_cloud.errors import AwsError, Unsupported
from vendhost_cloud.json_service import page

REFUSED = ("targetInstances", "updateOutdatedInstancesOnly", "overrideAlarmConfiguration", "deploymentMode")


def create(request: Document) -> Document:
    """CreateDeployment: validates the request, then starts the deployment."""
    for member in REFUSED:
        if request.get(member):
            raise Unsupported(f"codedeploy:CreateDeployment with {member}")
    application = store.application(request["applicationName"])
    name = request.get("deploymentGroupName")
    if not name:
        raise AwsError("DeploymentGroupNameRequiredException", "deploymentGroupName is required")
    group = store.group(application["applicationName"], name)
    if not request.get("revision"):
        raise AwsError("RevisionRequiredException", "revision is required")
    behaviour = request.get("fileExistsBehavior", "DISALLOW")
    if behaviour not in ("DISALLOW", "OVERWRITE", "RETAIN"):
        raise AwsError("InvalidFileExistsBehaviorException", f"no such behaviour: {behaviour}")
    with store.lock:
        busy = store.active(group)
        if busy:
            raise AwsError(
                "DeploymentLimitExceededException",
                f"The Deployment Group '{name}' already has an active Deployment '{busy['deploymentId']}'",
            )
        deployment = start(
            group,
            applications.check_revision(request["revision"]),
            creator="user",
            config=request.get("deploymentConfigName"),
            behaviour=behaviour,
            description=request.get("description"),
            ignore_stop_failures=bool(request.get("ignoreApplicationStopFailures")),
            rollback=request.get("autoRollbackConfiguration"),
        )
    return {"deploymentId": deployment["deploymentId"]}


def start(
    group: Document,
    revision: Document,
    *,
    creator: str,
    config: str | None = None,
    behaviour: str = "DISALLOW",
    description: str | None = None,
    ignore_stop_failures: bool = False,
    rollback: Document | None = None,
    rollback_info: Document | None = None,
    only: list[str] | None = None,
) -> Document:
    """Create and start a deployment; `only`: to these instances, not the whole group."""
    from vendhost_cloud.codedeploy import run

    config = config or group["deploymentConfigName"]
    configs.find(config)
    previous = group.get("targetRevision")
    deployment: Document = {
        "applicationName": group["applicationName"],
        "deploymentGroupName": group["deploymentGroupName"],
        "deploymentConfigName": config,
        "deploymentId": store.new_deployment_id(),
        "previousRevision": previous,
        "revision": revision,
        "status": "Created",
        "createTime": time.time(),
        "description": description,
        "creator": creator,
        "ignoreApplicationStopFailures": ignore_stop_failures,
        "autoRollbackConfiguration": rollback or group.get("autoRollbackConfiguration"),
        "updateOutdatedInstancesOnly": False,
        "rollbackInfo": rollback_info,
        "deploymentStyle": group["deploymentStyle"],
        "instanceTerminationWaitTimeStarted": False,
        "loadBalancerInfo": group.get("loadBalancerInfo"),
        "fileExistsBehavior": behaviour,
        "computePlatform": "Server",
        "_group": group,
        "_only": only,
        "_targets": {},
        "_stop": threading.Event(),
        "_rollback_on_stop": None,
        "_alarms": [],
    }
    application = store.application(group["applicationName"])
    applications.note_revision(application, revision, group=group["deploymentGroupName"])
    store.deployments[deployment["deploymentId"]] = deployment
    group["lastAttemptedDeployment"] = summary(deployment)
    run.begin(deployment, get_account_id(), get_region())
    return deployment


def summary(deployment: Document) -> Document:
    return {
        "deploymentId": deployment["deploymentId"],
        "status": deployment["status"],
        "createTime": deployment["createTime"],
        "endTime": deployment.get("completeTime"),
    }


def get(request: Document) -> Document:
    """A deployment that has ended shows its rollback at the same time: both are written under the lock."""
    with store.lock:
        return {"deploymentInfo": _shown(store.deployment(request["deploymentId"]))}


def batch_get(request: Document) -> Document:
    with store.lock:
        found = [store.deployments.get(one) for one in request["deploymentIds"]]
        return {"deploymentsInfo": [_shown(one) for one in found if one]}


def list_ids(request: Document) -> Document:
    """Newest first."""
    if request.get("externalId"):
        raise Unsupported("codedeploy:ListDeployments with externalId")
    application, group = request.get("applicationName"), request.get("deploymentGroupName")
    if bool(application) != bool(group):
        missing = "DeploymentGroupNameRequiredException" if application else "ApplicationNameRequiredException"
        raise AwsError(missing, "give both applicationName and deploymentGroupName, or neither")
    if application:
        store.group(str(application), str(group))
    with store.lock:
        found = [one["deploymentId"] for one in reversed(store.deployments.values()) if _listed(one, request)]
    ids, token = page(found, request, 100)
    return {"deployments": ids, "nextToken": token}


def stop(request: Document) -> Document:
    deployment = store.deployment(request["deploymentId"])
    with store.lock:
        if deployment["status"] in COMPLETED:
            raise AwsError(
                "DeploymentAlreadyCompletedException",
                f"The deployment {deployment['deploymentId']} is already completed",
            )
        deployment["_rollback_on_stop"] = request.get("autoRollbackEnabled")
        deployment["_stop"].set()
    return {
        "status": "Pending",
        "statusMessage": "Stopping deployment. No more commands will be scheduled for execution in "
        "the instances of the deployment",
    }


def _listed(deployment: Document, request: Document) -> bool:
    application = request.get("applicationName")
    if application and (application, request["deploymentGroupName"]) != (
        deployment["applicationName"],
        deployment["deploymentGroupName"],
    ):
        return False
    statuses = request.get("includeOnlyStatuses")
    if statuses and deployment["status"] not in statuses:
        return False
    times: dict[str, Any] = request.get("createTimeRange") or {}
    created = deployment["createTime"]
    return bool(times.get("start", created) <= created <= times.get("end", created))


def _shown(deployment: Document) -> Document:
    overview = dict.fromkeys(("Pending", "InProgress", "Succeeded", "Failed", "Skipped", "Ready"), 0)
    for target in deployment["_targets"].values():
        overview[target["status"]] += 1
    return {**deployment, "deploymentOverview": overview}
