"""How the direct APIs are reached: REST with JSON, headers and bytes, as botocore's model of `ebs` has it.

https://docs.aws.amazon.com/ebs/latest/APIReference/API_Operations.html
"""

import json
import re
import sys
from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import Any, cast
from urllib.parse import unquote

import botocore.session
from botocore.model import OperationModel, ServiceModel, Shape
from botocore.validate import ParamValidator
from ministack import app
from ministack.core import iam_actions
from ministack.core.concurrency import run_reentrant
from ministack.core.router import SERVICE_PATTERNS

from vendhost_cloud.ebs import reading, writing
from vendhost_cloud.ebs.refusals import Refusal, invalid
from vendhost_cloud.json_service import Document, broken_constraint

Response = tuple[int, dict[str, str], bytes]

_OPERATIONS: dict[str, Callable[[Document], Document]] = {
    "ListSnapshotBlocks": reading.list_blocks,
    "GetSnapshotBlock": reading.get_block,
    "StartSnapshot": writing.start,
    "PutSnapshotBlock": writing.put_block,
    "CompleteSnapshot": writing.complete,
}


def register() -> None:
    """Tell ministack of the service: routing, IAM."""
    module = ModuleType("ministack.services.ebs")
    module.__dict__.update(handle_request=_handle, reset=writing.reset)
    sys.modules[module.__name__] = module
    app.SERVICE_REGISTRY["ebs"] = {"module": "ebs"}
    app.SERVICE_HANDLERS["ebs"] = _handle
    SERVICE_PATTERNS["ebs"] = {"host_patterns": [r"^ebs\."], "credential_scope": "ebs"}
    iam_actions.SERVICE_TO_IAM_NAMESPACE["ebs"] = "ebs"
    iam_actions._BOTOCORE_SERVICE_MAP["ebs"] = ["ebs"]
    known = iam_actions.extract_resource_arn

    def extract_resource_arn(name: str, method: str, path: str, *request: Any) -> str:
        if name != "ebs":
            return str(known(name, method, path, *request))
        found = re.search(r"snap-[0-9a-f]+", unquote(path))
        region = request[3]
        return f"arn:aws:ec2:{region}::snapshot/{found[0] if found else '*'}"

    iam_actions.extract_resource_arn = extract_resource_arn


async def _handle(method: str, path: str, headers: dict[str, str], body: bytes, query: Document) -> Response:
    return cast(Response, await run_reentrant(_answer, method, unquote(path), headers, body, query))


def operation_of(method: str, path: str) -> tuple[OperationModel, dict[str, str]] | None:
    """The operation that a request is for, and the parameters in its path."""
    for name in model().operation_names:
        operation = model().operation_model(name)
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", operation.http["requestUri"])
        found = re.fullmatch(pattern, path)
        if found and operation.http["method"] == method:
            return operation, found.groupdict()
    return None


@cache
def model() -> ServiceModel:
    return botocore.session.get_session().get_service_model("ebs")


def _answer(method: str, path: str, headers: dict[str, str], body: bytes, query: Document) -> Response:
    try:
        found = operation_of(method, path)
        if found is None or found[0].name not in _OPERATIONS:
            what = found[0].name if found else f"{method} {path}"
            raise Refusal("UnsupportedOperation", f"the local cloud does not support ebs:{what}", status=400)
        operation, in_path = found
        request = _parsed(operation.input_shape, in_path, headers, body, query)
        _validate(operation.input_shape, request)
        return _rendered(operation, _OPERATIONS[operation.name](request))
    except Refusal as refusal:
        reason = {} if refusal.reason is None else {"Reason": refusal.reason}
        text = json.dumps({"Message": refusal.message, **reason})
        return refusal.status, {"Content-Type": "application/json", "x-amzn-ErrorType": refusal.code}, text.encode()


def _parsed(shape: Shape, in_path: dict[str, str], headers: dict[str, str], body: bytes, query: Document) -> Document:
    """The members of a request, wherever each is."""
    payload = shape.serialization.get("payload")
    inside = json.loads(body or b"{}") if payload is None else {}
    request: Document = {payload: body} if payload else {}
    for name, member in shape.members.items():
        place, key = member.serialization.get("location"), member.serialization.get("name", name)
        if place is None and name != payload and key in inside:
            request[name] = inside[key]
        found: Any = {"uri": in_path.get(key), "header": headers.get(key.lower()), "querystring": query.get(key)}.get(
            str(place)
        )
        value = found[0] if isinstance(found, list) else found
        if value is not None:
            request[name] = int(value) if member.type_name in ("integer", "long") and value.isdigit() else value
    return request


def _validate(shape: Shape, request: Document) -> None:
    report = ParamValidator().validate(request, shape)
    if report.has_errors():
        raise invalid("INVALID_PARAMETER_VALUE", report.generate_report())
    for name, value in request.items():
        broken = broken_constraint(value, shape.members[name])
        if broken is not None:
            raise invalid("INVALID_PARAMETER_VALUE", f"Value '{value}' at '{name}' must {broken}")


def _rendered(operation: OperationModel, answer: Document) -> Response:
    shape = operation.output_shape
    payload = shape.serialization.get("payload")
    headers = {"Content-Type": "application/octet-stream" if payload else "application/json"}
    inside: Document = {}
    for name, member in shape.members.items():
        key = member.serialization.get("name", name)
        if name not in answer or name == payload:
            continue
        if member.serialization.get("location") == "header":
            headers[key] = str(answer[name])
        else:
            inside[key] = answer[name]
    status = int(operation.http.get("responseCode", 200))
    return status, headers, answer[payload] if payload else json.dumps(inside).encode()
