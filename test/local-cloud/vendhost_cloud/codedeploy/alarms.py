"""Alarms that stop a deployment.

https://docs.aws.amazon.com/codedeploy/latest/userguide/monitoring-create-alarms.html
"""

from .. import calls
from ..errors import AwsError
from .store import Document


def check(deployment: Document) -> None:
    """Stop the deployment when an alarm of its group is in alarm."""
    given = deployment["_group"].get("alarmConfiguration") or {}
    names = [one["name"] for one in given.get("alarms") or []]
    if not given.get("enabled") or not names or deployment["_stop"].is_set():
        return
    request = {f"AlarmNames.member.{number}": name for number, name in enumerate(names, start=1)}
    request |= {"StateValue": "ALARM", "AlarmTypes.member.1": "MetricAlarm", "AlarmTypes.member.2": "CompositeAlarm"}
    try:
        root = calls.query("monitoring", "DescribeAlarms", request)
    except AwsError:
        if given.get("ignorePollAlarmFailure"):
            return
        raise
    active = calls.texts(root, ".//member/AlarmName")
    if active:
        deployment["_alarms"] = active
        deployment["_stop"].set()
