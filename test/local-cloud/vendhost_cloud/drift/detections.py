"""Detections that take their time, and read with the rights of the caller.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html: the caller needs the
rights to read each resource; what cannot be read is UNKNOWN, and the detection DETECTION_FAILED. A stack's tag
`local-cloud:drift-seconds` says how long its detections take, `local-cloud:drift-looks` how many calls find them
running, however fast they come.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ministack.core.responses import AccountRegionScopedDict
from ministack.services.cloudformation import handlers
from ministack.services.cloudformation.helpers import _error

from vendhost_cloud import authorization, service_api
from vendhost_cloud.errors import AwsError
from vendhost_cloud.query_service import Body, action

Parameters = dict[str, Any]
Answer = tuple[int, dict[str, str], bytes]
Handler = Callable[[Parameters], Answer]

_SECONDS = "local-cloud:drift-seconds"
_LOOKS = "local-cloud:drift-looks"


@dataclass
class _Detection:
    """One that goes on until it ends by the monotonic clock, and so many calls have found it running."""

    stack: str
    """The stack's ARN."""
    end: float
    looks: int

    def runs(self) -> bool:
        """Whether it still runs, which is a look."""
        self.looks -= 1
        return self.looks >= 0 or self.end > time.monotonic()


_running = AccountRegionScopedDict()
"""Id of a detection, and of its stack -> the detection."""


def register() -> None:
    table = handlers._ACTION_HANDLERS
    table["DetectStackDrift"] = _starting(table["DetectStackDrift"])
    describe = "DescribeStackDriftDetectionStatus"
    table[describe] = action("cloudformation", describe, _describe)


def _starting(detect: Handler) -> Handler:
    def handle(parameters: Parameters) -> Answer:
        stack = _stack(_parameter(parameters, "StackName"))
        stack_id = str((stack or {}).get("StackId", ""))
        if _runs(stack_id):
            refusal: Answer = _error(
                "ValidationError", f"Drift detection is already in progress for stack [{stack_id}]"
            )
            return refusal
        with service_api.checked_by(authorization.check_caller):
            status, headers, body = detect(parameters)
        made = re.search(rb"<StackDriftDetectionId>([^<]+)<", body)
        if made:
            tags = {tag.get("Key"): tag.get("Value") for tag in (stack or {}).get("Tags") or []}
            end = time.monotonic() + float(tags.get(_SECONDS) or 0)
            _running[made[1].decode()] = _running[stack_id] = _Detection(stack_id, end, int(tags.get(_LOOKS) or 0))
        return status, headers, body

    return handle


def _describe(request: Body) -> Body:
    """What it found out is not there before it has ended. ministack looks for it in all stacks, at every look."""
    known_by = request["StackDriftDetectionId"]
    detection: _Detection | None = _running.get(known_by)
    stack = handlers._resolve_stack(detection.stack) if detection else None
    found: Body | None = ((stack or {}).get("_drift_detections") or {}).get(known_by)
    if found is None:
        raise AwsError("ValidationError", f"Drift detection with id [{known_by}] does not exist")
    if not _runs(known_by):
        return found
    shown = {name: found[name] for name in ("StackId", "StackDriftDetectionId", "Timestamp")}
    return {**shown, "DetectionStatus": "DETECTION_IN_PROGRESS"}


def _stack(name: str) -> Parameters | None:
    stack = handlers._resolve_stack(name)
    return None if stack is None or stack.get("StackStatus") == "DELETE_COMPLETE" else dict(stack)


def _runs(known_by: str) -> bool:
    detection: _Detection | None = _running.get(known_by)
    return detection is not None and detection.runs()


def _parameter(parameters: Parameters, name: str) -> str:
    value = parameters.get(name, "")
    return str(value[0] if isinstance(value, list) else value)
