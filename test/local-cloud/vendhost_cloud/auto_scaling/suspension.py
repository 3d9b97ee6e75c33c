"""Processes of a group that somebody suspends, of which the local cloud knows Launch: no instance is started meanwhile.

https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-suspend-resume-processes.html
"""

from vendhost_cloud.auto_scaling.members import Group
from vendhost_cloud.errors import AwsError
from vendhost_cloud.query_service import Body

LAUNCH = "Launch"


def is_suspended(group: Group, process: str) -> bool:
    """Whether the group does without this process."""
    return any(one["ProcessName"] == process for one in group.get("SuspendedProcesses", []))


def suspend(group: Group, request: Body) -> None:
    """Suspend the named processes besides those that are."""
    suspended = {one["ProcessName"] for one in group.get("SuspendedProcesses", [])} | _named(request)
    _put(group, suspended)


def resume(group: Group, request: Body) -> None:
    """Go on with the named processes."""
    suspended = {one["ProcessName"] for one in group.get("SuspendedProcesses", [])} - _named(request)
    _put(group, suspended)


def _named(request: Body) -> set[str]:
    named = set(request.get("ScalingProcesses", []))
    if named != {LAUNCH}:
        raise AwsError("ValidationError", f"the local cloud suspends only {LAUNCH}, not {', '.join(sorted(named))}")
    return named


def _put(group: Group, processes: set[str]) -> None:
    reason = "User suspended"
    group["SuspendedProcesses"] = [{"ProcessName": one, "SuspensionReason": reason} for one in sorted(processes)]
