"""AWS::CodeBuild::Project, through CodeBuild's own API."""

from typing import Any

from vendhost_cloud.cloudformation.resource_type import Created, Properties, Resource, ResourceType
from vendhost_cloud.service_api import call, call_unless_gone

_NUMBERS = ("TimeoutInMinutes", "QueuedTimeoutInMinutes", "ConcurrentBuildLimit")
_COPIED = (
    "Description",
    "Source",
    "Artifacts",
    "Cache",
    "Environment",
    "ServiceRole",
    "EncryptionKey",
    "LogsConfig",
    "VpcConfig",
    *_NUMBERS,
)


def _create(resource: Resource) -> Created:
    return _made(call("codebuild", "CreateProject", _request(resource.name("Name", 150), resource)))


def _update(resource: Resource) -> Created:
    return _made(call("codebuild", "UpdateProject", _request(resource.physical_id, resource)))


def _request(name: str, resource: Resource) -> dict[str, Any]:
    foreign = sorted(set(resource.properties) - {*_COPIED, "Name", "Tags"})
    if foreign:
        raise ValueError(f"the local cloud does not support {', '.join(foreign)} of AWS::CodeBuild::Project")
    given = resource.pick(*_COPIED)
    given |= {name: int(given[name]) for name in _NUMBERS if name in given}
    tags = [tag for tag in resource.properties.get("Tags") or [] if not tag["Key"].startswith("aws:")]
    return {"name": name, **_members(given), "tags": _members(tags)}


def _members(value: Any) -> Any:
    """Templates begin names with a capital, as this API does not."""
    if isinstance(value, list):
        return [_members(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {_member(key): _read(key, one) for key, one in value.items()}


def _member(name: str) -> str:
    return {"BuildSpec": "buildspec"}.get(name, name[0].lower() + name[1:])


def _read(name: str, value: Any) -> Any:
    if name == "PrivilegedMode":
        return str(value).lower() == "true"
    return _members(value)


def _made(answer: dict[str, Any]) -> Created:
    project = answer["project"]
    return Created(str(project["name"]), {"Arn": str(project["arn"])})


def _delete(physical_id: str, _: Properties) -> None:
    call_unless_gone("codebuild", "DeleteProject", {"name": physical_id})


TYPES = {
    "AWS::CodeBuild::Project": ResourceType(
        _create, _update, _delete, replaces=("Name",), custom_name="Name", tags=True
    ),
}
