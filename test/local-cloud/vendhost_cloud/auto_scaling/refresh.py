"""Instance refreshes that really replace instances, and wait until new ones are healthy.

A new instance gets at most PATIENCE_SECONDS to become healthy (an hour on AWS), and a warm-up lasts at most
WARM_UP_SECONDS. https://docs.aws.amazon.com/autoscaling/ec2/userguide/instance-refresh-overview.html
"""

import math
import time
import uuid

from ministack.services.cloudformation import provisioners

from vendhost_cloud.auto_scaling import members
from vendhost_cloud.auto_scaling.members import Group, Member
from vendhost_cloud.ec2.store import now
from vendhost_cloud.errors import AwsError
from vendhost_cloud.query_service import Body

PATIENCE_SECONDS = 60.0
WARM_UP_SECONDS = 1.0

_ACTIVE = ("Pending", "InProgress", "Cancelling", "RollbackInProgress")
_PREFERENCES = {
    "MinHealthyPercentage",
    "MaxHealthyPercentage",
    "InstanceWarmup",
    "SkipMatching",
    "AutoRollback",
    "ScaleInProtectedInstances",
    "StandbyInstances",
}


def active(group: Group) -> Body | None:
    """The refresh that is under way."""
    return next((one for one in group.get("InstanceRefreshes", []) if one["Status"] in _ACTIVE), None)


def start(group: Group, request: Body) -> Body:
    """Start a refresh."""
    if active(group):
        raise AwsError(
            "InstanceRefreshInProgress",
            "An Instance Refresh is already in progress and blocks the execution of this Instance Refresh.",
        )
    preferences = request.get("Preferences") or {}
    foreign = set(preferences) - _PREFERENCES
    if foreign:
        raise AwsError(
            "ValidationError", f"the local cloud does not honour the preferences {', '.join(sorted(foreign))}"
        )
    least, most = int(preferences.get("MinHealthyPercentage", 90)), int(preferences.get("MaxHealthyPercentage", 100))
    if not 0 <= least <= 100 or not 100 <= most <= 200 or most - least > 100:
        raise AwsError(
            "ValidationError", f"MinHealthyPercentage {least} and MaxHealthyPercentage {most} cannot be combined"
        )
    configuration = request.get("DesiredConfiguration") or {}
    if set(configuration) - {"LaunchTemplate"}:
        raise AwsError("ValidationError", "the local cloud supports only a LaunchTemplate in DesiredConfiguration")
    before = group["LaunchTemplate"]
    wanted = provisioners._asg_launch_template(configuration["LaunchTemplate"]) if configuration else before
    if preferences.get("AutoRollback") and not configuration:
        raise AwsError("ValidationError", "AutoRollback needs a DesiredConfiguration")
    if preferences.get("AutoRollback") and not (_is_numbered(before) and _is_numbered(wanted)):
        raise AwsError(
            "ValidationError", "AutoRollback needs a launch template version that is a number, not $Latest or $Default"
        )
    target = members.resolved(wanted)
    skip = bool(preferences.get("SkipMatching", False))
    old = [one["InstanceId"] for one in members.living(group) if not (skip and one["LaunchTemplate"] == target)]
    record: Body = {
        "InstanceRefreshId": str(uuid.uuid4()),
        "AutoScalingGroupName": group["AutoScalingGroupName"],
        "Status": "Pending",
        "StatusReason": "",
        "StartTime": now(),
        "PercentageComplete": 0,
        "InstancesToUpdate": len(old),
        "Preferences": {
            **preferences,
            "MinHealthyPercentage": least,
            "MaxHealthyPercentage": most,
            "SkipMatching": skip,
        },
        **({"DesiredConfiguration": {"LaunchTemplate": target}} if configuration else {}),
        "_Old": old,
        "_Total": len(old),
        "_Wanted": wanted,
        "_Before": members.resolved(before),
        "_Failures": group.get("_Failures", 0),
    }
    group["_Wanted"] = wanted
    group.setdefault("InstanceRefreshes", []).insert(0, record)
    return record


def cancel(group: Group) -> Body:
    """Stop replacing instances; those replaced already are kept."""
    record = active(group)
    if record is None:
        raise AwsError(
            "ActiveInstanceRefreshNotFound",
            "No in progress or pending Instance Refresh found for Auto Scaling group " + group["AutoScalingGroupName"],
        )
    record.update(Status="Cancelling", StatusReason="Cancelled by user")
    return record


def roll_back(group: Group) -> Body:
    """Replace the new instances with instances of the previous configuration."""
    record = active(group)
    if record is None:
        raise AwsError(
            "ActiveInstanceRefreshNotFound",
            "No in progress or pending Instance Refresh found for Auto Scaling group " + group["AutoScalingGroupName"],
        )
    if "DesiredConfiguration" not in record or not _is_numbered(group["LaunchTemplate"]):
        # https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_RollbackInstanceRefresh.html
        raise AwsError(
            "IrreversibleInstanceRefresh",
            "The instance refresh cannot be rolled back: it needs a desired configuration, and the group a launch "
            "template version that is a number",
        )
    _roll_back(group, record, "Rollback requested by user")
    return record


