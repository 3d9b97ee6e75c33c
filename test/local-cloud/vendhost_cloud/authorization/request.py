"""A request as IAM sees it, and what it needs."""

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

Context = dict[str, Any]


@dataclass(frozen=True)
class Requirement:
    """One permission: `service` is ministack's name of the service that owns the resource."""

    action: str
    resource_arn: str
    service: str
    context: Context = field(default_factory=dict)


@dataclass
class Request:
    """A request as IAM sees it; `arn` is the resource ministack takes it to be about."""

    service: str
    action: str
    headers: dict[str, str]
    body: bytes
    query: dict[str, Any]
    region: str
    account: str
    arn: str

    @cached_property
    def json(self) -> dict[str, Any]:
        try:
            parsed = json.loads(self.body or b"{}")
        except ValueError:
            return {}
        return parsed if isinstance(parsed, dict) else {}

    def parameter(self, name: str) -> str:
        value = self.query.get(name, "")
        return str(value[0]) if isinstance(value, list) else str(value)

    def parameters(self, prefix: str) -> list[str]:
        """Values of PREFIX.1, PREFIX.2, … (with or without `.member`)."""
        values: list[str] = []
        for number in range(1, 1000):
            value = self.parameter(f"{prefix}.{number}") or self.parameter(f"{prefix}.member.{number}")
            if not value:
                break
            values.append(value)
        return values

    def own(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"

    @property
    def operation(self) -> str:
        return self.action.partition(":")[2]

    def needs(self, arn: str, context: Context | None = None) -> Requirement:
        return Requirement(self.action, arn, self.service, context or {})


def pass_role(role_arn: str, service: str) -> Requirement:
    """Passing a role to a service needs iam:PassRole on it."""
    return Requirement("iam:PassRole", role_arn, "iam", {"iam:PassedToService": service})
