"""Reading what does not exist is an error, not an empty list."""

from collections.abc import Callable

from ministack.services import alb

from vendhost_cloud.errors import AwsError
from vendhost_cloud.load_balancers.interception import Answer, Known, before, flat
from vendhost_cloud.query_service import Params


def _listener(arn: str) -> None:
    if arn not in alb._listeners:
        raise AwsError("ListenerNotFound", f"One or more listeners not found: {arn}")


def _rule(arn: str) -> None:
    if arn not in alb._rules:
        raise AwsError("RuleNotFound", f"One or more rules not found: {arn}")


def _balancer(arn: str) -> None:
    if arn not in alb._lbs:
        raise AwsError("LoadBalancerNotFound", f"One or more load balancers not found: {arn}")


_CHECKS: dict[str, Callable[[str], None]] = {
    "ListenerArn": _listener,
    "ListenerArns.member.": _listener,
    "LoadBalancerArn": _balancer,
    "RuleArns.member.": _rule,
}


def _describe(params: Params, known: Known) -> Answer:
    for key in params:
        for prefix, check in _CHECKS.items():
            if key == prefix or (prefix.endswith(".") and key.startswith(prefix)):
                check(flat(params, key))
    return known(params)


def register() -> None:
    for operation in ("DescribeListeners", "DescribeRules"):
        before(operation, _describe)
