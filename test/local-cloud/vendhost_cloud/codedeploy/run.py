"""Running a deployment: the next instance, when it has failed, and the rollback."""

import logging
import threading
import time

from ministack.core.concurrency import spawn_background
from ministack.core.responses import request_scope

from vendhost_cloud.codedeploy import (
    alarms,
    configs,
    deployments,
    fleet,
    groups,
    hooks,
    instance,
    store,
    targets,
    traffic,
)
from vendhost_cloud.codedeploy.store import Document
from vendhost_cloud.errors import AwsError
from vendhost_cloud.roles import Role

POLL_SECONDS = 0.1
HEALTH = (
    "The overall deployment failed because too many individual instances failed deployment, too few healthy "
    "instances are available for deployment, or some instances in your deployment group are experiencing problems."
)
TOO_FEW = (
    "The deployment can't start because the minimum number of healthy instances, as defined by your deployment "
    "configuration, are not available. You can reduce the required number of healthy instances by updating your "
    "deployment configuration or increase the number of instances in this deployment group."
)
NOBODY = (
    "The deployment failed because no instances were found for your deployment group. Check your deployment group "
    "settings to make sure the tags for your Amazon EC2 instances or Auto Scaling groups correctly identify the "
    "instances you want to deploy to, and then try again."
)
ALARM = (
    "One or more alarms have been activated according to the Amazon CloudWatch metrics you selected, and the "
    "affected deployments have been stopped. Activated alarms: "
)
log = logging.getLogger("vendhost")


def begin(deployment: Document, account: str, region: str) -> None:
    """Run a deployment in the background."""
    spawn_background(_run, deployment, account, region, thread_name=deployment["deploymentId"])


def _run(deployment: Document, account: str, region: str) -> None:
    with request_scope(account, region):
        try:
            status, error = _deploy(deployment)
        except Exception as bug:
            log.exception("deployment %s", deployment["deploymentId"])
            status, error = "Failed", {"code": "INTERNAL_ERROR", "message": f"{type(bug).__name__}: {bug}"}
        with store.lock:
            _finish(deployment, status, error)


def _deploy(deployment: Document) -> tuple[str, Document | None]:
    """The deployment's outcome and, when it failed, why."""
    group = deployment["_group"]
    deployment.update(status="InProgress", startTime=time.time())
    try:
        _require_permissions(group)
    except AwsError as error:
        code = "IAM_ROLE_PERMISSIONS" if error.code == "AccessDenied" else "ELASTIC_LOAD_BALANCING_INVALID"
        return "Failed", {"code": code, "message": error.message}
    ids = deployment["_only"] or fleet.instances(group)
    if not ids:
        return "Failed", {"code": "NO_INSTANCES", "message": NOBODY}
    has_traffic = bool(groups.target_groups(group))
    deployment["_targets"] = {one: targets.new(deployment, one, traffic=has_traffic) for one in ids}
    allowed = configs.most_unavailable(deployment["deploymentConfigName"], len(ids))
    if deployment["_only"]:
        allowed = len(ids)
    if allowed < 1:
        _skip_rest(deployment)
        return "Failed", {"code": "HEALTH_CONSTRAINTS_INVALID", "message": TOO_FEW}
    _work_through(deployment, allowed)
    _skip_rest(deployment)
    statuses = [target["status"] for target in deployment["_targets"].values()]
    if deployment["_alarms"]:
        return "Stopped", {"code": "ALARM_ACTIVE", "message": ALARM + ", ".join(deployment["_alarms"])}
    if deployment["_stop"].is_set():
        return "Stopped", {"code": "MANUAL_STOP", "message": "The deployment was stopped by the user."}
    if "Succeeded" in statuses and len(ids) - statuses.count("Succeeded") <= allowed and "Skipped" not in statuses:
        return "Succeeded", None
    return "Failed", {"code": "HEALTH_CONSTRAINTS", "message": HEALTH}