def _is_numbered(template: Body) -> bool:
    return not str(template.get("Version") or "$Default").startswith("$")


def step(group: Group) -> int:
    """Advance the group's refresh; how many instances above the desired capacity it needs now."""
    record = active(group)
    if record is None:
        return 0
    if record["Status"] == "Cancelling":
        _end(group, record, "Cancelled", record["StatusReason"])
        return 0
    if record["Status"] == "Pending":
        record["Status"] = "InProgress"
    present = {one["InstanceId"]: one for one in members.living(group)}
    old = [present[one] for one in record["_Old"] if one in present]
    new = [one for one in present.values() if one["InstanceId"] not in record["_Old"]]
    problem = _problem(group, record, new)
    if problem:
        _fail(group, record, problem)
        return 0
    ready = [one for one in new if _is_ready(group, record, one)]
    # A replaced member is one that is gone and whose successor is ready.
    waiting = max(0, group["DesiredCapacity"] - len(old) - len(ready))
    left = min(record["_Total"], len(old) + waiting)
    record["InstancesToUpdate"] = left
    record["PercentageComplete"] = (
        100 if not record["_Total"] else int(100 * (record["_Total"] - left) / record["_Total"])
    )
    if left == 0:
        _end(
            group,
            record,
            "RollbackSuccessful" if record["Status"] == "RollbackInProgress" else "Successful",
            record["StatusReason"],
        )
        return 0
    return _replace(group, record, old, len(new), len(ready))


def _replace(group: Group, record: Body, old: list[Member], new: int, ready: int) -> int:
    """Terminate as many old instances as the percentages allow; the extra capacity needed."""
    desired = group["DesiredCapacity"]
    preferences = record["Preferences"]
    extra = math.floor(desired * (preferences["MaxHealthyPercentage"] - 100) / 100)
    if preferences["MaxHealthyPercentage"] > 100:
        extra = max(extra, 1)
    least = math.ceil(desired * preferences["MinHealthyPercentage"] / 100)
    if extra == 0:
        # If the group may not grow, AWS replaces one instance at a time, below the desired capacity.
        least = min(least, desired - 1)
    healthy = ready + len(old)
    for member in old:
        if healthy - 1 < least:
            break
        members.terminate(group, member, "an instance was taken out of service in response to an instance refresh.")
        healthy -= 1
    return min(int(extra), sum(1 for one in old if one["LifecycleState"] != "Terminating"))


def _is_ready(group: Group, record: Body, member: Member) -> bool:
    warm_up = min(float(record["Preferences"].get("InstanceWarmup", 0)), WARM_UP_SECONDS)
    return members.is_well(group, member) and time.monotonic() - member["_Since"] >= warm_up


def _problem(group: Group, record: Body, new: list[Member]) -> str:
    if group.get("_Failures", 0) > record["_Failures"]:
        return "a new instance could not be launched"
    patience = min(float(group["HealthCheckGracePeriod"]), PATIENCE_SECONDS)
    for member in new:
        waited = time.monotonic() - member["_Since"]
        if member["LifecycleState"] == "InService" and not members.is_well(group, member) and waited > patience:
            return f"{member['InstanceId']} did not become healthy in {patience:.0f} s"
    if any(
        one.get("HealthStatus") == "Unhealthy" and one["InstanceId"] not in record["_Old"] for one in group["Instances"]
    ):
        return "a new instance became unhealthy"
    return ""


def _fail(group: Group, record: Body, problem: str) -> None:
    rolling_back = record["Status"] == "RollbackInProgress"
    if record["Preferences"].get("AutoRollback") and not rolling_back:
        _roll_back(group, record, problem)
        return
    _end(group, record, "RollbackFailed" if rolling_back else "Failed", problem)


def _roll_back(group: Group, record: Body, why: str) -> None:
    before = record["_Before"]
    bad = [one["InstanceId"] for one in group["Instances"] if one["LaunchTemplate"] != before]
    good = [one for one in members.living(group) if one["LaunchTemplate"] == before and members.is_well(group, one)]
    missing = max(0, group["DesiredCapacity"] - len(good))
    record.update(
        Status="RollbackInProgress",
        StatusReason=why,
        InstancesToUpdate=missing,
        PercentageComplete=0,
        _Old=bad,
        _Total=missing,
        _Failures=group.get("_Failures", 0),
    )
    group["_Wanted"] = before


def _end(group: Group, record: Body, status: str, reason: str) -> None:
    record.update(Status=status, StatusReason=reason, EndTime=now())
    if status == "Successful" and "DesiredConfiguration" in record:
        group["LaunchTemplate"] = record["_Wanted"]
    if status == "Successful":
        record.update(PercentageComplete=100, InstancesToUpdate=0)
    group.pop("_Wanted", None)
