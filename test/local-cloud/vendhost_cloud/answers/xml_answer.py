"""Whether an answer of the EC2 or Query protocol has what the model says."""

from collections.abc import Iterator
from datetime import datetime
from xml.etree.ElementTree import Element

from botocore.model import OperationModel, Shape
from defusedxml.ElementTree import fromstring

from vendhost_cloud.answers.beyond_the_models import may_be, may_have

_ENVELOPE = {"requestId", "ResponseMetadata", "return"}


def faults(operation: OperationModel, payload: bytes) -> Iterator[str]:
    """What is wrong with the answer, by element."""
    root = fromstring(payload)
    shape = operation.output_shape
    if _tag(root) != f"{operation.name}Response":
        yield f"the root element is {_tag(root)}"
        return
    if shape is None:
        return
    wrapper = shape.serialization.get("resultWrapper")
    result = root if wrapper is None else _child(root, wrapper)
    if result is None:
        yield f"{wrapper} is missing"
        return
    yield from _members(shape, result, operation.name, _ENVELOPE if wrapper is None else set())


def _tag(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _child(element: Element, name: str) -> Element | None:
    return next((one for one in element if _tag(one) == name), None)


def _value(shape: Shape, element: Element, where: str) -> Iterator[str]:
    kind, text = shape.type_name, element.text or ""
    if kind == "structure":
        yield from _members(shape, element, where, set())
    elif kind == "list":
        name = shape.member.serialization.get("name", "member")
        for number, item in enumerate(element):
            if _tag(item) != name:
                yield f"{where}.{number} is a <{_tag(item)}>, not a <{name}>"
            yield from _value(shape.member, item, f"{where}.{number}")
    elif not _reads_as(kind, text):
        yield f"{where} is '{text}', not a {kind}"
    elif kind == "string" and not may_be(shape, text):
        yield f"{where} is '{text}', not one of {', '.join(shape.enum)}"


def _members(shape: Shape, element: Element, where: str, others: set[str]) -> Iterator[str]:
    names = {_wire_name(name, member): name for name, member in shape.members.items()}
    present = {names.get(_tag(one)) for one in element}
    for name in shape.required_members:
        if name not in present:
            yield f"{where}.{name} is missing"
    for one in element:
        name = names.get(_tag(one), "")
        if name and _is_flat(shape.members[name]):
            yield from _value(shape.members[name].member, one, f"{where}.{name}")
        elif name:
            yield from _value(shape.members[name], one, f"{where}.{name}")
        elif _tag(one) not in others and not may_have(f"{where}.{_tag(one)}"):
            yield f"{where}.{_tag(one)} is not in the model"


def _wire_name(name: str, member: Shape) -> str:
    inner = member.member.serialization.get("name") if _is_flat(member) else None
    return str(inner or member.serialization.get("name", name))


def _is_flat(shape: Shape) -> bool:
    return shape.type_name == "list" and bool(shape.serialization.get("flattened"))


def _reads_as(kind: str, text: str) -> bool:
    try:
        if kind in ("integer", "long"):
            int(text)
        elif kind in ("float", "double"):
            float(text)
        elif kind == "timestamp":
            datetime.fromisoformat(text)
        elif kind == "boolean":
            return text in ("true", "false")
    except ValueError:
        return False
    return True
