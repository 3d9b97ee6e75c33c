"""Which load balancer, listener, rule and action a request meets: decided from the emulator's stores, nothing sent."""

import fnmatch
import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ministack.services import alb

Record = dict[str, Any]


class Unsupported(Exception):
    """A rule the router does not support; the message names it."""


@dataclass(frozen=True)
class Request:
    """What rules match on. `protocol` is the listener's: HTTP or HTTPS."""

    protocol: str
    method: str
    host: str
    path: str
    query: str
    named_balancer: str = ""
    source: str = "127.0.0.1"


@dataclass(frozen=True)
class Choice:
    """What a request meets."""

    account: str
    balancer: Record
    listener: Record
    rule: Record
    action: Record


@dataclass(frozen=True)
class Balancer:
    """A load balancer with its owner."""

    account: str
    record: Record

    def listeners(self) -> list[Record]:
        arn = self.record["LoadBalancerArn"]
        found = [one for one in alb._listeners.all_values() if one["LoadBalancerArn"] == arn]
        return sorted(found, key=lambda one: int(one["Port"]))

    def rules(self, listener: Record) -> list[Record]:
        found = [one for one in alb._rules.all_values() if one["ListenerArn"] == listener["ListenerArn"]]
        return sorted(found, key=_rank)


def choose(request: Request) -> Choice | None:
    """The choice for a request; None when no load balancer has a listener for it."""
    for balancer in _candidates(request):
        listener = next((one for one in balancer.listeners() if one["Protocol"] == request.protocol), None)
        if listener is None:
            continue
        for rule in balancer.rules(listener):
            if rule["IsDefault"] or matches(rule["Conditions"], request):
                actions = listener["DefaultActions"] if rule["IsDefault"] else rule["Actions"]
                return Choice(balancer.account, balancer.record, listener, rule, _terminal(actions))
    return None


def matches(conditions: Iterable[Record], request: Request) -> bool:
    """Whether a request meets all conditions. https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html"""
    return all(_meets(condition, request) for condition in conditions)


def _candidates(request: Request) -> Iterator[Balancer]:
    """The load balancers to try, in order: the named one only; the one with a rule for the host; any other."""
    known = [Balancer(account, one) for (account, _, _), one in alb._lbs.all_items()]
    known.sort(key=lambda one: (one.record["CreatedTime"], one.record["LoadBalancerArn"]))
    wanted = request.named_balancer.lower()
    if wanted:
        yield from (
            one for one in known if wanted in (one.record["DNSName"].lower(), one.record["LoadBalancerName"].lower())
        )
        return
    named = [one for one in known if one.record["DNSName"].lower() == request.host]
    yield from named or sorted(known, key=lambda one: _distance(one, request.host))


def _distance(balancer: Balancer, host: str) -> int:
    """0 when a rule names the host, 1 when one has a pattern for it, 2 when none does.

    DNS would say where a host is; here its rules do.
    """
    patterns = [
        value.lower()
        for listener in balancer.listeners()
        for rule in balancer.rules(listener)
        for condition in rule["Conditions"]
        if condition.get("Field") == "host-header"
        for value in _values(condition)
    ]
    if host in patterns:
        return 0
    return 1 if _any_like(host, patterns) else 2


def _meets(condition: Record, request: Request) -> bool:
    field, values = condition.get("Field"), _values(condition)
    if field == "host-header":
        return _any_like(request.host, [value.lower() for value in values])
    if field == "path-pattern":
        return _any_like(request.path, values)
    if field == "http-request-method":
        return request.method in values
    if field == "source-ip":
        return any(ipaddress.ip_address(request.source) in ipaddress.ip_network(value) for value in values)
    raise Unsupported(f"rules with the condition {field}")


def _values(condition: Record) -> list[str]:
    values = condition.get("Values") or []
    for name, config in condition.items():
        if name.endswith("Config") and isinstance(config, dict):
            values = values or config.get("Values", [])
    return [str(value) for value in values]


def _any_like(text: str, patterns: Iterable[str]) -> bool:
    # An ALB knows * and ?; square brackets are ordinary characters.
    return any(fnmatch.fnmatchcase(text, pattern.replace("[", "[[]")) for pattern in patterns)


def _terminal(actions: list[Record]) -> Record:
    ordered = sorted(actions, key=lambda one: int(one.get("Order") or 1))
    if len(ordered) != 1:
        raise Unsupported(f"rules with {len(ordered)} actions ({', '.join(one['Type'] for one in ordered)})")
    return ordered[0]


def _rank(rule: Record) -> int:
    return 10**6 if rule["IsDefault"] else int(rule["Priority"])
