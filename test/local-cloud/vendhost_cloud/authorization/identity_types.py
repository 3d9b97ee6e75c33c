"""What a role of CloudFormation needs for roles of services and their policies.

Which of these calls know iam:PermissionsBoundary:
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
"""

from collections.abc import Iterator
from dataclasses import dataclass

from ministack.services import iam

from vendhost_cloud.authorization.type_permissions import (
    Call,
    Handlers,
    Permission,
    Properties,
    Resource,
    Table,
)

_BOUNDARY = "PermissionsBoundary"


def _role_arn(resource: Resource, name: str) -> str:
    path = resource.properties.get("Path", "/") if "AssumeRolePolicyDocument" in resource.properties else "/"
    known = iam._roles.get(name)
    return str(known["Arn"]) if known else f"arn:aws:iam::{resource.account}:role{path}{name}"


def _role(resource: Resource) -> str:
    return _role_arn(resource, resource.name("RoleName"))


def _wanted_boundary(resource: Resource) -> Properties:
    """iam:PermissionsBoundary as the request gives it."""
    boundary = resource.properties.get(_BOUNDARY)
    return {"iam:PermissionsBoundary": str(boundary)} if boundary else {}


def _present_boundary(resource: Resource) -> Properties:
    """iam:PermissionsBoundary of the existing role; a new role has the template's."""
    return _boundary_of(resource.name("RoleName")) or _wanted_boundary(resource)


def _boundary_of(role_name: str) -> Properties:
    boundary = (iam._roles.get(role_name) or {}).get(_BOUNDARY)
    return {"iam:PermissionsBoundary": str(boundary)} if boundary else {}


@dataclass(frozen=True)
class _ManagedPolicies:
    """Attaching and detaching: iam:PolicyARN says which policy."""

    def needed(self, operation: str, resource: Resource) -> Iterator[Permission]:
        before = set(resource.previous.get("ManagedPolicyArns") or [])
        after = set(resource.properties.get("ManagedPolicyArns") or [])
        if operation == "delete":
            before, after = after, set()
        for action, arns in (("iam:AttachRolePolicy", after - before), ("iam:DetachRolePolicy", before - after)):
            for arn in sorted(arns):
                yield action, _role(resource), {**_present_boundary(resource), "iam:PolicyARN": arn}


@dataclass(frozen=True)
class _RoleType:
    handlers: Handlers

    def needed(self, operation: str, resource: Resource) -> Iterator[Permission]:
        calls = list(self.handlers.needed(operation, resource))
        managed = list(_ManagedPolicies().needed(operation, resource))
        # A role is created before its policies, and deleted after them.
        yield from managed + calls if operation == "delete" else calls + managed


@dataclass(frozen=True)
class _InlinePolicy:
    """AWS::IAM::Policy: an inline policy of each role it names. Users and groups are refused: Vendhost has none."""

    def needed(self, operation: str, resource: Resource) -> Iterator[Permission]:
        for principals in ("Users", "Groups"):
            if resource.properties.get(principals):
                raise PermissionError(f"the local cloud does not know which permissions {principals} of a policy need")
        before = set(resource.previous.get("Roles") or [])
        after = set(resource.properties.get("Roles") or [])
        if operation == "delete":
            before, after = after, set()
        for action, roles in (("iam:PutRolePolicy", after), ("iam:DeleteRolePolicy", before - after)):
            for name in sorted(roles):
                yield action, _role_arn(resource, name), _boundary_of(name)


def _policy(resource: Resource) -> str:
    # What CloudFormation calls it is its ARN.
    if resource.physical_id.startswith("arn:"):
        return resource.physical_id
    return f"arn:aws:iam::{resource.account}:policy/{resource.name('ManagedPolicyName')}"


def _profile(resource: Resource) -> str:
    return f"arn:aws:iam::{resource.account}:instance-profile/{resource.name('InstanceProfileName')}"


TYPES: Table = {
    "AWS::IAM::ManagedPolicy": Handlers(
        (Call("iam:CreatePolicy", _policy),),
        (Call("iam:CreatePolicyVersion iam:DeletePolicyVersion", _policy, when=("PolicyDocument",)),),
        (Call("iam:DeletePolicy", _policy),),
    ),
    "AWS::IAM::InstanceProfile": Handlers(
        (Call("iam:CreateInstanceProfile iam:AddRoleToInstanceProfile", _profile),),
        (Call("iam:AddRoleToInstanceProfile iam:RemoveRoleFromInstanceProfile", _profile, when=("Roles",)),),
        (Call("iam:RemoveRoleFromInstanceProfile iam:DeleteInstanceProfile", _profile),),
    ),
    "AWS::IAM::Policy": _InlinePolicy(),
    "AWS::IAM::Role": _RoleType(
        Handlers(
            (
                Call("iam:CreateRole", _role, tagging=True, context=_wanted_boundary),
                Call("iam:TagRole", _role, when=("Tags",), tagging=True),
                Call("iam:PutRolePolicy", _role, when=("Policies",), context=_present_boundary),
            ),
            (
                Call("iam:UpdateAssumeRolePolicy", _role, when=("AssumeRolePolicyDocument",)),
                Call("iam:UpdateRole", _role, when=("MaxSessionDuration",)),
                Call("iam:UpdateRoleDescription", _role, when=("Description",)),
                Call("iam:PutRolePermissionsBoundary", _role, when=(_BOUNDARY,), context=_wanted_boundary),
                Call("iam:PutRolePolicy iam:DeleteRolePolicy", _role, when=("Policies",), context=_present_boundary),
                Call("iam:TagRole iam:UntagRole", _role, when=("Tags",), tagging=True),
            ),
            (
                Call("iam:DeleteRolePolicy", _role, when=("Policies",), context=_present_boundary),
                Call("iam:DeleteRole", _role),
            ),
        )
    ),
}
