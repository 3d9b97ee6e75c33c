"""Auto Scaling groups that run: real instances from the launch template, replaced when they die, rolled on demand."""

import logging
import threading
import time
from collections.abc import Callable

from ministack.services import autoscaling, ec2

from vendhost_cloud import ec2 as our_ec2
from vendhost_cloud.auto_scaling import activities, groups, members, refresh, stacks, suspension
from vendhost_cloud.ec2.store import scoped
from vendhost_cloud.query_service import Body

_TICK_SECONDS = 0.1
_log = logging.getLogger("vendhost")


def reconcile(group: members.Group) -> None:
    """One step of a group towards its desired state."""
    members.advance(group)
    desired = group["DesiredCapacity"] + refresh.step(group)
    living = members.living(group)
    for _ in range(0 if suspension.is_suspended(group, suspension.LAUNCH) else desired - len(living)):
        members.launch(
            group, f"a difference between desired and actual capacity: {len(living)} of {desired} instances."
        )
    if not refresh.active(group):
        for member in _superfluous(group, living, len(living) - desired):
            members.terminate(
                group,
                member,
                "an instance was taken out of service in response to a difference between desired and actual capacity.",
            )
    members.sync_targets(group)


def _superfluous(group: members.Group, living: list[members.Member], count: int) -> list[members.Member]:
    """Which members to terminate first: those of older templates, then older ones."""
    if count <= 0:
        return []
    current = members.resolved(group["LaunchTemplate"]) if group["LaunchTemplate"] else {}
    free = [one for one in living if not one["ProtectedFromScaleIn"]]
    return sorted(free, key=lambda one: (one["LaunchTemplate"] == current, one["_Since"]))[:count]


def _run() -> None:
    while True:
        our_ec2.notice_deaths()
        for (account, region, _), group in autoscaling._asgs.all_items():
            try:
                with scoped(account, region):
                    reconcile(group)
            except Exception:
                _log.exception("auto scaling group %s", group["AutoScalingGroupName"])
        time.sleep(_TICK_SECONDS)


def _no_phantoms(group: Body) -> None:
    """ministack fills groups with fake instances; here the loop launches real ones."""


def _groups_first(forget: Callable[[], None]) -> Callable[[], None]:
    def reset() -> None:
        # Otherwise the loop would replace the instances that reset removes.
        autoscaling._asgs.clear()
        forget()

    return reset


def register() -> None:
    """Replace ministack's actions and start the loop that keeps groups at their size."""
    autoscaling._reconcile_instances = _no_phantoms
    groups.register()
    stacks.register()
    forget = autoscaling.reset

    def reset() -> None:
        activities.forget()
        forget()

    autoscaling.reset = reset
    ec2.reset = _groups_first(ec2.reset)
    threading.Thread(target=_run, name="auto scaling", daemon=True).start()
