"""Whether an answer of a REST service has what the model says: status, headers, JSON, and the reasons of errors."""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from botocore.model import OperationModel, ServiceModel, Shape

from vendhost_cloud.answers.json_answer import value_faults


def operation_of(model: ServiceModel, method: str, path: str) -> OperationModel | None:
    """The operation that a request is for."""
    for name in model.operation_names:
        operation = model.operation_model(name)
        pattern = re.sub(r"\{\w+\}", "[^/]+", operation.http["requestUri"])
        if operation.http["method"] == method and re.fullmatch(pattern, unquote(path)):
            return operation
    return None


def faults(operation: OperationModel, status: int, headers: dict[str, str], content: bytes) -> Iterator[str]:
    """What is unlike AWS in an answer."""
    if status >= 300:
        yield from _error_faults(operation, headers, json.loads(content or b"{}"))
        return
    expected = operation.http.get("responseCode", 200)
    if status != expected:
        yield f"{operation.name}: the status is {status}, not {expected}"
    shape = operation.output_shape
    members = {member.serialization.get("name", name): (name, member) for name, member in shape.members.items()}
    in_headers = {key for key, (_, member) in members.items() if member.serialization.get("location") == "header"}
    for key in in_headers:
        yield from _header_faults(members[key][1], headers.get(key), f"{operation.name}.{key}")
    if "payload" in shape.serialization:
        return
    for key, value in json.loads(content or b"{}").items():
        if key not in members or key in in_headers:
            yield f"{operation.name}.{key} is not in the model's answer"
        else:
            yield from value_faults(members[key][1], value, f"{operation.name}.{key}")


def _header_faults(member: Shape, value: str | None, where: str) -> Iterator[str]:
    if value is None:
        yield f"the header {where} is missing"
    elif member.type_name == "integer" and not value.isdigit():
        yield f"{where} is '{value}', not an integer"
    elif member.type_name == "string":
        yield from value_faults(member, value, where)


def _error_faults(operation: OperationModel, headers: dict[str, str], body: dict[str, Any]) -> Iterator[str]:
    """An error that the operation never returns, or with a reason that it never has."""
    name = {key.lower(): value for key, value in headers.items()}.get("x-amzn-errortype", "")
    known = {shape.name: shape for shape in operation.error_shapes}
    if name not in known and name not in ("UnsupportedOperation", "AccessDeniedException"):
        yield f"{operation.name} never returns the error {name}"
    elif "Reason" in body:
        yield from value_faults(known[name].members["Reason"], body["Reason"], f"{name}.Reason")
