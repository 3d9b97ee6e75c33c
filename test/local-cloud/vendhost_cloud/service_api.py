"""Call a service of the local cloud in process, with the request and response shapes of the AWS SDK.

botocore (a dependency of ministack) validates and serializes the request and parses the answer, so a call here runs the
same code, and gets the same errors, as a call over HTTP. IAM does not authorize it: check the caller's role first.
"""

import asyncio
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode

import botocore.awsrequest
import botocore.parsers
import botocore.serialize
import botocore.session
from ministack import app
from ministack.services import rds, s3

from vendhost_cloud.errors import AwsError

_NAMES = {"elbv2": "elasticloadbalancing", "cloudwatch": "monitoring"}
"""ministack's name of a service, where it is not the SDK's."""

by_a_service: ContextVar[bool] = ContextVar("vendhost_by_a_service", default=False)
"""Whether the present request comes from another service, which may give AWS's own tags."""

_PROTOCOLS = ("ec2", "query", "json", "rest-xml", "rest-json")

Response = tuple[int, dict[str, str], bytes | str]


_check: ContextVar[Callable[..., None] | None] = ContextVar("vendhost_check", default=None)


@contextmanager
def checked_by(check: Callable[..., None]) -> Iterator[None]:
    """Let `check` see each call in this block, as a request to the service, before it is made."""
    token = _check.set(check)
    try:
        yield
    finally:
        _check.reset(token)


class ServiceError(AwsError):
    """An error answer. Reads as CloudFormation prints it in a resource's status reason."""

    def __init__(self, service: str, code: str, message: str, status: int) -> None:
        super().__init__(code, message, status)
        self.service = service

    def __str__(self) -> str:
        return f"{self.message} (Service: {self.service}, Status Code: {self.status}, Error Code: {self.code})"


def call(service: str, operation: str, request: dict[str, Any]) -> dict[str, Any]:
    """Answer of the operation in the current account and region; a streamed body (S3) has `read()`.

    Raises ServiceError for an error answer, botocore's ParamValidationError for a request the SDK would not send.
    """
    model, protocol = _service_model(service)
    shape = model.operation_model(operation)
    serializer = botocore.serialize.create_serializer(protocol, include_validation=True)
    http = serializer.serialize_to_request(request, shape)
    path, _, path_query = http["url_path"].partition("?")
    query = parse_qs(path_query, keep_blank_values=True)
    query |= {key: [value] for key, value in (http["query_string"] or {}).items()}
    body = http["body"]
    if isinstance(body, dict):
        body = urlencode(body)
    if isinstance(body, str):
        body = body.encode()
    headers = {name.lower(): value for name, value in http["headers"].items()}

    inside = by_a_service.set(True)
    try:
        status, response_headers, content = _handle(service, http["method"], unquote(path), headers, body, query)
    finally:
        by_a_service.reset(inside)
    payload = content.encode() if isinstance(content, str) else content
    streams = shape.has_streaming_output and status < 300
    parser = botocore.parsers.create_parser(protocol)
    answer: dict[str, Any] = parser.parse(
        {
            "status_code": status,
            "headers": botocore.awsrequest.HeadersDict(response_headers),
            "body": BytesIO(payload) if streams else payload,
        },
        shape.output_shape,
    )
    if status >= 300:
        error = answer.get("Error", {})
        raise ServiceError(model.service_id, error.get("Code", "Unknown"), error.get("Message", ""), status)
    return answer


def call_unless_gone(service: str, operation: str, request: dict[str, Any]) -> None:
    """Like `call`, for deletes: what no longer exists counts as deleted."""
    try:
        call(service, operation, request)
    except ServiceError as error:
        gone = ("NotFound", "DoesNotExist", "NoSuchEntity", "Nonexistent", "ResourceNotFound")
        if not any(word in error.code for word in gone):
            raise


@cache
def _service_model(service: str) -> tuple[Any, str]:
    model = botocore.session.get_session().get_service_model(service)
    offered = model.metadata.get("protocols") or [model.metadata["protocol"]]
    return model, next(protocol for protocol in offered if protocol in _PROTOCOLS)


def _handle(service: str, *request: Any) -> Response:
    answer: Response
    check = _check.get()
    if check is not None:
        check(_NAMES.get(service, service), *request)
    handler = _internal_s3 if service == "s3" else app.SERVICE_HANDLERS[_NAMES.get(service, service)]
    if service == "rds":  # its handler only moves this function to a thread
        answer = rds._handle_request_sync(*request)
    elif _on_event_loop() and (service_of_ours := getattr(inspect.unwrap(handler), "__self__", None)):
        answer = service_of_ours.handle_now(request[2], request[3])
    elif _on_event_loop():
        answer = _result_without_waiting(handler(*request))
    else:  # in turn with the requests over HTTP: ministack's stores have no locks
        answer = app.call_service_handler_sync(handler, *request)
    return answer


async def _internal_s3(*request: Any) -> Any:
    return await s3.handle_request(*request, internal=True)


def _on_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _result_without_waiting(handling: Any) -> Any:
    """Run a coroutine that never really waits, as these handlers do not, without giving up the event loop."""
    try:
        handling.send(None)
    except StopIteration as done:
        return done.value
    handling.close()
    raise RuntimeError("this operation waits: it cannot be called from the event loop")
