"""A JSON 1.1 service (X-Amz-Target) in ministack's registries, checked against AWS's own model.

Requests are validated and answers pruned by botocore's service model, which ministack brings
along: a misspelled or mistyped member is an error as on AWS, and private members of our
stores never leave the process.
"""

import copy
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from types import ModuleType
from typing import Any, cast

import botocore.session
from botocore.model import ServiceModel, Shape
from botocore.validate import ParamValidator
from ministack import app
from ministack.core import iam_actions
from ministack.core.concurrency import run_reentrant
from ministack.core.responses import error_response_json, json_response
from ministack.core.router import SERVICE_PATTERNS

from vendhost_cloud.errors import AwsError, Unsupported

Document = dict[str, Any]
Operation = Callable[[Document], Document | None]
Response = tuple[int, dict[str, str], bytes]
ArnOf = Callable[[str, Document, str, str], str]
"""(operation, request, region, account) -> the ARN that IAM checks, or `*`."""

CONTENT_TYPE = "application/x-amz-json-1.1"


class JsonService:
    """One service: its operations, and how it is reached (in process, over HTTP)."""

    def __init__(
        self,
        name: str,
        target: str,
        operations: Mapping[str, Operation],
        *,
        arn_of: ArnOf,
        reset: Callable[[], None],
        required: Mapping[str, str] | None = None,
        signing_name: str | None = None,
        checks_values: bool = False,
    ) -> None:
        self.name = name
        self.target = target
        self.operations = operations
        self.arn_of = arn_of
        self.reset = reset
        self.signing_name = signing_name or name
        """What requests are signed for, and how IAM calls the service, where that is not its name."""
        self.required = required or {}
        """Missing member -> the exception AWS names for it (else ValidationException)."""
        self.checks_values = checks_values
        """Values outside an enumeration are a ValidationException. CodeDeploy has exceptions of its own for them."""

    def call(self, operation: str, request: Document) -> Document:
        """Run one operation for the account and region of the current request scope.

        Raises AwsError; both HTTP and CloudFormation come through here.
        """
        model = _model(self.name)
        if operation not in model.operation_names:
            raise AwsError("UnknownOperationException", f"no operation {operation} in {self.name}")
        run = self.operations.get(operation)
        if run is None:
            raise Unsupported(f"{self.name}:{operation}")
        shapes = model.operation_model(operation)
        if shapes.input_shape is not None:
            self._validate(request, shapes.input_shape)
        answer = run(copy.deepcopy(request)) or {}
        return _prune(answer, shapes.output_shape) if shapes.output_shape is not None else {}

    def register(self) -> None:
        """Register the service with ministack: routing, reset, IAM."""
        module = ModuleType(f"ministack.services.{self.name}")
        module.__dict__.update(handle_request=self._handle, reset=self.reset)
        sys.modules[module.__name__] = module
        app.SERVICE_REGISTRY[self.name] = {"module": self.name}
        app.SERVICE_HANDLERS[self.name] = self._handle
        SERVICE_PATTERNS[self.name] = {
            "target_prefixes": [self.target],
            "host_patterns": [rf"{self.signing_name}\."],
            "credential_scope": self.signing_name,
        }
        iam_actions.SERVICE_TO_IAM_NAMESPACE[self.name] = self.signing_name
        _authorise_by_arn(self)

    async def _handle(self, method: str, path: str, headers: dict[str, str], body: bytes, query: Document) -> Response:
        return cast(Response, await run_reentrant(self.handle_now, headers, body))

    def handle_now(self, headers: dict[str, str], body: bytes) -> Response:
        """The answer to a request, without giving up the event loop."""
        operation = headers.get("x-amz-target", "").rpartition(".")[2]
        try:
            return self._answer(operation, body)
        except AwsError as error:
            refusal: Response = error_response_json(error.code, error.message, error.status, content_type=CONTENT_TYPE)
            return refusal

    def _answer(self, operation: str, body: bytes) -> Response:
        try:
            request = json.loads(body or b"{}")
        except ValueError as error:
            raise AwsError("SerializationException", str(error)) from error
        if not isinstance(request, dict):
            raise AwsError("SerializationException", "the request is not an object")
        answer: Response = json_response(self.call(operation, request), content_type=CONTENT_TYPE)
        return answer

    def _validate(self, request: Document, shape: Shape) -> None:
        for member in shape.required_members:
            if request.get(member) in (None, "") and member in self.required:
                raise AwsError(self.required[member], f"{member} is required")
        report = ParamValidator().validate(request, shape)
        if report.has_errors():
            raise AwsError("ValidationException", report.generate_report())
        for fault in _foreign_values(request, shape, "") if self.checks_values else ():
            raise AwsError("ValidationException", f"1 validation error detected: {fault}")


