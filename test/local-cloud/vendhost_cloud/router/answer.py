"""Answers the router gives itself, as an ALB gives them: redirects, fixed responses, errors."""

from dataclasses import dataclass, field

from vendhost_cloud.router.choice import Record, Request

SERVER = "awselb/2.0"


@dataclass(frozen=True)
class Answer:
    """A whole HTTP answer."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


_REASONS = {
    500: "Internal Server Error",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Service Temporarily Unavailable",
    504: "Gateway Time-out",
}


REASON_HEADER = "X-Vendhost-Reason"


def failure(status: int, reason: str) -> Answer:
    """The page an ALB shows when a target cannot answer; why, which an ALB does not say, is in a header."""
    title = f"{status} {_REASONS[status]}"
    head, body = f"<head><title>{title}</title></head>", f"<center><h1>{title}</h1></center>"
    page = f"<html>\r\n{head}\r\n<body>\r\n{body}\r\n</body>\r\n</html>\r\n"
    plain = reason.encode("ascii", "replace").decode().replace("\n", " ")
    return Answer(status, page.encode(), {"Content-Type": "text/html", REASON_HEADER: plain})


def refusal(status: int, reason: str) -> Answer:
    """The answer when the router does not support what an ALB would do."""
    return Answer(
        status, f"the local cloud's router: {reason}\n".encode(), {"Content-Type": "text/plain; charset=utf-8"}
    )


def fixed(action: Record) -> Answer:
    """A fixed-response action."""
    config = action["FixedResponseConfig"]
    body = str(config.get("MessageBody") or "").encode()
    return Answer(int(config["StatusCode"]), body, {"Content-Type": config.get("ContentType") or "text/plain"})


def redirect(action: Record, listener: Record, request: Request) -> Answer:
    """A redirect action; the port is always written, as an ALB does.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RedirectActionConfig.html
    """
    config = action["RedirectConfig"]
    values = {
        "#{protocol}": str(listener["Protocol"]).lower(),
        "#{host}": request.host,
        "#{port}": str(listener["Port"]),
        "#{path}": request.path.removeprefix("/"),
        "#{query}": request.query,
    }

    def fill(name: str, default: str) -> str:
        text = str(config.get(name) or default)
        for placeholder, value in values.items():
            text = text.replace(placeholder, value)
        return text

    query = fill("Query", "#{query}")
    location = (
        f"{fill('Protocol', '#{protocol}').lower()}://{fill('Host', '#{host}')}:{fill('Port', '#{port}')}"
        f"{fill('Path', '/#{path}')}{f'?{query}' if query else ''}"
    )
    status = int(str(config.get("StatusCode", "HTTP_301")).removeprefix("HTTP_"))
    return Answer(status, b"", {"Location": location, "Content-Type": "text/html"})
