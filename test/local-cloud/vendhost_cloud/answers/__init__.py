"""Answers are checked against botocore's service models before they leave the cloud.

The plug-in and the product have the same authors, so a wrong answer and its wrong reader could agree. botocore's models
are made by AWS. An answer that does not fit is replaced by a 500 `AnswerUnlikeAws` that says where, whoever asked: the
product, a test, or another service.
"""

import functools
import logging
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

from botocore.model import OperationModel
from ministack import app
from ministack.core.responses import error_response_json

from vendhost_cloud.answers import json_answer, rest_answer, xml_answer
from vendhost_cloud.errors import AwsError
from vendhost_cloud.query_service import encode_error, service_model

_log = logging.getLogger("vendhost")

_JSON = ("acm", "codebuild", "codedeploy", "codepipeline", "events", "kms", "logs", "secretsmanager", "ssm")
_REST = ("ebs",)
_XML = ("autoscaling", "cloudformation", "ec2", "elasticloadbalancing", "iam", "rds", "sts")
MODELS = {**{name: name for name in (*_JSON, *_REST, *_XML)}, "elasticloadbalancing": "elbv2"}
"""ministack's name of a service -> botocore's. What is not here is ministack's alone, and is not checked."""

_ERRORS = ("codebuild", "codedeploy", "codepipeline")
"""Services of ours alone, whose models list the errors of each operation."""

Response = tuple[int, dict[str, str], Any]
Handler = Callable[..., Awaitable[Response]]


def register() -> None:
    """Register after every part that handles requests itself."""
    for name in MODELS:
        app.SERVICE_HANDLERS[name] = _checked(name, app.SERVICE_HANDLERS[name])


def _checked(name: str, handler: Handler) -> Handler:
    @functools.wraps(handler)
    async def handle(method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]) -> Response:
        status, answer_headers, content = await handler(method, path, headers, body, query)
        operation = (
            rest_answer.operation_of(service_model(name), method, path)
            if name in _REST
            else _operation(name, headers, body, query)
        )
        if operation is None:
            return status, answer_headers, content
        found = (
            list(rest_answer.faults(operation, status, answer_headers, content))
            if name in _REST
            else faults(name, operation, status, content)
        )
        if not found:
            return status, answer_headers, content
        message = f"{operation.name}: {'; '.join(found)}"
        _log.error("an answer of %s unlike AWS: %s", name, message)
        return _refusal(name, AwsError("AnswerUnlikeAws", message, 500))

    return handle


def _operation(name: str, headers: dict[str, str], body: bytes, query: dict[str, Any]) -> OperationModel | None:
    model = service_model(MODELS[name])
    given = {**query, **parse_qs(body.decode(errors="replace"))}
    target = headers.get("x-amz-target", "").rpartition(".")[2]
    wanted = target if name in _JSON else (given.get("Action") or [""])[0]
    return model.operation_model(wanted) if wanted in model.operation_names else None


def faults(name: str, operation: OperationModel, status: int, content: bytes | str) -> list[str]:
    """What is unlike AWS in an answer."""
    payload = content.encode() if isinstance(content, str) else content
    if status >= 300:
        return json_answer.error_faults(operation, payload) if name in _ERRORS else []
    return list((json_answer if name in _JSON else xml_answer).faults(operation, payload))


def _refusal(name: str, error: AwsError) -> Response:
    if name in (*_JSON, *_REST):
        refused: Response = error_response_json(error.code, error.message, error.status)
        return refused
    return error.status, {"Content-Type": "text/xml"}, encode_error(MODELS[name], error)
