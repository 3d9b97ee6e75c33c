"""AWS::IAM::OIDCProvider."""

from ministack.services import iam as store

from vendhost_cloud.cloudformation.resource_type import Created, Properties, Resource, ResourceType
from vendhost_cloud.service_api import call, call_unless_gone


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
