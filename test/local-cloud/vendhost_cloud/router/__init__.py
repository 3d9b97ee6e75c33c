"""The load balancers' data plane: two loopback ports that answer as the ALBs of all accounts would.

Which ALB: the one whose DNS name is the Host (or is named, by DNS name or name, in the request header
X-Vendhost-Load-Balancer), else the one with a rule for the host, else the oldest. HTTPS listeners are served as
plain HTTP, and the answer says so.
"""

import json
import threading
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import BinaryIO, ClassVar, cast

from vendhost_cloud.router import answer, choice, forward
from vendhost_cloud.state import cloud_directory

_LOCAL_HEADER = ("X-Vendhost-Local", "https listener over plain http")
_CHUNK = 65536


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = answer.SERVER
    sys_version = ""
    listener_protocol: ClassVar[str]

    def handle_any(self) -> None:
        target = self.path if self.path.startswith("/") else f"/{self.path}"
        path, _, query = target.partition("?")
        request = choice.Request(
            protocol=self.listener_protocol,
            method=self.command,
            host=self.headers.get("Host", "").rpartition(":")[0].lower() or self.headers.get("Host", "").lower(),
            path=path,
            query=query,
            named_balancer=self.headers.get("X-Vendhost-Load-Balancer", ""),
            source=self.client_address[0],
        )
        body = self._body()
        try:
            if self.headers.get("Upgrade"):
                raise choice.Unsupported(f"protocol upgrades ({self.headers['Upgrade']})")
            found = choice.choose(request)
            if found is None:
                self._answer(
                    answer.refusal(503, f"no load balancer has a {request.protocol} listener for {request.host}")
                )
            elif found.action["Type"] == "fixed-response":
                self._answer(answer.fixed(found.action))
            elif found.action["Type"] == "redirect":
                self._answer(answer.redirect(found.action, found.listener, request))
            elif found.action["Type"] == "forward":
                self._relay(
                    forward.send(found, self.command, target, iter(self.headers.items()), body, self.client_address[0])
                )
            else:
                raise choice.Unsupported(f"{found.action['Type']} actions")
        except choice.Unsupported as reason:
            self._answer(answer.refusal(500, f"{reason} are not supported"))
        except forward.NoTarget as none:
            self._answer(answer.failure(none.status, str(none)))

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return _read_chunks(cast(BinaryIO, self.rfile))
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _answer(self, reply: answer.Answer) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self._say_local()
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)

    def _relay(self, forwarded: forward.Forwarded) -> None:
        with closing(forwarded), forwarded.response as response:
            self.send_response_only(response.status, response.reason)
            headers = forwarded.headers()
            for name, value in headers:
                self.send_header(name, value)
            bare = self.command == "HEAD" or response.status in (204, 304)
            chunked = not bare and all(name.lower() != "content-length" for name, _ in headers)
            if chunked:
                self.send_header("Transfer-Encoding", "chunked")
            self._say_local()
            self.end_headers()
            while not bare and (part := response.read1(_CHUNK)):
                self.wfile.write(b"%x\r\n%b\r\n" % (len(part), part) if chunked else part)
            if chunked:
                self.wfile.write(b"0\r\n\r\n")

    def _say_local(self) -> None:
        if self.listener_protocol == "HTTPS":
            self.send_header(*_LOCAL_HEADER)

    def log_message(self, format: str, *args: object) -> None:
        """No log: an ALB would write its access log to S3, if enabled."""

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = handle_any


class _HttpHandler(_Handler):
    listener_protocol = "HTTP"


class _HttpsHandler(_Handler):
    listener_protocol = "HTTPS"


def _read_chunks(stream: BinaryIO) -> bytes:
    body = bytearray()
    while size := int(stream.readline().partition(b";")[0], 16):
        body += stream.read(size)
        stream.readline()
    while stream.readline().strip():
        pass
    return bytes(body)


def _serve(handler: type[_Handler]) -> str:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name=f"router {handler.listener_protocol}", daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}"


def register() -> None:
    """Serve both listeners and say where in ready.json."""
    ready = {"http": _serve(_HttpHandler), "https": _serve(_HttpsHandler)}
    part = cloud_directory() / "ready.json.part"
    part.write_text(json.dumps(ready))
    part.rename(cloud_directory() / "ready.json")
