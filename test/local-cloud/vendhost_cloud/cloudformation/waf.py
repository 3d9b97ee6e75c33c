"""AWS::WAFv2::WebACLAssociation."""

from vendhost_cloud.cloudformation.resource_type import Created, Properties, Resource, ResourceType, never_updated
from vendhost_cloud.service_api import call, call_unless_gone


def _create(resource: Resource) -> Created:
    call("wafv2", "AssociateWebACL", resource.pick("ResourceArn", "WebACLArn"))
    return Created(f"{resource.properties['WebACLArn']}|{resource.properties['ResourceArn']}")


def _delete(_: str, properties: Properties) -> None:
    call_unless_gone("wafv2", "DisassociateWebACL", {"ResourceArn": properties["ResourceArn"]})


TYPES = {
    "AWS::WAFv2::WebACLAssociation": ResourceType(
        _create, never_updated, _delete, replaces=("ResourceArn", "WebACLArn")
    ),
}
