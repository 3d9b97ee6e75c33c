"""Whether an answer of the JSON protocol has what the model says: required members, types, values of enumerations."""

import json
from collections.abc import Iterator
from typing import Any

from botocore.model import OperationModel, Shape

from vendhost_cloud.answers.beyond_the_models import may_be, may_have

_KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "character": (str,),
    "blob": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "timestamp": (int, float),
    "list": (list,),
    "map": (dict,),
    "structure": (dict,),
}

_ANY_OPERATION = {
    "AccessDeniedException",
    "InternalFailure",
    "InvalidSignatureException",
    "SerializationException",
    "ThrottlingException",
    "UnknownOperationException",
    "UnsupportedOperation",
    "ValidationException",
}
"""Errors of every operation, which models do not list
(https://docs.aws.amazon.com/codedeploy/latest/APIReference/CommonErrors.html), and the local cloud's own."""


def faults(operation: OperationModel, payload: bytes) -> Iterator[str]:
    """What is wrong with the answer, by member."""
    if operation.output_shape is not None:
        yield from value_faults(operation.output_shape, json.loads(payload or b"{}"), operation.name)


def error_faults(operation: OperationModel, payload: bytes) -> list[str]:
    """An error that the operation never returns."""
    code = str(json.loads(payload).get("__type", "")).rpartition("#")[2]
    known = {str(shape.metadata.get("error", {}).get("code") or shape.name) for shape in operation.error_shapes}
    names = {str(shape.name) for shape in operation.error_shapes}
    return [] if code in known | names | _ANY_OPERATION else [f"never returns the error {code}"]


def value_faults(shape: Shape, value: Any, where: str) -> Iterator[str]:
    """What is wrong with a value, by member."""
    kind = shape.type_name
    if not _is_a(value, kind):
        yield f"{where} is a {type(value).__name__}, not a {kind}"
    elif kind == "structure":
        yield from _members(shape, value, where)
    elif kind == "list":
        for number, item in enumerate(value):
            yield from value_faults(shape.member, item, f"{where}.{number}")
    elif kind == "map":
        for key, item in value.items():
            yield from value_faults(shape.value, item, f"{where}.{key}")
    elif kind == "string" and not may_be(shape, value):
        yield f"{where} is '{value}', not one of {', '.join(shape.enum)}"


def _is_a(value: Any, kind: str) -> bool:
    kinds: tuple[type, ...] = _KINDS[kind]
    return isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))


def _members(shape: Shape, value: dict[str, Any], where: str) -> Iterator[str]:
    present = {key: item for key, item in value.items() if item is not None}
    names = {member.serialization.get("name", name): member for name, member in shape.members.items()}
    for name in shape.required_members:
        if name not in present:
            yield f"{where}.{name} is missing"
    for key, item in present.items():
        if key in names:
            yield from value_faults(names[key], item, f"{where}.{key}")
        elif not may_have(f"{where}.{key}"):
            yield f"{where}.{key} is not in the model"
