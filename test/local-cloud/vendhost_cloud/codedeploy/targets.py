"""Deployment targets: one instance in one deployment."""

import time

from vendhost_cloud.codedeploy import arns, store
from vendhost_cloud.codedeploy.store import Document
from vendhost_cloud.errors import AwsError, Unsupported
from vendhost_cloud.json_service import page

TRAFFIC_AWAY = ("BeforeBlockTraffic", "BlockTraffic", "AfterBlockTraffic")
ALWAYS = (
    "ApplicationStop",
    "DownloadBundle",
    "BeforeInstall",
    "Install",
    "AfterInstall",
    "ApplicationStart",
    "ValidateService",
)
TRAFFIC_BACK = ("BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic")


def new(deployment: Document, instance_id: str, *, traffic: bool) -> Document:
    events = (*TRAFFIC_AWAY, *ALWAYS, *TRAFFIC_BACK) if traffic else ALWAYS
    return {
        "deploymentId": deployment["deploymentId"],
        "targetId": instance_id,
        "targetArn": arns.target(deployment["deploymentId"], instance_id),
        "status": "Pending",
        "lastUpdatedAt": time.time(),
        "lifecycleEvents": [{"lifecycleEventName": name, "status": "Pending"} for name in events],
    }


def skip(target: Document) -> None:
    """The target will not be deployed to."""
    for event in target["lifecycleEvents"]:
        if event["status"] == "Pending":
            event["status"] = "Skipped"
    if target["status"] == "Pending":
        target["status"] = "Skipped"
    target["lastUpdatedAt"] = time.time()


def list_ids(request: Document) -> Document:
    deployment = _deployment(request)
    if deployment["status"] in ("Created", "Queued"):
        raise AwsError("DeploymentNotStartedException", f"The deployment {deployment['deploymentId']} has not started")
    filters = request.get("targetFilters") or {}
    if set(filters) - {"TargetStatus"}:
        raise Unsupported(f"codedeploy:ListDeploymentTargets filtered by {sorted(filters)}")
    wanted = filters.get("TargetStatus")
    found = [one["targetId"] for one in deployment["_targets"].values() if not wanted or one["status"] in wanted]
    ids, token = page(found, request, 100)
    return {"targetIds": ids, "nextToken": token}


def get(request: Document) -> Document:
    if not request.get("targetId"):
        raise AwsError("DeploymentTargetIdRequiredException", "targetId is required")
    return {"deploymentTarget": _shown(_deployment(request), request["targetId"])}


def batch_get(request: Document) -> Document:
    deployment = _deployment(request)
    ids = request.get("targetIds") or []
    if not ids:
        raise AwsError("DeploymentTargetIdRequiredException", "targetIds is required")
    if len(ids) > 25:
        raise AwsError("DeploymentTargetListSizeExceededException", "at most 25 targets at a time")
    return {"deploymentTargets": [_shown(deployment, one) for one in ids]}


def _deployment(request: Document) -> Document:
    if not request.get("deploymentId"):
        raise AwsError("DeploymentIdRequiredException", "deploymentId is required")
    return store.deployment(request["deploymentId"])


def _shown(deployment: Document, target_id: str) -> Document:
    found = deployment["_targets"].get(target_id)
    if found is None:
        raise AwsError(
            "DeploymentTargetDoesNotExistException",
            f"the deployment {deployment['deploymentId']} has no target {target_id}",
        )
    return {"deploymentTargetType": "InstanceTarget", "instanceTarget": found}
