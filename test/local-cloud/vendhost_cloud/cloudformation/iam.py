"""AWS::IAM::OIDCProvider, and what ministack leaves out of AWS::IAM::Role: its permissions boundary."""

from typing import Any

from ministack.services import iam as store
from ministack.services.cloudformation import provisioners

from vendhost_cloud.cloudformation.resource_type import Created, Properties, Resource, ResourceType
from vendhost_cloud.service_api import call, call_unless_gone


def register_operations() -> None:
    """A role has the template's boundary, and a name that is taken is refused instead of overwritten."""
    handlers = provisioners._RESOURCE_HANDLERS["AWS::IAM::Role"]
    create, update = handlers["create"], handlers["update"]

    def create_role(logical_id: str, properties: Properties, stack_name: str) -> tuple[str, dict[str, str]]:
        name = properties.get("RoleName")
        if name and name in store._roles:
            raise ValueError(f"Role with name {name} already exists. (EntityAlreadyExists)")
        return _bounded(create(logical_id, properties, stack_name), properties)

    def update_role(physical_id: str, previous: Properties, properties: Properties, *stack: Any) -> Any:
        return _bounded(update(physical_id, previous, properties, *stack), properties)

    handlers.update(create=create_role, update=update_role)


def _bounded(made: tuple[str, dict[str, str]], properties: Properties) -> tuple[str, dict[str, str]]:
    role = store._roles[made[0]]
    role.pop("PermissionsBoundary", None)
    if properties.get("PermissionsBoundary"):
        role["PermissionsBoundary"] = str(properties["PermissionsBoundary"])
    return made


def _create(resource: Resource) -> Created:
    request = {
        "Url": resource.properties["Url"],
        "ClientIDList": resource.properties.get("ClientIdList", []),
        "ThumbprintList": resource.properties.get("ThumbprintList", []),
        **resource.pick("Tags"),
    }
    arn = call("iam", "CreateOpenIDConnectProvider", request)["OpenIDConnectProviderArn"]
    return Created(arn, {"Arn": arn})


def _update(resource: Resource) -> Created:
    """In ministack's store: it lacks the operations that change client ids and thumbprints."""
    provider = store._oidc_providers[resource.physical_id]
    provider["ClientIDList"] = list(resource.properties.get("ClientIdList", []))
    provider["ThumbprintList"] = list(resource.properties.get("ThumbprintList", []))
    provider["Tags"] = list(resource.properties.get("Tags", []))
    return Created(resource.physical_id, {"Arn": resource.physical_id})


def _delete(physical_id: str, _: Properties) -> None:
    call_unless_gone("iam", "DeleteOpenIDConnectProvider", {"OpenIDConnectProviderArn": physical_id})


TYPES = {"AWS::IAM::OIDCProvider": ResourceType(_create, _update, _delete, replaces=("Url",), tags=True)}
