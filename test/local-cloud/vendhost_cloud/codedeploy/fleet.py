"""The instances of a deployment group."""

from collections.abc import Iterable

from vendhost_cloud.codedeploy.store import Document
from vendhost_cloud.service_api import call

Tags = dict[str, str]


def instances(group: Document) -> list[str]:
    """Ids of the running instances of a group: its Auto Scaling groups' and its tags'."""
    return list(dict.fromkeys([*auto_scaling_instances(group), *_tagged(group)]))


def auto_scaling_instances(group: Document) -> list[str]:
    """Ids of the instances in service in a group's Auto Scaling groups."""
    names = [one["name"] for one in group.get("autoScalingGroups") or []]
    if not names:
        return []
    return [
        str(instance["InstanceId"])
        for found in _groups(names)
        for instance in found["Instances"]
        if instance["LifecycleState"] == "InService"
    ]


def existing_groups(names: Iterable[str]) -> set[str]:
    """Those of the names that are Auto Scaling groups."""
    wanted = list(names)
    if not wanted:
        return set()
    return {str(found["AutoScalingGroupName"]) for found in _groups(wanted)}


def _groups(names: list[str]) -> list[Document]:
    answer = call("autoscaling", "DescribeAutoScalingGroups", {"AutoScalingGroupNames": names})
    found: list[Document] = answer["AutoScalingGroups"]
    return found


def _tagged(group: Document) -> list[str]:
    filters = group.get("ec2TagFilters") or []
    sets = (group.get("ec2TagSet") or {}).get("ec2TagSetList") or []
    alternatives = [*([filters] if filters else []), *sets]
    if not alternatives:
        return []
    running = {"Filters": [{"Name": "instance-state-name", "Values": ["running"]}]}
    found: list[str] = []
    for reservation in call("ec2", "DescribeInstances", running)["Reservations"]:
        for instance in reservation["Instances"]:
            tags = {tag["Key"]: tag["Value"] for tag in instance.get("Tags", [])}
            if all(any(_matches(tags, one) for one in any_of) for any_of in alternatives):
                found.append(str(instance["InstanceId"]))
    return found


def _matches(tags: Tags, wanted: Document) -> bool:
    key, value = wanted.get("Key", ""), wanted.get("Value", "")
    kind = wanted.get("Type", "KEY_AND_VALUE")
    if kind == "KEY_ONLY":
        return key in tags
    if kind == "VALUE_ONLY":
        return value in tags.values()
    return key in tags and tags[key] == value
