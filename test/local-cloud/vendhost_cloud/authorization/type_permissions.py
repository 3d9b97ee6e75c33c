"""How the permissions of a CloudFormation resource type are written down."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from vendhost_cloud.authorization.tags import tags_of

Properties = dict[str, Any]
Permission = tuple[str, str, Properties]
"""Action, resource ARN, condition keys."""


@dataclass(frozen=True)
class Resource:
    """A resource CloudFormation creates, updates or deletes; parts of its ARN that AWS has yet to assign are `*`."""

    properties: Properties
    physical_id: str
    region: str
    account: str
    generated_name: str
    """What CloudFormation would call it without a name in the template."""
    previous: Properties = field(default_factory=dict)
    """Before an update."""

    def own(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"

    def name(self, property_name: str) -> str:
        return str(self.physical_id or self.properties.get(property_name) or self.generated_name)

    def text(self, property_name: str) -> str:
        return str(self.properties.get(property_name) or "*")

    def tags(self) -> dict[str, str]:
        """Its tags without those of AWS."""
        # A launch template calls them TagSpecifications.
        given = self.properties.get("Tags") or [
            tag for one in self.properties.get("TagSpecifications") or [] for tag in one.get("Tags", [])
        ]
        pairs = given.items() if isinstance(given, dict) else [(tag["Key"], tag.get("Value", "")) for tag in given]
        return {str(key): str(value) for key, value in pairs if not str(key).startswith("aws:")}


Arn = Callable[[Resource], str | list[str]]
Context = Callable[[Resource], Properties]


class Permissions(Protocol):
    """What a type needs for an operation: create, update or delete."""

    def needed(self, operation: str, resource: Resource) -> Iterator[Permission]: ...


Table = dict[str, Permissions]


@dataclass(frozen=True)
class TypePermissions:
    """A type whose calls all concern the one resource."""

    create: str
    update: str
    delete: str
    """Actions, separated by blanks."""
    arn: Callable[[Resource], str]
    roles: tuple[tuple[str, str], ...] = ()
    """(property with a role's ARN, service the role is passed to): needs iam:PassRole."""
    context: Callable[[Resource], Properties] | None = None
    """Condition keys of the service's own, in a create or update call."""

    def needed(self, operation: str, resource: Resource) -> Iterator[Permission]:
        arn = self.arn(resource)
        actions: str = getattr(self, operation)
        conditions = {**_existing_tags(arn), **request_tags(resource), **_resource_tags(resource.tags())}
        if self.context is not None and operation != "delete":
            conditions |= self.context(resource)
        for action in actions.split():
            yield action, arn, conditions
        if operation == "delete":
            return
        for property_name, service in self.roles:
            role = resource.properties.get(property_name)
            if role:
                yield "iam:PassRole", str(role), {"iam:PassedToService": service}


@dataclass(frozen=True)
class Call:
    """Calls of one kind that a type's handler makes."""

    actions: str
    """Separated by blanks."""
    arns: Arn
    """The resources of a call: one permission for each ARN."""
    when: tuple[str, ...] = ()
    """Made only if the template has one of these properties; in an update, if one of them changes."""
    tagging: bool = False
    """The call carries the resource's tags (aws:RequestTag), and the resource has none before it."""
    context: Context | None = None

    def needed(self, resource: Resource, *, updating: bool) -> Iterator[Permission]:
        if not self._made(resource, updating=updating):
            return
        arns = self.arns(resource)
        own = self.context(resource) if self.context else {}
        for arn in [arns] if isinstance(arns, str) else arns:
            tags = tags_of(arn)
            # A resource that an earlier call of the same handler created already has the template's tags.
            if tags is None and arn.endswith("*") and not self.tagging:
                tags = resource.tags()
            keys = {**_resource_tags(tags or {}), **(request_tags(resource) if self.tagging else {}), **own}
            for action in self.actions.split():
                yield action, arn, keys

    def _made(self, resource: Resource, *, updating: bool) -> bool:
        if not self.when:
            return True
        if updating:
            return any(resource.properties.get(name) != resource.previous.get(name) for name in self.when)
        return any(resource.properties.get(name) not in (None, "", [], {}) for name in self.when)


@dataclass(frozen=True)
class Handlers:
    """A type as its handlers work: one call after the other."""

    create: tuple[Call, ...]
    update: tuple[Call, ...]
    delete: tuple[Call, ...]

    def needed(self, operation: str, resource: Resource) -> Iterator[Permission]:
        calls: tuple[Call, ...] = getattr(self, operation)
        for call in calls:
            yield from call.needed(resource, updating=operation == "update")


def passed(property_name: str, service: str) -> Call:
    """iam:PassRole on the role a property names."""
    return Call(
        "iam:PassRole",
        lambda resource: resource.text(property_name),
        when=(property_name,),
        context=lambda _: {"iam:PassedToService": service},
    )


def request_tags(resource: Resource) -> Properties:
    """aws:RequestTag/… and aws:TagKeys of a request with the resource's tags."""
    tags = resource.tags()
    keys: Properties = {"aws:TagKeys": list(tags)} if tags else {}
    return {**keys, **{f"aws:RequestTag/{key}": value for key, value in tags.items()}}


def _resource_tags(tags: dict[str, str]) -> Properties:
    return {f"aws:ResourceTag/{key}": value for key, value in tags.items()}


def _existing_tags(arn: str) -> Properties:
    """aws:ResourceTag/… of a resource that exists: the group a rule goes to has a tenant, too."""
    return _resource_tags(tags_of(arn) or {})
