"""Names of load balancers and target groups: 32 letters, digits and hyphens.

https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html
"""

import re
from collections.abc import Callable
from typing import Any

from vendhost_cloud.errors import AwsError
from vendhost_cloud.load_balancers.interception import Answer, Known, around_resource, before, flat
from vendhost_cloud.query_service import Params

_NAME = re.compile(r"^[A-Za-z0-9-]+$")


def check(kind: str, name: str) -> None:
    """Refuse a name AWS would refuse; `kind` is "load balancer" or "target group"."""
    if len(name) > 32:
        raise AwsError("ValidationError", f"The {kind} name '{name}' cannot be longer than '32' characters")
    if not _NAME.match(name):
        raise AwsError(
            "ValidationError", f"The {kind} name '{name}' can only contain characters that are alphanumeric and '-'"
        )
    if name.startswith("-") or name.endswith("-"):
        raise AwsError("ValidationError", f"The {kind} name '{name}' cannot begin or end with '-'")
    if kind == "load balancer" and name.startswith("internal-"):
        raise AwsError("ValidationError", f"The {kind} name '{name}' cannot begin with 'internal-'")


def register() -> None:
    for kind, operation, resource in (
        ("load balancer", "CreateLoadBalancer", "AWS::ElasticLoadBalancingV2::LoadBalancer"),
        ("target group", "CreateTargetGroup", "AWS::ElasticLoadBalancingV2::TargetGroup"),
    ):
        before(operation, _checked_call(kind))
        around_resource(resource, "create", _checked_create(kind))


def _checked_call(kind: str) -> Callable[[Params, Known], Answer]:
    def step(params: Params, known: Known) -> Answer:
        check(kind, flat(params, "Name"))
        return known(params)

    return step


def _checked_create(kind: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def wrap(known: Callable[..., Any]) -> Callable[..., Any]:
        def create(logical_id: str, props: dict[str, Any], stack_name: str) -> Any:
            if props.get("Name"):
                try:
                    check(kind, str(props["Name"]))
                except AwsError as error:
                    raise ValueError(error.message) from None
            return known(logical_id, props, stack_name)

        return create

    return wrap
