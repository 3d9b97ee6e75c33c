"""Groups made by CloudFormation: what ministack's handlers leave out, and sizes as AWS treats them."""

import time
from collections.abc import Callable
from typing import Any

from ministack.services import autoscaling, ec2
from ministack.services.cloudformation import provisioners

from vendhost_cloud.auto_scaling import groups, target_groups

_UNSUPPORTED = (
    "MixedInstancesPolicy",
    "LoadBalancerNames",
    "LifecycleHookSpecificationList",
    "LaunchConfigurationName",
    "InstanceId",
    "TrafficSources",
)
_GONE_SECONDS = 100.0

Props = dict[str, Any]


def _check(props: Props) -> None:
    foreign = [name for name in _UNSUPPORTED if props.get(name)]
    if foreign:
        raise ValueError(f"the local cloud does not support {', '.join(foreign)} of AWS::AutoScaling::AutoScalingGroup")
    if int(props.get("MinSize", 0)) > int(props.get("MaxSize", 0)):
        raise ValueError(
            f"Max bound, {props.get('MaxSize')}, must be greater than or equal to min bound, {props.get('MinSize')}"
        )


def _create(known: Callable[..., Any]) -> Callable[..., Any]:
    def create(logical_id: str, props: Props, stack_name: str) -> Any:
        _check(props)
        name, attributes = known(logical_id, props, stack_name)
        autoscaling._asgs[name]["TargetGroupARNs"] = list(props.get("TargetGroupARNs") or [])
        return name, attributes

    return create


def _update(known: Callable[..., Any]) -> Callable[..., Any]:
    def update(physical_id: str, old: Props, new: Props, stack_name: str, *logical_id: str) -> Any:
        _check(new)
        before = autoscaling._asgs.get(physical_id, {}).get("DesiredCapacity")
        former = autoscaling._asgs.get(physical_id, {}).get("TargetGroupARNs", [])
        name, attributes = known(physical_id, old, new, stack_name, *logical_id)
        group = autoscaling._asgs[name]
        group["TargetGroupARNs"] = former
        target_groups.put(group, list(new.get("TargetGroupARNs") or []))
        if before is not None and name == physical_id and "DesiredCapacity" not in new:
            # A template without it leaves the capacity alone.
            group["DesiredCapacity"] = before
        groups.fit(group)
        return name, attributes

    return update


def _delete(_: Callable[..., Any]) -> Callable[..., Any]:
    def delete(physical_id: str, props: Props) -> None:
        # As in CloudFormation: the instances are gone first, so that their security groups can be deleted next.
        gone = groups.remove(physical_id)
        deadline = time.monotonic() + _GONE_SECONDS
        while time.monotonic() < deadline and any(_lives(one["InstanceId"]) for one in list(gone)):
            time.sleep(0.02)

    return delete


def _lives(instance_id: str) -> bool:
    record = ec2._instances.get(instance_id)
    return record is not None and record["State"]["Name"] != "terminated"


def register() -> None:
    handlers = provisioners._RESOURCE_HANDLERS["AWS::AutoScaling::AutoScalingGroup"]
    for verb, wrap in (("create", _create), ("update", _update), ("delete", _delete)):
        handlers[verb] = wrap(handlers[verb])
    # A replaced group is removed through this name.
    provisioners._asg_delete = handlers["delete"]
