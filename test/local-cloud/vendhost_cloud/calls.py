"""Calls to the emulator's other services from inside the process, by their public APIs.

By API, not by store: whichever part of this package serves an operation answers it. Worker
threads only (ministack refuses to wait on its own loop).
"""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode
from xml.etree.ElementTree import Element, fromstring

from ministack import app
from ministack.services import s3

from .errors import AwsError


def query(service: str, action: str, parameters: Mapping[str, str]) -> Element:
    """A Query or EC2 protocol call; the answer's XML with namespaces removed."""
    form = urlencode({"Action": action, **parameters}).encode()
    headers = {"content-type": "application/x-www-form-urlencoded"}
    status, _, body = app.call_service_handler_sync(app.SERVICE_HANDLERS[service], "POST", "/", headers, form, {})
    root = fromstring(body)
    for node in root.iter():
        node.tag = node.tag.rpartition("}")[2]
    if status >= 300:
        code = root.findtext(".//Code") or "Unknown"
        raise AwsError(code, root.findtext(".//Message") or f"{service} {action} failed", status)
    return root


def texts(root: Element, path: str) -> list[str]:
    """The non-empty texts at a path."""
    return [node.text for node in root.findall(path) if node.text]


def get_object(bucket: str, key: str, version: str | None = None) -> tuple[bytes, dict[str, str]]:
    """An object's bytes and headers (lower-case names)."""
    return _s3("GET", bucket, key, query={"versionId": [version]} if version else {})


def put_object(bucket: str, key: str, body: bytes, headers: Mapping[str, str]) -> dict[str, str]:
    """Write an object; the answer's headers."""
    return _s3("PUT", bucket, key, body=body, headers=headers)[1]


def _s3(
    method: str,
    bucket: str,
    key: str,
    *,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, list[str]] | None = None,
) -> tuple[bytes, dict[str, str]]:
    async def handle(*request: Any) -> Any:
        return await s3.handle_request(*request, internal=True)

    handler: Callable[..., Any] = handle
    path = f"/{bucket}/{key}"
    status, answer, content = app.call_service_handler_sync(
        handler, method, path, dict(headers or {}), body, dict(query or {})
    )
    if status >= 300:
        root = fromstring(content) if content else None
        code = (root.findtext("{*}Code") or root.findtext("Code")) if root is not None else None
        text = (root.findtext("{*}Message") or root.findtext("Message")) if root is not None else None
        raise AwsError(code or "NoSuchKey", text or f"S3 {method} {path}: {status}", status)
    return content, {name.lower(): value for name, value in answer.items()}