def _foreign_values(value: Any, shape: Shape, where: str) -> Iterator[str]:
    """Values outside their enumeration, pattern or size, in AWS's words. botocore checks the smallest size itself."""
    if shape.type_name == "structure":
        for name, item in value.items():
            yield from _foreign_values(item, shape.members[name], f"{where}.{name}")
    elif shape.type_name == "list":
        for number, item in enumerate(value, 1):
            yield from _foreign_values(item, shape.member, f"{where}.{number}.member")
    elif constraint := broken_constraint(value, shape):
        yield f"Value '{value}' at '{where.lstrip('.')}' failed to satisfy constraint: Member must {constraint}"


def broken_constraint(value: Any, shape: Shape) -> str | None:
    """What the model asks of a number or text, and this one is not."""
    most = shape.metadata.get("max")
    if shape.type_name in ("integer", "long"):
        return f"have value less than or equal to {most}" if most is not None and value > most else None
    if shape.type_name != "string":
        return None
    if shape.enum and value not in shape.enum:
        return f"satisfy enum value set: [{', '.join(shape.enum)}]"
    if most is not None and len(value) > most:
        return f"have length less than or equal to {most}"
    pattern = shape.metadata.get("pattern")
    if pattern and re.fullmatch(pattern, value, re.DOTALL) is None:
        return f"satisfy regular expression pattern: {pattern}"
    return None


@cache
def _model(name: str) -> ServiceModel:
    return botocore.session.get_session().get_service_model(name)


def _prune(value: Any, shape: Shape) -> Any:
    if shape.type_name == "structure" and isinstance(value, dict):
        return {
            name: _prune(value[name], member) for name, member in shape.members.items() if value.get(name) is not None
        }
    if shape.type_name == "list" and isinstance(value, (list, tuple)):
        return [_prune(item, shape.member) for item in value]
    if shape.type_name == "map" and isinstance(value, dict):
        return {key: _prune(item, shape.value) for key, item in value.items()}
    return value


def _authorise_by_arn(service: JsonService) -> None:
    """Tell ministack's IAM check which resource a request is about (it answers `*` for
    services it does not know, which no policy with a resource would match)."""
    known = iam_actions.extract_resource_arn

    def extract_resource_arn(
        name: str,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        query: Document,
        region: str,
        account: str,
    ) -> str:
        if name != service.name:
            return str(known(name, method, path, headers, body, query, region, account))
        try:
            request = json.loads(body or b"{}")
            operation = headers.get("x-amz-target", "").rpartition(".")[2]
            return service.arn_of(operation, request, region, account)
        except (ValueError, KeyError, TypeError, AttributeError, AwsError):
            return "*"

    iam_actions.extract_resource_arn = extract_resource_arn


def page(items: list[Any], request: Document, size: int, *, limit: str = "maxResults") -> tuple[list[Any], str | None]:
    """One page of `items` and the next token (an offset), as the list operations page."""
    start = int(request.get("nextToken") or 0) if str(request.get("nextToken") or 0).isdigit() else -1
    if start < 0 or start > len(items):
        raise AwsError("InvalidNextTokenException", f"no page starts at {request['nextToken']}")
    end = start + min(int(request.get(limit) or size), size)
    return items[start:end], str(end) if end < len(items) else None
