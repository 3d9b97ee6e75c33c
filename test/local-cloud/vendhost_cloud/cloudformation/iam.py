"""AWS::IAM::OIDCProvider, and what ministack leaves out of AWS::IAM::Role and AWS::IAM::ManagedPolicy."""

from typing import Any

from ministack import app
from ministack.services import iam as store
from ministack.services.cloudformation import provisioners

from vendhost_cloud.cloudformation.resource_type import Created, Properties, Resource, ResourceType
from vendhost_cloud.service_api import call, call_unless_gone


def register_operations() -> None:
    """A role has the template's boundary; a name that is taken, and a policy that is not there, are refused."""
    _register_policies()
    handlers = provisioners._RESOURCE_HANDLERS["AWS::IAM::Role"]
    create, update = handlers["create"], handlers["update"]

    def create_role(logical_id: str, properties: Properties, stack_name: str) -> tuple[str, dict[str, str]]:
        name = properties.get("RoleName")
        if name and name in store._roles:
            raise ValueError(f"Role with name {name} already exists. (EntityAlreadyExists)")
        _require_policies(properties)
        return _bounded(create(logical_id, properties, stack_name), properties)

    def update_role(physical_id: str, previous: Properties, properties: Properties, *stack: Any) -> Any:
        _require_policies(properties)
        return _bounded(update(physical_id, previous, properties, *stack), properties)

    handlers.update(create=create_role, update=update_role)


def _require_policies(properties: Properties) -> None:
    """Where IAM is enforced, as elsewhere tests vend beside facts alone.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachRolePolicy.html
    """
    for arn in properties.get("ManagedPolicyArns", []) if app.AUTH else []:
        if not store._is_aws_managed_arn(arn) and arn not in store._policies:
            raise ValueError(f"Policy {arn} does not exist or is not attachable. (NoSuchEntity)")


def _register_policies() -> None:
    """A name is given once, and what roles of others have is not deleted.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html and API_DeletePolicy.html
    """
    handlers = provisioners._RESOURCE_HANDLERS["AWS::IAM::ManagedPolicy"]
    create, delete = handlers["create"], handlers["delete"]

    def create_policy(logical_id: str, properties: Properties, stack_name: str) -> Any:
        name = properties.get("ManagedPolicyName")
        if name and any(one["PolicyName"] == name for one in store._policies.values()):
            raise ValueError(
                f"A policy called {name} already exists. Duplicate names are not allowed. (EntityAlreadyExists)"
            )
        return create(logical_id, properties, stack_name)

    def delete_policy(physical_id: str, properties: Properties) -> None:
        own = {name for kind in ("Roles", "Users", "Groups") for name in properties.get(kind, [])}
        holders = [
            *(one["RoleName"] for one in store._roles.values() if physical_id in _policies_of(one)),
            *(name for name, one in store._users.items() if physical_id in _policies_of(one)),
        ]
        if set(holders) - own:
            raise ValueError("Cannot delete a policy attached to entities. (DeleteConflict)")
        delete(physical_id, properties)

    handlers.update(create=create_policy, delete=delete_policy)


def _policies_of(entity: Properties) -> set[str]:
    boundary = entity.get("PermissionsBoundary")
    return {*entity.get("AttachedPolicies", []), *([str(boundary)] if boundary else [])}


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
