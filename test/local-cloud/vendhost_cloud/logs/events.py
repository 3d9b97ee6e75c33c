"""What PutLogEvents takes: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html"""

import time
from typing import Any

from vendhost_cloud.errors import AwsError
from vendhost_cloud.refusals.interception import Call

_MOST_EVENTS = 10_000
_MOST_BYTES = 1_048_576
_BYTES_EACH = 26
_SPAN_MS = 24 * 3_600_000
_AHEAD_MS = 2 * 3_600_000
_BEHIND_MS = 14 * 24 * 3_600_000


def check(call: Call) -> None:
    """Refuse a batch that AWS would. Too old or too new events of a batch, which AWS leaves out, are errors here."""
    if call.operation != "PutLogEvents":
        return
    events: list[dict[str, Any]] = call.json.get("logEvents") or []
    if not events:
        raise _invalid(
            "1 validation error detected: Value '[]' at 'logEvents' failed to satisfy constraint: "
            "Member must have length greater than or equal to 1"
        )
    if len(events) > _MOST_EVENTS:
        raise _invalid(
            f"1 validation error detected: Value at 'logEvents' failed to satisfy constraint: "
            f"Member must have length less than or equal to {_MOST_EVENTS}"
        )
    size = sum(len(str(event.get("message", "")).encode()) + _BYTES_EACH for event in events)
    if size > _MOST_BYTES:
        raise _invalid(f"Upload too large: {size} bytes exceeds limit of {_MOST_BYTES}")
    if any(not event.get("message") for event in events):
        raise _invalid("Log event message must not be empty")
    times = [int(event["timestamp"]) for event in events]
    if times != sorted(times):
        raise _invalid("Log events in a single PutLogEvents request must be in chronological order.")
    if times[-1] - times[0] > _SPAN_MS:
        raise _invalid("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.")
    now = time.time() * 1000
    if times[-1] > now + _AHEAD_MS or times[0] < now - _BEHIND_MS:
        raise _invalid("the local cloud does not leave out events that are too old or too new")


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterException", message)
