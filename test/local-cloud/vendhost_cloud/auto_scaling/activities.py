"""What a group did and why: its scaling activities, newest first."""

import uuid
from collections import defaultdict

from vendhost_cloud.ec2.store import now
from vendhost_cloud.query_service import Body

_KEPT = 200
_activities: dict[str, list[Body]] = defaultdict(list)


def note(group: Body, description: str, cause: str, *, problem: str = "") -> None:
    """Record an activity, or one that failed because of `problem`."""
    entries = _activities[group["AutoScalingGroupARN"]]
    entries.insert(
        0,
        {
            "ActivityId": str(uuid.uuid4()),
            "AutoScalingGroupName": group["AutoScalingGroupName"],
            "AutoScalingGroupARN": group["AutoScalingGroupARN"],
            "Description": description,
            "Cause": cause,
            "StartTime": now(),
            "EndTime": now(),
            "StatusCode": "Failed" if problem else "Successful",
            "StatusMessage": problem,
            "Progress": 100,
        },
    )
    del entries[_KEPT:]


def of(group: Body) -> list[Body]:
    """The activities of a group, newest first."""
    return list(_activities[group["AutoScalingGroupARN"]])


def forget() -> None:
    _activities.clear()
