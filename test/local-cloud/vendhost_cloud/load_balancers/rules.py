"""Listener rules: one rule per priority, also with concurrent requests, by API or CloudFormation."""

import threading
from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape

from ministack.services import alb
from ministack.services.cloudformation import provisioners

from vendhost_cloud.errors import AwsError, Unsupported
from vendhost_cloud.load_balancers.interception import Answer, Known, around_resource, before, flat
from vendhost_cloud.query_service import Body, Params, action, decode

_RULES_PER_BALANCER = 100
_lock = threading.Lock()
"""API calls come from ministack's event loop, stacks from threads of their own."""


def check_priority(listener: str, priority: str, *, own: str = "") -> None:
    """Raise AwsError for an invalid priority, or one that a rule of the listener other than `own` has."""
    if not priority.isdigit() or not 1 <= int(priority) <= 50000:
        raise AwsError("ValidationError", f"Priority '{priority}' must be between 1 and 50000")
    for rule in alb._rules.values():
        if rule["ListenerArn"] == listener and str(rule["Priority"]) == priority and rule["RuleArn"] != own:
            raise AwsError("PriorityInUse", f"Priority '{priority}' is currently in use")


def _check_quota(listener: str) -> None:
    """The quota counts the rules of all listeners of the load balancer."""
    balancer = alb._listeners[listener]["LoadBalancerArn"]
    listeners = {arn for arn, one in alb._listeners.items() if one["LoadBalancerArn"] == balancer}
    count = sum(1 for rule in alb._rules.values() if rule["ListenerArn"] in listeners and not rule["IsDefault"])
    if count >= _RULES_PER_BALANCER:
        raise AwsError("TooManyRules", f"You've reached the limit of {_RULES_PER_BALANCER} rules on the load balancer")


def _limits(_request: Body) -> Body:
    """The account's quotas; only that of rules is enforced here."""
    limits = {
        "rules-per-application-load-balancer": _RULES_PER_BALANCER,
        "target-groups-per-application-load-balancer": 100,
        "target-groups": 3000,
    }
    return {"Limits": [{"Name": name, "Max": str(most)} for name, most in limits.items()]}


_PAGE = 400


def _describe(params: Params, known: Known) -> Answer:
    """Pages of rules, in the order of ministack's store."""
    request = decode("elbv2", "DescribeRules", params)
    if not request.get("PageSize") and not request.get("Marker"):
        return known(params)
    wanted = request.get("RuleArns") or []
    found = [
        arn
        for arn, rule in alb._rules.items()
        if (not wanted or arn in wanted) and request.get("ListenerArn") in (None, rule["ListenerArn"])
    ]
    start, size = request.get("Marker", "0"), request.get("PageSize", _PAGE)
    if not start.isdigit() or not 1 <= size <= _PAGE:
        raise AwsError("ValidationError", f"no page of {size} starts at '{start}'")
    end = int(start) + size
    chosen = found[int(start) : end]
    given = {f"RuleArns.member.{number}": [arn] for number, arn in enumerate(chosen, 1)}
    status, headers, body = known({**given, "Action": ["DescribeRules"]} if chosen else params)
    if end < len(found):
        body = body.replace(b"</Rules>", f"</Rules><NextMarker>{end}</NextMarker>".encode())
    return status, headers, body


def _create(params: Params, known: Known) -> Answer:
    listener = flat(params, "ListenerArn")
    with _lock:
        if listener in alb._listeners:
            check_priority(listener, flat(params, "Priority"))
            _check_quota(listener)
        return known(_one_target_group(params))


def _set_priorities(params: Params, known: Known) -> Answer:
    wanted: dict[str, str] = {}
    while arn := flat(params, f"RulePriorities.member.{len(wanted) + 1}.RuleArn"):
        wanted[arn] = flat(params, f"RulePriorities.member.{len(wanted) + 1}.Priority")
    with _lock:
        for arn in wanted:
            if arn not in alb._rules:
                raise AwsError("RuleNotFound", f"Rule '{arn}' not found")
            if alb._rules[arn]["IsDefault"]:
                raise AwsError("OperationNotPermitted", f"Default rule '{arn}' cannot be modified")
        taken: dict[tuple[str, str], str] = {}
        for rule in alb._rules.values():
            priority = wanted.get(rule["RuleArn"], str(rule["Priority"]))
            if taken.setdefault((rule["ListenerArn"], priority), rule["RuleArn"]) != rule["RuleArn"]:
                raise AwsError("PriorityInUse", f"Priority '{priority}' is currently in use")
        return known(params)


def _one_target_group(params: Params) -> Params:
    """ministack reads TargetGroupArn only; ForwardConfig with one target group means the same."""
    more = [key for key in params if ".ForwardConfig.TargetGroups.member.2." in key]
    if more:
        raise Unsupported("forwarding to more than one target group")
    rewritten = dict(params)
    for key, value in params.items():
        action, found, rest = key.partition(".ForwardConfig.TargetGroups.member.1.")
        if found and rest == "TargetGroupArn":
            rewritten.setdefault(f"{action}.TargetGroupArn", value)
    return rewritten


def _rewritten(params: Params, known: Known) -> Answer:
    return known(_one_target_group(params))


def _stack_create(known: Callable[..., Any]) -> Callable[..., Any]:
    def create(logical_id: str, props: dict[str, Any], stack_name: str) -> Any:
        with _lock:
            _check_for_stack(props, "")
            return known(logical_id, props, stack_name)

    return create


def _stack_update(known: Callable[..., Any]) -> Callable[..., Any]:
    def update(physical_id: str, old: dict[str, Any], new: dict[str, Any], stack_name: str, *logical_id: str) -> Any:
        with _lock:
            _check_for_stack(new, physical_id)
            return known(physical_id, old, new, stack_name, *logical_id)

    return update


def _check_for_stack(props: dict[str, Any], own: str) -> None:
    listener = str(props.get("ListenerArn", ""))
    if listener not in alb._listeners:
        return
    try:
        check_priority(listener, str(props.get("Priority", "")), own=own)
        if (alb._rules.get(own) or {}).get("ListenerArn") != listener:
            _check_quota(listener)
    except AwsError as error:
        raise provisioners._elbv2_handler_error(f"{error.message} ({error.code})") from None


def _escaping(known: Callable[[Body], str]) -> Callable[[Body], str]:
    """The text of a fixed response as XML has it: it may be a page."""

    def action_xml(action: Body) -> str:
        config = action.get("FixedResponseConfig")
        if not config:
            return known(action)
        body = escape(str(config.get("MessageBody") or ""))
        return known({**action, "FixedResponseConfig": {**config, "MessageBody": body}})

    return action_xml


def register() -> None:
    alb._action_xml = _escaping(alb._action_xml)
    alb._ACTION_MAP["DescribeAccountLimits"] = action(
        "elbv2", "DescribeAccountLimits", _limits, supported=["Marker", "PageSize"]
    )
    before("CreateRule", _create)
    before("DescribeRules", _describe)
    before("SetRulePriorities", _set_priorities)
    for operation in ("ModifyRule", "CreateListener", "ModifyListener"):
        before(operation, _rewritten)
    around_resource("AWS::ElasticLoadBalancingV2::ListenerRule", "create", _stack_create)
    around_resource("AWS::ElasticLoadBalancingV2::ListenerRule", "update", _stack_update)
