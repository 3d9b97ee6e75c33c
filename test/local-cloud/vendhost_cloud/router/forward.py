"""Send a request to a healthy target, round robin, with the headers an ALB adds."""

import http.client
import itertools
import secrets
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from ministack.services import alb

from vendhost_cloud.load_balancers import target_health
from vendhost_cloud.router import in_flight, request_count
from vendhost_cloud.router.choice import Choice, Record

_TIMEOUT_SECONDS = 60.0
"""An ALB's idle timeout."""

_HOP_BY_HOP = {
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
}

_turns: dict[str, "itertools.count[int]"] = defaultdict(itertools.count)


class NoTarget(Exception):
    """No target could take the request; `status` is what an ALB answers, the message says why."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass
class Forwarded:
    """A target's answer; the body is read by the caller, who closes it."""

    connection: http.client.HTTPConnection
    response: http.client.HTTPResponse
    target: in_flight.Target

    def close(self) -> None:
        self.connection.close()
        in_flight.end(self.target)

    def headers(self) -> list[tuple[str, str]]:
        return [(name, value) for name, value in self.response.getheaders() if name.lower() not in _HOP_BY_HOP]


def send(
    choice: Choice, method: str, target: str, headers: Iterator[tuple[str, str]], body: bytes, client: str
) -> Forwarded:
    """Forward a request; raises NoTarget."""
    group = _target_group(choice)
    chosen, (address, port) = in_flight.begin(lambda: _next_target(choice.account, group))
    request_count.count(choice.account, group["TargetGroupArn"], choice.balancer["LoadBalancerArn"])
    connection = http.client.HTTPConnection(address, port, timeout=_TIMEOUT_SECONDS)
    try:
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in _target_headers(choice.listener, headers, client):
            connection.putheader(name, value)
        if body:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body or None)
        return Forwarded(connection, connection.getresponse(), chosen)
    except (OSError, http.client.HTTPException) as error:
        connection.close()
        in_flight.end(chosen)
        state = target_health.state(choice.account, group, {"Id": chosen[1], "Port": port})
        reason = f"{chosen[1]} ({state.state}) at {address}:{port}: {type(error).__name__} {error}"
        raise NoTarget(504 if isinstance(error, TimeoutError) else 502, reason) from None


def _target_group(choice: Choice) -> Record:
    arn = choice.action.get("TargetGroupArn", "")
    group = next((one for (_, _, its_arn), one in alb._tgs.all_items() if its_arn == arn), None)
    if group is None:
        raise NoTarget(503, f"there is no target group {arn}")
    return dict(group)


def _next_target(account: str, group: Record) -> tuple[in_flight.Target, tuple[str, int]]:
    targets = target_health.healthy(account, group)
    if not targets:
        raise NoTarget(503, "no target is healthy or unhealthy")
    target = targets[next(_turns[group["TargetGroupArn"]]) % len(targets)]
    address = target_health.address_of(group, target["Id"])
    if address is None:
        raise NoTarget(502, f"{target['Id']} is not running")
    return (group["TargetGroupArn"], target["Id"]), (address, target_health.port_of(group, target))


def _target_headers(listener: Record, headers: Iterator[tuple[str, str]], client: str) -> Iterator[tuple[str, str]]:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/application/x-forwarded-headers.html"""
    forwarded_for, trace = client, f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)}"
    for name, value in headers:
        lower = name.lower()
        if lower == "x-forwarded-for":
            forwarded_for = f"{value}, {client}"
        elif lower == "x-amzn-trace-id":
            trace = value
        elif lower == "host":
            yield "Host", alb._target_host_header(value, listener["Port"])
        elif lower not in _HOP_BY_HOP | {"content-length", "x-forwarded-proto", "x-forwarded-port", "expect"}:
            yield name, value
    yield "X-Forwarded-For", forwarded_for
    yield "X-Forwarded-Proto", str(listener["Protocol"]).lower()
    yield "X-Forwarded-Port", str(listener["Port"])
    yield "X-Amzn-Trace-Id", trace
