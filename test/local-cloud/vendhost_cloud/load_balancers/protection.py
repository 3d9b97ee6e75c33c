"""Load balancers that are protected from deletion, and names that are taken."""

from collections.abc import Callable
from typing import Any

from ministack.services import alb
from ministack.services.cloudformation import provisioners

from vendhost_cloud.errors import AwsError
from vendhost_cloud.load_balancers.interception import Answer, Known, around_resource, before, flat
from vendhost_cloud.query_service import Params

_BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"


def _check(arn: str) -> None:
    attributes = {one["Key"]: one["Value"] for one in alb._lb_attrs.get(arn) or []}
    if attributes.get("deletion_protection.enabled") == "true":
        raise AwsError(
            "OperationNotPermitted",
            f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled",
        )


def _delete(params: Params, known: Known) -> Answer:
    arn = flat(params, "LoadBalancerArn")
    _check(arn)
    # Its listeners, rules and target groups' associations, which ministack's own action leaves behind.
    provisioners._elbv2_load_balancer_delete(arn, {})
    return known(params)


def _stack_delete(known: Callable[..., Any]) -> Callable[..., Any]:
    def delete(physical_id: str, props: dict[str, Any]) -> None:
        _as_handler(lambda: _check(physical_id))
        known(physical_id, props)

    return delete


def _stack_create(known: Callable[..., Any]) -> Callable[..., Any]:
    def create(logical_id: str, props: dict[str, Any], stack_name: str) -> Any:
        _as_handler(lambda: _check_name(props.get("Name")))
        return known(logical_id, props, stack_name)

    return create


def _check_name(name: str | None) -> None:
    if name and any(one["LoadBalancerName"] == name for one in alb._lbs.values()):
        message = f"A load balancer with the same name '{name}' exists, but with different settings"
        raise AwsError("DuplicateLoadBalancerName", message)


def _as_handler(check: Callable[[], None]) -> None:
    """An error in the words of CloudFormation."""
    try:
        check()
    except AwsError as error:
        raise provisioners._elbv2_handler_error(f"{error.message} ({error.code})") from None


def register() -> None:
    before("DeleteLoadBalancer", _delete)
    around_resource(_BALANCER, "create", _stack_create)
    around_resource(_BALANCER, "delete", _stack_delete)
