"""Alarms that stop a deployment.

https://docs.aws.amazon.com/codedeploy/latest/userguide/monitoring-create-alarms.html
"""

from vendhost_cloud.codedeploy.store import Document
from vendhost_cloud.errors import AwsError
from vendhost_cloud.service_api import call


def check(deployment: Document) -> None:
    """Stop the deployment when an alarm of its group is in alarm."""
    given = deployment["_group"].get("alarmConfiguration") or {}
    names = [one["name"] for one in given.get("alarms") or []]
    if not given.get("enabled") or not names or deployment["_stop"].is_set():
        return
    request = {"AlarmNames": names, "StateValue": "ALARM", "AlarmTypes": ["MetricAlarm", "CompositeAlarm"]}
    try:
        answer = call("cloudwatch", "DescribeAlarms", request)
    except AwsError:
        if given.get("ignorePollAlarmFailure"):
            return
        raise
    kinds = ("MetricAlarms", "CompositeAlarms")
    active = [str(alarm["AlarmName"]) for kind in kinds for alarm in answer.get(kind, [])]
    if active:
        deployment["_alarms"] = active
        deployment["_stop"].set()
