"""What becomes of an asynchronous call that failed for the last time.

A dead-letter queue gets the event, with three attributes
(https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html), a destination a record of the
call. Both with the rights of the function's role; what the role may not send is lost.
"""

import json
import logging
from typing import Any

from ministack.services import lambda_svc

from vendhost_cloud.errors import AwsError
from vendhost_cloud.roles import Role
from vendhost_cloud.service_api import call

_log = logging.getLogger("vendhost")


def register() -> None:
    route = lambda_svc._route_async_failure

    def route_failure(target: str, name: str, event: Any, result: dict[str, Any]) -> None:
        config = (lambda_svc._functions.get(name) or {}).get("config") or {}
        service = target.split(":")[2]
        action = {"sqs": "sqs:SendMessage", "sns": "sns:Publish", "lambda": "lambda:InvokeFunction"}.get(service)
        try:
            Role(str(config.get("Role", "")), "lambda.amazonaws.com").require(str(action), target)
        except AwsError as error:
            _log.warning("the failed event of %s is lost: %s", name, error)
            return
        dead_letters = (config.get("DeadLetterConfig") or {}).get("TargetArn")
        if service == "sqs" and target == dead_letters:
            _send(target, event, result)
        else:
            route(target, name, event, result)

    lambda_svc._route_async_failure = route_failure


def _send(queue: str, event: Any, result: dict[str, Any]) -> None:
    body = result.get("body")
    message = str(body.get("errorMessage", "") if isinstance(body, dict) else body or "")
    account, name = queue.split(":")[4:6]
    attributes = {"ErrorCode": ("Number", "200"), "ErrorMessage": ("String", message[:1024] or "unknown")}
    call(
        "sqs",
        "SendMessage",
        {
            "QueueUrl": f"http://127.0.0.1/{account}/{name}",
            "MessageBody": json.dumps(event),
            "MessageAttributes": {
                key: {"DataType": kind, "StringValue": value} for key, (kind, value) in attributes.items()
            },
        },
    )
