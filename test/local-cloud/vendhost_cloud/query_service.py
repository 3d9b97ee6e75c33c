"""Requests and answers of the EC2 and Query protocols (EC2, Auto Scaling, ELB), read and written by botocore's models.

A handler gets the request as the SDK's caller wrote it and returns the answer in the same shape. A parameter that
is not in the model, or that the handler did not declare, is an error: nothing is silently ignored.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

from botocore.loaders import Loader
from botocore.model import ServiceModel, Shape
from ministack.core.responses import new_uuid

from vendhost_cloud.errors import AwsError, Unsupported

Body = dict[str, Any]
Handler = Callable[[Body], Body | None]
Params = dict[str, Any]
Answer = tuple[int, dict[str, str], bytes]

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
_HEADERS = {"Content-Type": "text/xml;charset=UTF-8"}


@cache
def service_model(service: str) -> ServiceModel:
    """botocore's model of a service."""
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


def action(
    service: str, operation: str, handler: Handler, *, supported: Iterable[str] | None = None
) -> Callable[[Params], Answer]:
    """A handler as an entry for ministack's action tables. `supported`: the parameters it honours (None: all)."""
    known = None if supported is None else frozenset(supported)

    def answer(params: Params) -> Answer:
        try:
            request = decode(service, operation, params)
            foreign = set(request) - known if known is not None else set()
            if foreign:
                names = ", ".join(sorted(foreign))
                raise Unsupported(f"{names} of {operation}")
            return 200, dict(_HEADERS), encode(service, operation, handler(request) or {})
        except AwsError as error:
            return error.status, dict(_HEADERS), encode_error(service, error)

    return answer


def decode(service: str, operation: str, params: Params) -> Body:
    """The request's parameters in the shape of the API."""
    shape = service_model(service).operation_model(operation).input_shape
    flat = {key: value[0] if isinstance(value, list) else value for key, value in params.items()}
    nested = _nest({key: value for key, value in flat.items() if key not in ("Action", "Version")})
    return {} if shape is None else _read(shape, nested, service == "ec2", operation)


def encode(service: str, operation: str, result: Body) -> bytes:
    """The answer as XML."""
    model = service_model(service)
    shape = model.operation_model(operation).output_shape
    ec2 = service == "ec2"
    inner = "" if shape is None else _write_members(shape, result, ec2)
    namespace = model.metadata.get("xmlNamespace") or f"http://{service}.amazonaws.com/doc/{model.api_version}/"
    if ec2:
        # EC2 answers operations without a result with <return>true</return>.
        inner = inner or "<return>true</return>"
        body = f"{inner}<requestId>{new_uuid()}</requestId>"
    else:
        result_name = f"{operation}Result"
        body = (
            f"<{result_name}>{inner}</{result_name}>"
            f"<ResponseMetadata><RequestId>{new_uuid()}</RequestId></ResponseMetadata>"
        )
    return f'{_DECLARATION}<{operation}Response xmlns="{namespace}">{body}</{operation}Response>'.encode()


def encode_error(service: str, failure: AwsError) -> bytes:
    """The error as XML, in the envelope of its protocol."""
    error = f"<Code>{escape(failure.code)}</Code><Message>{escape(failure.message)}</Message>"
    if service == "ec2":
        body = f"<Response><Errors><Error>{error}</Error></Errors><RequestID>{new_uuid()}</RequestID></Response>"
    else:
        sender = f"<Error><Type>Sender</Type>{error}</Error>"
        body = f"<ErrorResponse>{sender}<RequestId>{new_uuid()}</RequestId></ErrorResponse>"
    return f"{_DECLARATION}{body}".encode()


def page(items: list[Any], request: Body, *, limit: str = "MaxResults") -> tuple[list[Any], str | None]:
    """The page of a list that a request asks for, and the token of the next one (an offset)."""
    token = str(request.get("NextToken") or "0")
    if not token.isdigit() or int(token) > len(items):
        raise AwsError("InvalidNextToken", f"no page starts at '{token}'")
    end = int(token) + int(request.get(limit) or 1000)
    return items[int(token) : end], str(end) if end < len(items) else None


def render(service: str, shape: str, value: Body) -> str:
    """The members of a named structure as XML, for ministack's own renderers."""
    return _write_members(service_model(service).shape_for(shape), value, service == "ec2")


def _nest(flat: dict[str, Any]) -> Body:
    root: Body = {}
    for key, value in flat.items():
        node = root
        *path, last = key.split(".")
        for step in path:
            following = node.setdefault(step, {})
            node = following if isinstance(following, dict) else {}
        node[last] = value
    return root


def _read(shape: Shape, value: Any, ec2: bool, where: str) -> Any:
    if shape.type_name == "structure":
        return _read_members(shape, value, ec2, where)
    if shape.type_name == "list":
        numbered = value if isinstance(value, dict) else {}
        if not ec2 and "member" in numbered:
            numbered = numbered["member"]
        ordered = sorted(numbered.items(), key=lambda entry: int(entry[0])) if all(map(str.isdigit, numbered)) else []
        return [_read(shape.member, item, ec2, where) for _, item in ordered]
    if shape.type_name in ("integer", "long"):
        return _number(value, int, where)
    if shape.type_name in ("float", "double"):
        return _number(value, float, where)
    if shape.type_name == "boolean":
        return str(value).lower() == "true"
    if shape.type_name == "map":
        raise Unsupported(f"maps in requests ({where})")
    return value


def _read_members(shape: Shape, value: Any, ec2: bool, where: str) -> Body:
    names = {_request_name(name, member, ec2): (name, member) for name, member in shape.members.items()}
    read: Body = {}
    for key, item in (value if isinstance(value, dict) else {}).items():
        if key not in names:
            raise AwsError("UnknownParameter", f"The parameter {where}.{key} is not recognized")
        name, member = names[key]
        read[name] = _read(member, item, ec2, f"{where}.{key}")
    return read


def _number(value: Any, kind: Callable[[Any], Any], where: str) -> Any:
    try:
        return kind(value)
    except (TypeError, ValueError):
        raise AwsError("InvalidParameterValue", f"{where}: '{value}' is not a number") from None


def _request_name(name: str, member: Shape, ec2: bool) -> str:
    wire: str = member.serialization.get("queryName") or member.serialization.get("name") or name
    return wire[0].upper() + wire[1:] if ec2 else wire


def _write(shape: Shape, value: Any, tag: str, ec2: bool) -> str:
    if value is None:
        return ""
    if shape.type_name == "structure":
        return f"<{tag}>{_write_members(shape, value, ec2)}</{tag}>"
    if shape.type_name == "list":
        item = shape.member.serialization.get("name", "item" if ec2 else "member")
        return f"<{tag}>{''.join(_write(shape.member, entry, item, ec2) for entry in value)}</{tag}>"
    if shape.type_name == "boolean":
        return f"<{tag}>{'true' if value else 'false'}</{tag}>"
    if shape.type_name == "timestamp" and isinstance(value, (int, float)):
        return f"<{tag}>{datetime.fromtimestamp(value, UTC).strftime('%Y-%m-%dT%H:%M:%S.%f')[:-3]}Z</{tag}>"
    return f"<{tag}>{escape(str(value))}</{tag}>"


def _write_members(shape: Shape, value: Body, ec2: bool) -> str:
    return "".join(
        _write(member, value[name], member.serialization.get("name", name), ec2)
        for name, member in shape.members.items()
        if name in value
    )
