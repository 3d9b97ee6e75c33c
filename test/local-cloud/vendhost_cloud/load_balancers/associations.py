"""A target group serves one load balancer: listeners and rules of a second one cannot forward to it.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html
"""

from collections.abc import Callable, Iterator
from typing import Any

from ministack.services import alb
from ministack.services.cloudformation import provisioners

from vendhost_cloud.errors import AwsError
from vendhost_cloud.load_balancers.interception import Answer, Known, around_resource, before, flat
from vendhost_cloud.query_service import Params

Record = dict[str, Any]


def check(balancer: str, groups: list[str]) -> None:
    """Refuse target groups that another load balancer forwards to."""
    others = {group for owner, group in _in_use() if owner != balancer}
    taken = sorted(others.intersection(groups))
    if taken:
        raise AwsError(
            "TargetGroupAssociationLimit",
            f"The following target groups cannot be associated with more than one load balancer: {', '.join(taken)}",
        )


def _in_use() -> Iterator[tuple[str, str]]:
    """(load balancer, target group) of all listeners and rules."""
    for listener in alb._listeners.values():
        for group in groups_of(listener.get("DefaultActions") or []):
            yield listener["LoadBalancerArn"], group
    for rule in alb._rules.values():
        owner = _balancer_of(rule["ListenerArn"])
        for group in groups_of(rule.get("Actions") or []):
            yield owner, group


def _balancer_of(listener: str) -> str:
    return str((alb._listeners.get(listener) or {}).get("LoadBalancerArn", ""))


def groups_of(actions: list[Record]) -> list[str]:
    """Target groups of actions, in records or in templates."""
    found: list[str] = []
    for action in actions:
        if action.get("TargetGroupArn"):
            found.append(str(action["TargetGroupArn"]))
        found += [str(one["TargetGroupArn"]) for one in (action.get("ForwardConfig") or {}).get("TargetGroups") or []]
    return found


def _asked(prefix: str) -> Callable[[Params, Known], Answer]:
    def step(params: Params, known: Known) -> Answer:
        listener = flat(params, "ListenerArn") or (alb._rules.get(flat(params, "RuleArn")) or {}).get("ListenerArn", "")
        balancer = flat(params, "LoadBalancerArn") or _balancer_of(listener)
        ends = (".TargetGroupArn",)
        groups = [flat(params, key) for key in params if key.startswith(f"{prefix}.member.") and key.endswith(ends)]
        check(balancer, groups)
        return known(params)

    return step


def _stack(prop: str, verb: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def wrap(known: Callable[..., Any]) -> Callable[..., Any]:
        def handle(*resource: Any) -> Any:
            # create(logical_id, properties, …), update(physical_id, previous, properties, …)
            props: Record = resource[1] if verb == "create" else resource[2]
            balancer = props.get("LoadBalancerArn") or _balancer_of(str(props.get("ListenerArn", "")))
            try:
                check(str(balancer), groups_of([one for one in props.get(prop) or [] if isinstance(one, dict)]))
            except AwsError as error:
                raise provisioners._elbv2_handler_error(f"{error.message} ({error.code})") from None
            return known(*resource)

        return handle

    return wrap


def _described(params: Params, known: Known) -> Answer:
    """Name in each group the load balancers that forward to it, also by rules."""
    owners: dict[str, set[str]] = {}
    for owner, used in _in_use():
        owners.setdefault(used, set()).add(owner)
    for arn, group in alb._tgs.items():
        group["LoadBalancerArns"] = sorted(owners.get(arn, ()))
    return known(params)


def register() -> None:
    before("DescribeTargetGroups", _described)
    for operation, prefix in (
        ("CreateListener", "DefaultActions"),
        ("ModifyListener", "DefaultActions"),
        ("CreateRule", "Actions"),
        ("ModifyRule", "Actions"),
    ):
        before(operation, _asked(prefix))
    for resource_type, prop in (("Listener", "DefaultActions"), ("ListenerRule", "Actions")):
        for verb in ("create", "update"):
            around_resource(f"AWS::ElasticLoadBalancingV2::{resource_type}", verb, _stack(prop, verb))
