"""FilterLogEvents in pages: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html

A page may be empty although there are more: here the first one always is.
"""

import json
from typing import Any

from ministack.core.responses import json_response, new_uuid
from ministack.services import cloudwatch_logs

from vendhost_cloud.errors import AwsError
from vendhost_cloud.refusals.interception import Call, Response

_PAGE = 100
_KNOWN = {"logGroupName", "logStreamNamePrefix", "startTime", "endTime", "limit", "nextToken"}


def identify_all() -> None:
    """Give an id to the events that ministack writes itself, for functions."""
    append = cloudwatch_logs._append_log_events

    def append_log_events(stream: dict[str, Any], events: list[dict[str, Any]]) -> None:
        append(stream, [{"eventId": new_uuid(), **event} for event in events])

    cloudwatch_logs._append_log_events = append_log_events


def answer(call: Call) -> Response | None:
    """One page of a log group's events, of all streams whose names begin so, in the order of their times."""
    if call.operation != "FilterLogEvents":
        return None
    request = call.json
    foreign = set(request) - _KNOWN
    if foreign:
        raise AwsError("InvalidParameterException", f"the local cloud does not filter by {', '.join(sorted(foreign))}")
    group = cloudwatch_logs._log_groups.get(request.get("logGroupName"))
    if group is None:
        raise AwsError("ResourceNotFoundException", "The specified log group does not exist.")
    page: Response = json_response(_page(_found(group, request), request))
    return page


def _found(group: dict[str, Any], request: dict[str, Any]) -> list[dict[str, Any]]:
    since, until = request.get("startTime", 0), request.get("endTime")
    if until is not None and until < since:
        raise AwsError("InvalidParameterException", "startTime must be before endTime")
    prefix = request.get("logStreamNamePrefix", "")
    # Copied: agents write meanwhile.
    streams = {name: list(stream["events"]) for name, stream in list(group["streams"].items())}
    found = [
        {**{name: event[name] for name in ("timestamp", "message", "ingestionTime", "eventId")}, "logStreamName": name}
        for name, events in streams.items()
        if name.startswith(prefix)
        for event in events
        if since <= event["timestamp"] and (until is None or event["timestamp"] <= until)
    ]
    return sorted(found, key=lambda event: (event["timestamp"], event["ingestionTime"]))


def _page(found: list[dict[str, Any]], request: dict[str, Any]) -> dict[str, Any]:
    """The token has the last event that was read, for a stream may get earlier ones in the meantime."""
    token = request.get("nextToken")
    if token is None:
        return {"events": [], "searchedLogStreams": [], "nextToken": json.dumps(None)}
    try:
        last = json.loads(token)
    except ValueError as error:
        raise AwsError("InvalidParameterException", "The specified nextToken is invalid.") from error
    start = next((number + 1 for number, event in enumerate(found) if event["eventId"] == last), 0)
    size = min(int(request.get("limit") or _PAGE), _PAGE)
    events = found[start : start + size]
    more = start + size < len(found)
    return {
        "events": events,
        "searchedLogStreams": [],
        **({"nextToken": json.dumps(events[-1]["eventId"])} if more else {}),
    }
