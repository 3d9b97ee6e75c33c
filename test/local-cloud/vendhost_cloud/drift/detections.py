"""Detections that take their time, and read with the rights of the caller.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html: the caller needs the
rights to read each resource; what cannot be read is UNKNOWN, and the detection DETECTION_FAILED. A stack's tag
`local-cloud:drift-seconds` says how long its detections take.
"""

import re
import time
from collections.abc import Callable
from typing import Any

import ministack.services.cloudformation as engine
from ministack.core.responses import AccountRegionScopedDict
from ministack.services.cloudformation import handlers
from ministack.services.cloudformation.helpers import _error

from vendhost_cloud import authorization, service_api

Parameters = dict[str, Any]
Answer = tuple[int, dict[str, str], bytes]
Handler = Callable[[Parameters], Answer]

_SECONDS = "local-cloud:drift-seconds"

_running = AccountRegionScopedDict()
"""Id of a detection, and of its stack -> when it ends, by the monotonic clock."""


def register() -> None:
    table = handlers._ACTION_HANDLERS
    table["DetectStackDrift"] = _starting(table["DetectStackDrift"])
    table["DescribeStackDriftDetectionStatus"] = _hiding(table["DescribeStackDriftDetectionStatus"])


def _starting(detect: Handler) -> Handler:
    def handle(parameters: Parameters) -> Answer:
        stack = _stack(_parameter(parameters, "StackName"))
        stack_id = str((stack or {}).get("StackId", ""))
        if _running.get(stack_id, 0) > time.monotonic():
            refusal: Answer = _error(
                "ValidationError", f"Drift detection is already in progress for stack [{stack_id}]"
            )
            return refusal
        with service_api.checked_by(authorization.check_caller):
            status, headers, body = detect(parameters)
        made = re.search(rb"<StackDriftDetectionId>([^<]+)<", body)
        if made:
            end = time.monotonic() + _seconds(stack or {})
            _running[made[1].decode()] = end
            _running[stack_id] = end
        return status, headers, body

    return handle


def _hiding(describe: Handler) -> Handler:
    """What a detection found out is not there before it has ended."""

    def handle(parameters: Parameters) -> Answer:
        status, headers, body = describe(parameters)
        if _running.get(_parameter(parameters, "StackDriftDetectionId"), 0) > time.monotonic():
            for name in (b"StackDriftStatus", b"DetectionStatusReason", b"DriftedStackResourceCount"):
                body = re.sub(b"<" + name + b">[^<]*</" + name + b">", b"", body)
            progress = b"<DetectionStatus>DETECTION_IN_PROGRESS</DetectionStatus>"
            body = re.sub(b"<DetectionStatus>[^<]*</DetectionStatus>", progress, body)
        return status, headers, body

    return handle


def _stack(name: str) -> Parameters | None:
    for stack in engine._stacks.values():
        if name in (stack.get("StackName"), stack.get("StackId")) and stack.get("StackStatus") != "DELETE_COMPLETE":
            return dict(stack)
    return None


def _seconds(stack: Parameters) -> float:
    tags = {tag.get("Key"): tag.get("Value") for tag in stack.get("Tags") or []}
    return float(tags.get(_SECONDS) or 0)


def _parameter(parameters: Parameters, name: str) -> str:
    value = parameters.get(name, "")
    return str(value[0] if isinstance(value, list) else value)
