"""Step in front of a service: look at a request before ministack does."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from ministack import app
from ministack.core.responses import error_response_json

from vendhost_cloud.errors import AwsError
from vendhost_cloud.query_service import encode_error

Response = tuple[int, dict[str, str], Any]


@dataclass(frozen=True)
class Call:
    """A request to a service."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    query: dict[str, Any]

    @cached_property
    def json(self) -> dict[str, Any]:
        try:
            parsed = json.loads(self.body or b"{}")
        except ValueError:
            return {}
        return parsed if isinstance(parsed, dict) else {}

    @cached_property
    def parameters(self) -> dict[str, str]:
        """Those of the Query protocol."""
        given = {**self.query, **parse_qs(self.body.decode(errors="replace"), keep_blank_values=True)}
        return {name: str(value[0]) if isinstance(value, list) else str(value) for name, value in given.items()}

    @property
    def operation(self) -> str:
        return self.headers.get("x-amz-target", "").rpartition(".")[2] or self.parameters.get("Action", "")


def before(service: str, look: Callable[[Call], Response | None]) -> None:
    """Let `look` refuse a request (AwsError), or answer it; otherwise it goes on to the service."""
    known = app.SERVICE_HANDLERS[service]

    async def handle(method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]) -> Response:
        try:
            answer = look(Call(method, path, headers, body, query))
        except AwsError as error:
            return _refusal(service, error)
        if answer is None:
            answer = await known(method, path, headers, body, query)
        return answer

    app.SERVICE_HANDLERS[service] = handle


def _refusal(service: str, error: AwsError) -> Response:
    if service == "s3":
        body = f"<Error><Code>{error.code}</Code><Message>{escape(error.message)}</Message></Error>"
        return error.status, {"Content-Type": "application/xml"}, f'<?xml version="1.0"?>{body}'.encode()
    if service in ("iam", "sts", "ec2"):
        return error.status, {"Content-Type": "text/xml"}, encode_error(service, error)
    refused: Response = error_response_json(error.code, error.message, error.status)
    return refused
