"""The instance metadata service, version 2: http://169.254.169.254 of every instance.

One server for all instances: `machines.gate` connects each from its own address. Who has no machine here gets
nothing. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
That HEAD is answered, and that X-Forwarded-For matters to PUT alone, is an assumption: no page of AWS was found for it.
"""

import hmac
import re
import secrets
import socket
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ministack.services import ec2

from vendhost_cloud import machines
from vendhost_cloud.ec2.store import Record, scoped
from vendhost_cloud.machines.addresses import free_address
from vendhost_cloud.metadata_service.documents import document

_LONGEST_SECONDS = 21600
_VERSION = re.compile(r"^/(latest|\d{4}-\d{2}-\d{2})/(.*)$")
_TTL = "X-aws-ec2-metadata-token-ttl-seconds"

_tokens: dict[str, dict[str, float]] = {}
"""Instance -> its tokens, and when each ends."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "EC2ws", ""

    def do_PUT(self) -> None:
        self._with_instance(self._token)

    def do_GET(self) -> None:
        self._with_instance(self._read)

    def do_HEAD(self) -> None:
        self._with_instance(self._read)

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are not logged: their answers are credentials, and every SDK asks all the time."""

    def _with_instance(self, answer: Any) -> None:
        machine = machines.at(self.client_address[0])
        if machine is None:
            return self._say(HTTPStatus.NOT_FOUND)
        with scoped(machine.account, machine.region):
            record = ec2._instances.get(machine.instance_id)
            if record is None or record["MetadataOptions"]["HttpEndpoint"] != "enabled":
                return self._say(HTTPStatus.FORBIDDEN)
            answer(record)
        return None

    def _token(self, record: Record) -> None:
        seconds = self.headers.get(_TTL, "")
        if self.path != "/latest/api/token":
            return self._say(HTTPStatus.NOT_FOUND)
        # A proxy that forwards requests of strangers adds the header: it gets no token.
        if "X-Forwarded-For" in self.headers:
            return self._say(HTTPStatus.FORBIDDEN)
        if not seconds.isdecimal() or not 1 <= int(seconds) <= _LONGEST_SECONDS:
            return self._say(HTTPStatus.BAD_REQUEST)
        token = secrets.token_urlsafe(42)
        now = time.monotonic()
        known = {each: end for each, end in _tokens.get(record["InstanceId"], {}).items() if end > now}
        _tokens[record["InstanceId"]] = {**known, token: now + int(seconds)}
        # The packets with a token live for so many hops.
        hops = int(record["MetadataOptions"]["HttpPutResponseHopLimit"])
        self.connection.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, hops)
        return self._say(HTTPStatus.OK, token.encode(), headers={_TTL: seconds})

    def _read(self, record: Record) -> None:
        token = self.headers.get("X-aws-ec2-metadata-token")
        if token is None:
            allowed = record["MetadataOptions"]["HttpTokens"] == "optional"
        else:
            known = _tokens.get(record["InstanceId"], {})
            allowed = any(hmac.compare_digest(token, each) and end > time.monotonic() for each, end in known.items())
        if not allowed:
            return self._say(HTTPStatus.UNAUTHORIZED)
        asked = _VERSION.match(self.path)
        found = document(record, asked[2]) if asked else None
        if found is None:
            return self._say(HTTPStatus.NOT_FOUND)
        return self._say(HTTPStatus.OK, found.encode())

    def _say(self, status: HTTPStatus, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "text/plain", "Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


class _Server(ThreadingHTTPServer):
    daemon_threads = True


def register() -> None:
    if machines.why_not() is not None:
        return
    server = _Server((free_address(), 0), _Handler)
    threading.Thread(target=server.serve_forever, name="metadata service", daemon=True).start()
    host, port = server.server_address[:2]
    machines.play(machines.METADATA, (str(host), port))
