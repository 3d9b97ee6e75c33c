"""What a rule, a listener and a load balancer may have, and when a target group may go.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html (its translations differ
on the wildcards: 5 or 6), API_HostHeaderConditionConfig.html, API_CreateLoadBalancer.html, API_CreateListener.html
and API_DeleteTargetGroup.html of https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

from ministack.services import alb, ec2
from ministack.services.cloudformation import provisioners

from vendhost_cloud.errors import AwsError
from vendhost_cloud.load_balancers.associations import groups_of
from vendhost_cloud.load_balancers.interception import Answer, Known, around_resource, before, flat
from vendhost_cloud.query_service import Body, Params, decode

_VALUES = 5
_WILDCARDS = 5
_HOST = re.compile(r"[A-Za-z0-9.*?-]{1,128}")
_CONFIGS = ("HostHeaderConfig", "PathPatternConfig", "HttpHeaderConfig", "HttpRequestMethodConfig", "SourceIpConfig")


def register() -> None:
    before("CreateRule", _create_rule)
    before("ModifyRule", _modify_rule)
    before("CreateLoadBalancer", _create_balancer)
    before("CreateListener", _create_listener)
    before("DeleteTargetGroup", _delete_target_group)
    for name, check in (("ListenerRule", _rule), ("LoadBalancer", _balancer), ("Listener", _listener)):
        around_resource(f"AWS::ElasticLoadBalancingV2::{name}", "create", _stack_create(check))
    around_resource("AWS::ElasticLoadBalancingV2::ListenerRule", "update", _stack_update)
    around_resource("AWS::ElasticLoadBalancingV2::TargetGroup", "delete", _stack_delete)


def _check_conditions(conditions: list[Body]) -> None:
    if not conditions or not all(any(_values_of(one)) for one in conditions):
        raise AwsError("ValidationError", "A condition with a value must be specified")
    values = [value for condition in conditions for value in _values_of(condition)]
    if len(values) > _VALUES:
        # As AWS says it: https://github.com/aws/aws-cdk/blob/main/packages/aws-cdk-lib/aws-elasticloadbalancingv2/lib/alb/conditions.ts
        raise AwsError("ValidationError", f"A rule can only have '{_VALUES}' condition values")
    if sum(value.count("*") + value.count("?") for value in values) > _WILDCARDS:
        raise AwsError("ValidationError", f"A rule can have at most {_WILDCARDS} condition wildcards")
    for host in (value for one in conditions if one.get("Field") == "host-header" for value in _values_of(one)):
        if not _HOST.fullmatch(host) or "." not in host:
            raise AwsError("ValidationError", f"Condition value '{host}' is not a valid host header")


def _values_of(condition: Body) -> Iterator[str]:
    yield from condition.get("Values") or []
    for config in _CONFIGS:
        yield from (condition.get(config) or {}).get("Values") or []
    for pair in (condition.get("QueryStringConfig") or {}).get("Values") or []:
        yield f"{pair.get('Key', '')}={pair.get('Value', '')}"


def _check_zones(subnets: list[str]) -> None:
    ec2._ensure_defaults_initialized()
    known = [ec2._subnets.get(one) for one in subnets]
    missing = [one for one, record in zip(subnets, known, strict=True) if record is None]
    if missing:
        raise AwsError("SubnetNotFound", f"The subnet ID '{missing[0]}' does not exist")
    if len({one["AvailabilityZone"] for one in known if one}) < 2:
        message = "At least two subnets in two different Availability Zones must be specified"
        raise AwsError("ValidationError", message)


def _check_port(balancer: str, port: int) -> None:
    for listener in alb._listeners.values():
        if listener["LoadBalancerArn"] == balancer and int(listener["Port"]) == port:
            message = f"A listener already exists on this port for this load balancer '{balancer}'"
            raise AwsError("DuplicateListener", message)


def _check_unused(target_group: str) -> None:
    actions = [one["Actions"] for one in alb._rules.values()]
    actions += [one["DefaultActions"] for one in alb._listeners.values()]
    if any(target_group in groups_of(each) for each in actions):
        message = f"Target group '{target_group}' is currently in use by a listener or a rule"
        raise AwsError("ResourceInUse", message)


def _create_rule(params: Params, known: Known) -> Answer:
    _check_conditions(decode("elbv2", "CreateRule", params).get("Conditions", []))
    return known(params)


def _modify_rule(params: Params, known: Known) -> Answer:
    given = decode("elbv2", "ModifyRule", params)
    if given.get("Conditions"):
        _check_conditions(given["Conditions"])
    return known(params)


def _create_balancer(params: Params, known: Known) -> Answer:
    _balancer(decode("elbv2", "CreateLoadBalancer", params))
    return known(params)


def _create_listener(params: Params, known: Known) -> Answer:
    _check_port(flat(params, "LoadBalancerArn"), int(flat(params, "Port") or 0))
    return known(params)


def _delete_target_group(params: Params, known: Known) -> Answer:
    _check_unused(flat(params, "TargetGroupArn"))
    return known(params)


def _rule(properties: Body) -> None:
    _check_conditions(properties.get("Conditions") or [])


def _balancer(given: Body) -> None:
    mapped = [one["SubnetId"] for one in given.get("SubnetMappings") or []]
    if given.get("Type", "application") == "application":
        _check_zones([*(given.get("Subnets") or []), *mapped])


def _listener(properties: Body) -> None:
    _check_port(str(properties.get("LoadBalancerArn", "")), int(properties.get("Port") or 0))


def _stack_create(check: Callable[[Body], None]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def wrap(known: Callable[..., Any]) -> Callable[..., Any]:
        def create(logical_id: str, properties: Body, stack_name: str) -> Any:
            _for_stack(check, properties)
            return known(logical_id, properties, stack_name)

        return create

    return wrap


def _stack_update(known: Callable[..., Any]) -> Callable[..., Any]:
    def update(physical_id: str, old: Body, new: Body, stack_name: str, *logical_id: str) -> Any:
        _for_stack(_rule, new)
        return known(physical_id, old, new, stack_name, *logical_id)

    return update


def _stack_delete(known: Callable[..., Any]) -> Callable[..., Any]:
    def delete(physical_id: str, properties: Body) -> Any:
        _for_stack(_check_unused, physical_id)
        return known(physical_id, properties)

    return delete


def _for_stack(check: Callable[[Any], None], given: Any) -> None:
    try:
        check(given)
    except AwsError as error:
        raise provisioners._elbv2_handler_error(f"{error.message} ({error.code})") from None