def _require_permissions(group: Document) -> None:
    """What CodeDeploy does with the group's service role."""
    role = Role(group["serviceRoleArn"], hooks.SERVICE)
    if group["autoScalingGroups"]:
        role.require("autoscaling:DescribeAutoScalingGroups", "*")
    if group.get("ec2TagFilters") or group.get("ec2TagSet"):
        role.require("ec2:DescribeInstances", "*")
    if (group.get("alarmConfiguration") or {}).get("enabled"):
        role.require("cloudwatch:DescribeAlarms", "*")
    for arn in traffic.arns(groups.target_groups(group)):
        for operation in ("DescribeTargetGroups", "DescribeTargetHealth"):
            role.require(f"elasticloadbalancing:{operation}", "*")
        for operation in ("RegisterTargets", "DeregisterTargets"):
            role.require(f"elasticloadbalancing:{operation}", arn)


def _work_through(deployment: Document, allowed: int) -> None:
    """Deploy to as many instances at once as may be out of service; failed ones count."""
    waiting = list(deployment["_targets"].values())
    threads: list[threading.Thread] = []
    while True:
        # In this order: whoever fails between the two counts is counted in both, not in none.
        running = [thread for thread in threads if thread.is_alive()]
        failed = [one for one in deployment["_targets"].values() if one["status"] == "Failed"]
        room = allowed - len(failed) - len(running)
        may_start = room > 0 and not deployment["_stop"].is_set()
        if not running and not (waiting and may_start):
            return
        alarms.check(deployment)
        for target in waiting[: room if may_start else 0]:
            waiting.remove(target)
            threads.append(spawn_background(instance.deploy, deployment, target, thread_name=target["targetId"]))
        time.sleep(POLL_SECONDS)


def _skip_rest(deployment: Document) -> None:
    for target in deployment["_targets"].values():
        if target["status"] == "Pending":
            targets.skip(target)


def _finish(deployment: Document, status: str, error: Document | None) -> None:
    group = deployment["_group"]
    deployment.update(status=status, errorInformation=error, completeTime=time.time())
    if group.get("lastAttemptedDeployment", {}).get("deploymentId") == deployment["deploymentId"]:
        group["lastAttemptedDeployment"] = deployments.summary(deployment)
    if status == "Succeeded" and deployment["creator"] != "autoscaling":
        group["lastSuccessfulDeployment"] = deployments.summary(deployment)
        group["targetRevision"] = deployment["revision"]
    elif _rolls_back(deployment, status):
        _roll_back(deployment)


def _rolls_back(deployment: Document, status: str) -> bool:
    if deployment["creator"] != "user" or not _group_exists(deployment):
        return False
    configured = deployment.get("autoRollbackConfiguration") or {}
    events = configured.get("events") or [] if configured.get("enabled") else []
    if status == "Failed":
        return "DEPLOYMENT_FAILURE" in events
    if status == "Stopped" and deployment["_alarms"]:
        return "DEPLOYMENT_STOP_ON_ALARM" in events
    if status == "Stopped":
        asked = deployment["_rollback_on_stop"]
        return bool(asked) if asked is not None else "DEPLOYMENT_STOP_ON_REQUEST" in events
    return False


def _group_exists(deployment: Document) -> bool:
    key = (deployment["applicationName"], deployment["deploymentGroupName"])
    return store.groups.get(key) is deployment["_group"]


def _roll_back(deployment: Document) -> None:
    """Deploy the last revision that succeeded in the group, as a deployment of its own."""
    group, failed = deployment["_group"], deployment["deploymentId"]
    last = group.get("targetRevision")
    if last is None:
        deployment["rollbackInfo"] = {
            "rollbackMessage": "The deployment cannot be rolled back: the deployment group has no revision that was "
            "deployed successfully."
        }
        return
    message = (
        f"Deployment {failed} was stopped or failed. The last successful revision of the deployment group is "
        "deployed again."
    )
    rollback = deployments.start(
        group,
        last,
        creator="codeDeployRollback",
        config=deployment["deploymentConfigName"],
        behaviour=deployment["fileExistsBehavior"],
        rollback_info={"rollbackTriggeringDeploymentId": failed, "rollbackMessage": message},
    )
    deployment["rollbackInfo"] = {"rollbackDeploymentId": rollback["deploymentId"], "rollbackMessage": message}
