"""Permissions CloudFormation needs of its role for a resource: type, operation -> actions and ARNs.

From the `handlers.permissions` of the types' schemas, without what only reads; ARNs and condition keys from
https://docs.aws.amazon.com/service-authorization/latest/reference/. A stack with a role
cannot have a type that is in no table: nothing would check it.
"""

from collections.abc import Iterator

from vendhost_cloud.authorization import (
    balancer_types,
    identity_types,
    intake_types,
    network_types,
    shared_types,
    storage_types,
    tenant_types,
)
from vendhost_cloud.authorization.type_permissions import Permission, Resource, Table

_TYPES: Table = {
    **tenant_types.TYPES,
    **shared_types.TYPES,
    **network_types.TYPES,
    **storage_types.TYPES,
    **identity_types.TYPES,
    **balancer_types.TYPES,
    **intake_types.TYPES,
}


def needed(resource_type: str, operation: str, resource: Resource) -> Iterator[Permission]:
    """What the role must be allowed to do. Raises PermissionError for a type that is not in the table."""
    permissions = _TYPES.get(resource_type)
    if permissions is None:
        raise PermissionError(
            f"the local cloud does not know which permissions {resource_type} needs of a stack's role"
        )
    yield from permissions.needed(operation, resource)
