"""Metrics that services write of themselves, and the alarms on them: functions, queues and builds.

An alarm looks at its metric when a value comes, by its statistic over all its periods together. A period that ends
changes nothing, so an alarm stays until a value that is no reason for it.
"""

import time
from typing import Any

from ministack import app
from ministack.services import cloudwatch, lambda_svc, sqs

from vendhost_cloud.service_api import call, checked_by

_COMPARISONS = {
    "GreaterThanThreshold": float.__gt__,
    "GreaterThanOrEqualToThreshold": float.__ge__,
    "LessThanThreshold": float.__lt__,
    "LessThanOrEqualToThreshold": float.__le__,
}
_VISIBLE = "ApproximateNumberOfMessagesVisible"


def register() -> None:
    execute, handle = lambda_svc._execute_function_dispatch, app.SERVICE_HANDLERS["sqs"]

    def execute_function(function: dict[str, Any], config: dict[str, Any], *rest: Any) -> Any:
        result = execute(function, config, *rest)
        dimensions = {"FunctionName": str(config.get("FunctionName"))}
        record("AWS/Lambda", "Invocations", 1, dimensions)
        record("AWS/Lambda", "Errors", 1 if result.get("error") else 0, dimensions)
        return result

    async def handle_queues(*request: Any) -> Any:
        answer = await handle(*request)
        _look_at_queues()
        return answer

    lambda_svc._execute_function_dispatch = execute_function
    # Counted where functions run, as it leaves out those that API Gateway or an event calls.
    lambda_svc._emit_lambda_metrics = lambda *_, **__: None
    app.SERVICE_HANDLERS["sqs"] = handle_queues


def record(namespace: str, metric: str, value: float, dimensions: dict[str, str]) -> None:
    """Write a value in the current account and region."""
    cloudwatch.record_metric(namespace, metric, value, "Count", dimensions)
    for alarm in list(cloudwatch._alarms.values()):
        if (alarm.get("Namespace"), alarm.get("MetricName")) == (namespace, metric):
            given = {one["Name"]: one["Value"] for one in alarm.get("Dimensions") or []}
            if given == dimensions:
                _evaluate(alarm, dimensions)


def _evaluate(alarm: dict[str, Any], dimensions: dict[str, str]) -> None:
    key = (alarm["Namespace"], alarm["MetricName"], cloudwatch._dims_key(dimensions))
    since = time.time() - alarm["Period"] * alarm["EvaluationPeriods"]
    values = [float(one["Value"]) for one in cloudwatch._metrics.get(key) or [] if one["Timestamp"] >= since]
    if not values:
        return
    # A queue's messages are counted, those of the last count are there.
    statistics = {"Sum": sum(values), "Maximum": max(values), "Minimum": min(values)}
    if alarm["MetricName"] == _VISIBLE:
        statistics = dict.fromkeys(statistics, values[-1])
    value = statistics.get(alarm.get("Statistic", ""), sum(values) / len(values))
    breaching = _COMPARISONS[alarm["ComparisonOperator"]](value, float(alarm["Threshold"]))
    state = "ALARM" if breaching else "OK"
    if alarm["StateValue"] != state:
        reason = f"Threshold Crossed: 1 datapoint [{value}]"
        request = {"AlarmName": alarm["AlarmName"], "StateValue": state, "StateReason": reason}
        # CloudWatch does it, whoever made the value: a role that CloudFormation reads a queue with has no such right.
        with checked_by(lambda *_: None):
            call("cloudwatch", "SetAlarmState", request)


def _look_at_queues() -> None:
    watched = {
        one["Value"]
        for alarm in cloudwatch._alarms.values()
        if (alarm.get("Namespace"), alarm.get("MetricName")) == ("AWS/SQS", _VISIBLE)
        for one in alarm.get("Dimensions") or []
        if one["Name"] == "QueueName"
    }
    for url, queue in list(sqs._queues.items()):
        name = url.rpartition("/")[2]
        if name in watched:
            sqs._refresh_counts(queue)
            record("AWS/SQS", _VISIBLE, float(queue["attributes"]["ApproximateNumberOfMessages"]), {"QueueName": name})
