"""Which instances a deployment group means."""

from collections.abc import Iterable

from .. import calls
from .store import Document

Tags = dict[str, str]


def instances(group: Document) -> list[str]:
    """Ids of the running instances of a group: its Auto Scaling groups' and its tags'."""
    return list(dict.fromkeys([*auto_scaling_instances(group), *_tagged(group)]))


def auto_scaling_instances(group: Document) -> list[str]:
    """Ids of the instances in service in a group's Auto Scaling groups."""
    names = [one["name"] for one in group.get("autoScalingGroups") or []]
    if not names:
        return []
    root = calls.query("autoscaling", "DescribeAutoScalingGroups", _members("AutoScalingGroupNames", names))
    return [
        instance.findtext("InstanceId") or ""
        for instance in root.iterfind(".//AutoScalingGroups/member/Instances/member")
        if instance.findtext("LifecycleState") == "InService"
    ]


def existing_groups(names: Iterable[str]) -> set[str]:
    """Those of the names that are Auto Scaling groups."""
    wanted = list(names)
    if not wanted:
        return set()
    root = calls.query("autoscaling", "DescribeAutoScalingGroups", _members("AutoScalingGroupNames", wanted))
    return set(calls.texts(root, ".//AutoScalingGroups/member/AutoScalingGroupName"))


def _tagged(group: Document) -> list[str]:
    filters = group.get("ec2TagFilters") or []
    sets = (group.get("ec2TagSet") or {}).get("ec2TagSetList") or []
    alternatives = [*([filters] if filters else []), *sets]
    if not alternatives:
        return []
    root = calls.query("ec2", "DescribeInstances", {})
    found: list[str] = []
    for instance in root.iterfind(".//instancesSet/item"):
        tags = {tag.findtext("key") or "": tag.findtext("value") or "" for tag in instance.iterfind("tagSet/item")}
        running = instance.findtext("instanceState/name") == "running"
        if running and all(any(_matches(tags, one) for one in any_of) for any_of in alternatives):
            found.append(instance.findtext("instanceId") or "")
    return found


def _matches(tags: Tags, wanted: Document) -> bool:
    key, value = wanted.get("Key", ""), wanted.get("Value", "")
    kind = wanted.get("Type", "KEY_AND_VALUE")
    if kind == "KEY_ONLY":
        return key in tags
    if kind == "VALUE_ONLY":
        return value in tags.values()
    return key in tags and tags[key] == value


def _members(name: str, values: list[str]) -> dict[str, str]:
    return {f"{name}.member.{number}": value for number, value in enumerate(values, start=1)}
