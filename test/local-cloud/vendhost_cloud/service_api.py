"""Call a service of this emulator in process, with the request and response shapes of the AWS SDK.

botocore (a dependency of ministack) validates and serialises the request and parses the answer, so a call
here goes through the same code, and the same refusals, as one over HTTP.
"""

from functools import cache
from importlib import import_module
from typing import Any
from urllib.parse import parse_qs, urlencode

import botocore.parsers
import botocore.serialize
import botocore.session

_MODULES = {"elbv2": "alb", "wafv2": "waf"}
"""ministack's module of a service, where it is not the SDK's name."""

_PROTOCOLS = ("ec2", "query", "json", "rest-xml")


class ServiceError(Exception):
    """An error answer. Reads as CloudFormation prints it in a resource's status reason."""

    def __init__(self, service: str, code: str, message: str, status: int) -> None:
        super().__init__(f"{message} (Service: {service}, Status Code: {status}, Error Code: {code})")
        self.code = code
        self.message = message
        self.status = status


def call(service: str, operation: str, request: dict[str, Any]) -> dict[str, Any]:
    """Answer of the operation in the current account and region.

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

    status, response_headers, payload = _handle(service, http["method"], path, headers, body, query)
    parser = botocore.parsers.create_parser(protocol)
    answer: dict[str, Any] = parser.parse(
        {"status_code": status, "headers": response_headers, "body": payload}, shape.output_shape
    )
    if status >= 300:
        error = answer.get("Error", {})
        raise ServiceError(model.service_id, error.get("Code", "Unknown"), error.get("Message", ""), status)
    return answer


def call_unless_gone(service: str, operation: str, request: dict[str, Any]) -> None:
    """Like `call`, for deletes: what does not exist any more counts as deleted."""
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


def _handle(
    service: str, method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, list[str]]
) -> tuple[int, dict[str, str], bytes]:
    module = import_module(f"ministack.services.{_MODULES.get(service, service)}")
    if service == "rds":  # its handler only moves this function to a thread
        answer = module._handle_request_sync(method, path, headers, body, query)
    else:
        internal = {"internal": True} if service == "s3" else {}
        answer = _result_without_waiting(module.handle_request(method, path, headers, body, query, **internal))
    status, response_headers, payload = answer
    return status, response_headers, payload.encode() if isinstance(payload, str) else payload


def _result_without_waiting(handling: Any) -> Any:
    """Run a coroutine that never really waits, as these handlers do not, without an event loop."""
    try:
        handling.send(None)
    except StopIteration as done:
        return done.value
    handling.close()
    raise RuntimeError("this operation waits: it cannot be called in process")
