"""CloudTrail's history of what was called: for LookupEvents by the name of a resource.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html. Here an event has every value of
its request for a resource's name; on AWS each service says which of them are. What CloudFormation calls for a stack is
not in the history, no call that only reads, and none that was refused.
"""

import json
from contextvars import ContextVar
from typing import Any

from ministack import app
from ministack.core import iam_actions
from ministack.services import cloudtrail, sts

Parameters = dict[str, Any]

_MOST_NAMES = 100
_LONGEST_NAME = 500
_READS = ("Get", "List", "Describe", "Head", "Lookup", "Detect")


_status: ContextVar[int] = ContextVar("vendhost_status", default=200)
"""The status of the current request's answer, which ministack does not give to who records it."""


def register() -> None:
    cloudtrail._recording_enabled = True
    fix = app.fix_error_content_type

    def fix_error_content_type(service: str, status: int, headers: dict[str, str]) -> None:
        _status.set(status)
        fix(service, status, headers)

    app.fix_error_content_type = fix_error_content_type
    app._maybe_record_cloudtrail = _record


def _record(
    service: str,
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes,
    query: Parameters,
    request_id: str,
    region: str,
) -> None:
    action = _action(service, method, path, headers, body, query)
    if path.startswith("/_") or not action or action.startswith(_READS) or _status.get() >= 300:
        return
    params = app._ct_request_params(headers, body, query)
    names = [path.strip("/")] if service == "s3" else _names(params)
    caller = str(sts._caller_identity(headers, query)["userArn"])
    cloudtrail.record_event(
        service=service,
        event_name=action,
        username=caller.rpartition("/")[2],
        access_key_id=app.extract_access_key_id(headers, query) or "",
        resources=[{"ResourceName": name, "ResourceType": ""} for name in names[:_MOST_NAMES]],
        region=region,
        request_id=request_id,
        user_agent=headers.get("user-agent", ""),
        request_params=params,
        method="POST",
    )
    event = cloudtrail._get_event_queue()[-1]
    detail = json.loads(event["CloudTrailEvent"])
    detail["userIdentity"] = {"type": "AssumedRole" if ":assumed-role/" in caller else "Root", "arn": caller}
    event["CloudTrailEvent"] = json.dumps(detail)


def _action(service: str, method: str, path: str, headers: dict[str, str], body: bytes, query: Parameters) -> str:
    """`ModifyDBInstance`; empty for what is no call of an API."""
    params = app._routing_params(method, path, headers, body, query)
    return str(iam_actions.extract_iam_action(service, method, path, headers, body, params) or "").partition(":")[2]


def _names(value: Any) -> list[str]:
    """Every text in a request."""
    if isinstance(value, dict):
        return [name for item in value.values() for name in _names(item)]
    if isinstance(value, list):
        return [name for item in value for name in _names(item)]
    return [value] if isinstance(value, str) and 0 < len(value) <= _LONGEST_NAME else []
