"""A project in a VPC: what its service role needs there. Builds run in the host's network all the same.

https://docs.aws.amazon.com/codebuild/latest/userguide/auth-and-access-control-iam-identity-based-access-control.html#customer-managed-policies-example-create-vpc-network-interface
"""

from collections.abc import Iterable

from ministack.core.responses import get_account_id, get_region
from ministack.services import ec2

from vendhost_cloud.builds.store import Document
from vendhost_cloud.errors import AwsError
from vendhost_cloud.roles import Role

_LOOKS = ("DescribeSecurityGroups", "DescribeSubnets", "DescribeVpcs")
_SERVICE = "codebuild.amazonaws.com"


def check(network: Document, role: Role) -> None:
    """What CodeBuild looks at when a project is made."""
    vpc, subnets, groups = network.get("vpcId"), network.get("subnets") or [], network.get("securityGroupIds") or []
    if not vpc or not subnets or not groups:
        raise _invalid("Invalid vpc config: vpcId, subnets and security groups must be given together")
    for action in _LOOKS:
        try:
            role.require(f"ec2:{action}", "*")
        except AwsError as error:
            raise _invalid(f"Not authorized to perform {action}") from error
    for kind, ids, known in (("subnet", subnets, ec2._subnets), ("security group", groups, ec2._security_groups)):
        for one in ids:
            if (known.get(one) or {}).get("VpcId") != vpc:
                raise _invalid(f"Invalid vpc config: the {kind} {one} is not in {vpc}")


def attach(network: Document, role: Role) -> None:
    """What a build does there as the role; raises AwsError with the code that its phase has."""
    subnets = [_arn(f"subnet/{one}") for one in network["subnets"]]
    interface, own = _arn("network-interface/*"), {"ec2:Vpc": _arn(f"vpc/{network['vpcId']}")}
    try:
        _require(role, "ec2:CreateNetworkInterface", [interface], {})
        _require(role, "ec2:CreateNetworkInterface", subnets[:1], own)
        groups = [_arn(f"security-group/{one}") for one in network["securityGroupIds"]]
        _require(role, "ec2:CreateNetworkInterface", groups, own)
        place = {**own, "ec2:Subnet": subnets[0]}
        permission = {**place, "ec2:AuthorizedService": _SERVICE}
        _require(role, "ec2:CreateNetworkInterfacePermission", [interface], permission)
        _require(role, "ec2:DeleteNetworkInterface", [interface], place)
        for action in (*_LOOKS, "DescribeDhcpOptions", "DescribeNetworkInterfaces"):
            role.require(f"ec2:{action}", "*")
    except AwsError as error:
        message = f"Unexpected EC2 error: UnauthorizedOperation: {error.message}"
        raise AwsError("VPC_CLIENT_ERROR", message) from error


def _require(role: Role, action: str, arns: Iterable[str], keys: Document) -> None:
    for arn in arns:
        role.require(action, arn, keys)


def _arn(resource: str) -> str:
    return f"arn:aws:ec2:{get_region()}:{get_account_id()}:{resource}"


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidInputException", message)
