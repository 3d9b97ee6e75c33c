"""The service role's credentials in a build: http://169.254.170.2 and AWS_CONTAINER_CREDENTIALS_RELATIVE_URI.

https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
"""

import json
import secrets
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from vendhost_cloud import machines
from vendhost_cloud.machines.addresses import free_address
from vendhost_cloud.sessions import Session, utc

_issued: dict[str, str] = {}
"""Path -> what is there."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        found = _issued.get(self.path)
        body = (found or "").encode()
        self.send_response(HTTPStatus.OK if found else HTTPStatus.NOT_FOUND)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Paths are secrets."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True


def serve() -> None:
    if machines.why_not() is not None:
        return
    server = _Server((free_address(), 0), _Handler)
    threading.Thread(target=server.serve_forever, name="credentials of builds", daemon=True).start()
    host, port = server.server_address[:2]
    machines.play(machines.CONTAINER, (str(host), port))


def publish(session: Session, role: str) -> str:
    """The path for these credentials."""
    path = f"/v2/credentials/{secrets.token_hex(16)}"
    _issued[path] = json.dumps(
        {
            "RoleArn": role,
            "AccessKeyId": session.key,
            "SecretAccessKey": session.secret,
            "Token": session.token,
            "Expiration": utc(session.end),
        }
    )
    return path


def withdraw(path: str) -> None:
    _issued.pop(path, None)
