"""CloudTrail's data events of S3: writes of objects that a trail of the account records go to the default event bus.

Refused writes are recorded too, with an `errorCode`
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-understanding-s3-entries.html,
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html). Here an event comes at
once, once and for every write; AWS delivers it minutes later, sometimes twice, and in rare cases not at all.
"""

import json
import time
from contextvars import ContextVar
from typing import Any

from ministack import app
from ministack.core import iam_actions
from ministack.core.responses import get_account_id, get_region, new_uuid
from ministack.services import cloudtrail, eventbridge, sts

Parameters = dict[str, Any]

_answer: ContextVar[tuple[int, dict[str, str]]] = ContextVar("vendhost_answer", default=(200, {}))
"""Status and headers of the current request's answer."""

_ERRORS = {403: "AccessDenied", 404: "NoSuchBucket", 409: "ConditionalRequestConflict", 412: "PreconditionFailed"}


def register() -> None:
    fix, record, deny = app.fix_error_content_type, app._maybe_record_cloudtrail, iam_actions.access_denied_response

    def fix_error_content_type(service: str, status: int, headers: dict[str, str]) -> None:
        _answer.set((status, headers))
        fix(service, status, headers)

    def record_call(
        service: str, method: str, path: str, headers: dict[str, str], body: bytes, query: Parameters, *rest: Any
    ) -> None:
        record(service, method, path, headers, body, query, *rest)
        name = _event_name(method, headers, query)
        if service == "s3" and name and not path.startswith("/_"):
            bucket, _, key = path.lstrip("/").partition("/")
            _report(name, bucket, key, str(sts._caller_identity(headers, query)["userArn"]), *_answer.get())

    def access_denied_response(service: str, action: str, principal: str, *rest: Any, **more: Any) -> Any:
        place = str(more.get("resource_arn", "")).removeprefix("arn:aws:s3:::")
        if service == "s3" and action == "s3:PutObject" and "/" in place:
            bucket, _, key = place.partition("/")
            _report("PutObject", bucket, key, principal, 403, {})
        return deny(service, action, principal, *rest, **more)

    app.fix_error_content_type = fix_error_content_type
    app._maybe_record_cloudtrail = record_call
    iam_actions.access_denied_response = access_denied_response


def _event_name(method: str, headers: dict[str, str], query: Parameters) -> str:
    """The call that makes an object whole; empty for any other."""
    if method == "POST" and "uploadId" in query:
        return "CompleteMultipartUpload"
    if method != "PUT" or query.keys() & {"partNumber", "tagging", "acl", "retention", "legal-hold"}:
        return ""
    return "CopyObject" if "x-amz-copy-source" in headers else "PutObject"


def _report(name: str, bucket: str, key: str, caller: str, status: int, headers: dict[str, str]) -> None:
    if not key or not _is_recorded(bucket, key):
        return
    eventbridge._ensure_default_bus()
    eventbridge._dispatch_event(
        {
            "EventId": new_uuid(),
            "Source": "aws.s3",
            "DetailType": "AWS API Call via CloudTrail",
            "Detail": json.dumps(_detail(name, bucket, key, caller, status, headers)),
            "EventBusName": "default",
            "Account": get_account_id(),
            "Region": get_region(),
            "Time": int(time.time()),
            "Resources": [],
        }
    )


def _detail(name: str, bucket: str, key: str, caller: str, status: int, headers: dict[str, str]) -> dict[str, Any]:
    account, region = get_account_id(), get_region()
    failed = status >= 300
    shown = {header.lower(): value for header, value in headers.items() if header.lower().startswith("x-amz-")}
    return {
        "eventVersion": "1.11",
        "userIdentity": {"type": "AssumedRole" if ":assumed-role/" in caller else "Root", "arn": caller},
        "eventTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "eventSource": "s3.amazonaws.com",
        "eventName": name,
        "awsRegion": region,
        "sourceIPAddress": "127.0.0.1",
        "userAgent": "local-cloud",
        **({"errorCode": _ERRORS.get(status, "InternalError"), "errorMessage": "refused"} if failed else {}),
        "requestParameters": {"bucketName": bucket, "Host": f"s3.{region}.amazonaws.com", "key": key},
        "responseElements": None if failed else shown,
        "requestID": new_uuid(),
        "eventID": new_uuid(),
        "readOnly": False,
        "resources": [
            {"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::{bucket}/{key}"},
            {"accountId": account, "type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{bucket}"},
        ],
        "eventType": "AwsApiCall",
        "managementEvent": False,
        "recipientAccountId": account,
        "eventCategory": "Data",
    }


def _is_recorded(bucket: str, key: str) -> bool:
    """Whether a trail that logs has a basic selector with the beginning of the object's ARN."""
    arn = f"arn:aws:s3:::{bucket}/{key}"
    return any(
        arn.startswith(str(value))
        for name, trail in cloudtrail._trails.items()
        if trail.get("IsLogging")
        for selector in cloudtrail._event_selectors.get(name) or []
        if selector.get("ReadWriteType") in ("All", "WriteOnly")
        for resource in selector.get("DataResources") or []
        if resource.get("Type") == "AWS::S3::Object"
        for value in resource.get("Values") or []
    )
