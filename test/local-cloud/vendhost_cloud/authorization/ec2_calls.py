"""Calls of EC2 types: a create call also tags, and is authorized for the resources it creates something in, too."""

from collections.abc import Callable
from typing import Any

from ministack.services import ec2

from vendhost_cloud.authorization.type_permissions import Call, Resource


def own(kind: str) -> Callable[[Resource], str]:
    """The resource itself; its physical id is its id."""
    return lambda resource: resource.own("ec2", f"{kind}/{resource.physical_id or '*'}")


def new(kind: str) -> Callable[[Resource], str]:
    """A resource that has no id yet."""
    return lambda resource: resource.own("ec2", f"{kind}/*")


def named(kind: str, property_name: str) -> Callable[[Resource], list[str]]:
    """The resources a property names: an id or a list of ids."""

    def arns(resource: Resource) -> list[str]:
        value: Any = resource.properties.get(property_name) or []
        ids = value if isinstance(value, list) else [value]
        return [resource.own("ec2", f"{kind}/{one}") for one in ids]

    return arns


def make(action: str, kind: str, *others: Call) -> tuple[Call, ...]:
    """A create call on the new resource, with its tags, and on the resources it is created in (`others`)."""
    operation = action.partition(":")[2]
    return (
        Call(action, new(kind), tagging=True),
        *others,
        Call(
            "ec2:CreateTags", new(kind), when=("Tags",), tagging=True, context=lambda _: {"ec2:CreateAction": operation}
        ),
    )


def retag(arn: Callable[[Resource], str]) -> Call:
    """An update that changes tags."""
    return Call("ec2:CreateTags ec2:DeleteTags", arn, when=("Tags",), context=_new_tags)


def _new_tags(resource: Resource) -> dict[str, Any]:
    tags = resource.tags()
    return {"aws:TagKeys": list(tags), **{f"aws:RequestTag/{key}": value for key, value in tags.items()}}


def address(resource: Resource) -> str:
    """An elastic address: CloudFormation knows it by its IP, IAM by its allocation."""
    found = (id_ for id_, one in ec2._addresses.items() if one.get("PublicIp") == resource.physical_id)
    return resource.own("ec2", f"elastic-ip/{next(found, '*')}")
