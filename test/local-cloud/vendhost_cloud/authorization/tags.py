"""Tags of resources by ARN, for aws:ResourceTag/…: ministack knows them for other services only."""

from collections.abc import Callable
from typing import Any

from ministack.services import alb, autoscaling, cloudformation, cloudtrail, cloudwatch_logs, ec2, rds, tagging

Tags = dict[str, str]

_of_others = tagging.resource_tags


def register() -> None:
    tagging.resource_tags = tags_of


def tags_of(arn: str) -> Tags | None:
    """Tags of the resource; None when there is no such resource."""
    parts = arn.split(":", 5)
    reader = _READERS.get(parts[2]) if len(parts) == 6 else None
    if reader is not None:
        return reader(arn)
    tags: Tags | None = _of_others(arn)
    return tags


def _listed(tags: list[dict[str, Any]] | None) -> Tags | None:
    return None if tags is None else {tag["Key"]: tag.get("Value", "") for tag in tags}


def _of_ec2(arn: str) -> Tags | None:
    kind, _, name = arn.split(":", 5)[5].partition("/")
    # The ARN of a key pair has its name, its tags are those of its id.
    known = str((ec2._key_pairs.get(name) or {}).get("KeyPairId", name)) if kind == "key-pair" else name
    return _listed(ec2._tags.get(known))


def _of_load_balancing(arn: str) -> Tags | None:
    return _listed(alb._tags.get(arn))


def _of_scaling_group(arn: str) -> Tags | None:
    # Requests name the group only; its ARN has an id before the name.
    return _listed(autoscaling._tags.get(arn.rpartition("autoScalingGroupName/")[2]))


def _of_database(arn: str) -> Tags | None:
    return _listed(rds._tags.get(arn) or (rds._instances.get(arn.rpartition(":db:")[2]) or {}).get("TagList"))


def _of_stack(arn: str) -> Tags | None:
    """By name: a request says `stack/NAME/*`, or the stack's ARN."""
    return _listed((cloudformation._stacks.get(arn.split("/")[1]) or {}).get("Tags"))


def _of_log_group(arn: str) -> Tags | None:
    group = cloudwatch_logs._log_groups.get(arn.partition(":log-group:")[2].removesuffix(":*"))
    return None if group is None else dict(group.get("tags") or {})


def _of_trail(arn: str) -> Tags | None:
    tags = cloudtrail._trail_tags.get(arn)
    return None if tags is None else dict(tags)


_READERS: dict[str, Callable[[str], Tags | None]] = {
    "autoscaling": _of_scaling_group,
    "cloudformation": _of_stack,
    "cloudtrail": _of_trail,
    "ec2": _of_ec2,
    "elasticloadbalancing": _of_load_balancing,
    "logs": _of_log_group,
    "rds": _of_database,
}
