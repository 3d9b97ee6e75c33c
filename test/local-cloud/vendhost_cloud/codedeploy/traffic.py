"""Deregister an instance from its target groups and register it again (BlockTraffic, AllowTraffic)."""

import threading
import time
from collections.abc import Callable
from functools import partial

from vendhost_cloud.codedeploy.agent_link import POLL_SECONDS, Stopped
from vendhost_cloud.codedeploy.store import Document
from vendhost_cloud.errors import AwsError
from vendhost_cloud.router import in_flight
from vendhost_cloud.service_api import call

DRAIN_SECONDS = 60.0
HEALTHY_SECONDS = 100.0
"""AWS waits for an hour."""


class TrafficError(Exception):
    """An instance that did not drain, or did not become healthy."""


def block(target_groups: list[str], instance_id: str, stop: threading.Event) -> None:
    """Deregister the instance and wait until it has drained."""
    for name in target_groups:
        arn = _arn(name)
        call("elbv2", "DeregisterTargets", _target(arn, instance_id))
        state = _wait(partial(_draining, arn, instance_id), ("", "unused"), DRAIN_SECONDS, stop)
        if state:
            raise TrafficError(f"{instance_id} is still {state} in the target group {name} after {DRAIN_SECONDS:.0f} s")


def allow(target_groups: list[str], instance_id: str, stop: threading.Event) -> None:
    """Register the instance and wait until it is healthy."""
    for name in target_groups:
        arn = _arn(name)
        call("elbv2", "RegisterTargets", _target(arn, instance_id))
        state = _wait(partial(_state, arn, instance_id), ("healthy",), HEALTHY_SECONDS, stop)
        if state:
            raise TrafficError(
                f"{instance_id} is {state}, not healthy, in the target group {name} after {HEALTHY_SECONDS:.0f} s"
            )


def arns(target_groups: list[str]) -> list[str]:
    """The target groups' ARNs; AwsError when one does not exist."""
    return [_arn(name) for name in target_groups]


def _wait(look: Callable[[], str], wanted: tuple[str, ...], limit: float, stop: threading.Event) -> str | None:
    """None when a wanted state is reached, else the last state seen."""
    deadline = time.monotonic() + limit
    while (state := look()) not in wanted:
        if time.monotonic() > deadline:
            return state or "not registered"
        if stop.wait(POLL_SECONDS):
            raise Stopped
    return None


def _draining(arn: str, instance_id: str) -> str:
    """The health state of a target that was deregistered: it drains while it answers requests."""
    return "draining" if in_flight.are_there((arn, instance_id)) else _state(arn, instance_id)


def _state(arn: str, instance_id: str) -> str:
    """The target's health state; empty when it is not registered."""
    try:
        answer = call("elbv2", "DescribeTargetHealth", _target(arn, instance_id))
    except AwsError as error:
        if error.code == "InvalidTarget":
            return ""
        raise
    for described in answer["TargetHealthDescriptions"]:
        if described["Target"]["Id"] == instance_id:
            return str(described["TargetHealth"]["State"])
    return ""


def _target(arn: str, instance_id: str) -> Document:
    return {"TargetGroupArn": arn, "Targets": [{"Id": instance_id}]}


def _arn(name: str) -> str:
    found = call("elbv2", "DescribeTargetGroups", {"Names": [name]})["TargetGroups"]
    return str(found[0]["TargetGroupArn"])
