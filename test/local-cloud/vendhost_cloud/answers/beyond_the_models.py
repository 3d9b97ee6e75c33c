"""What answers may have that botocore's models do not."""

from botocore.model import Shape

from vendhost_cloud.query_service import service_model

_VALUES: dict[str, frozenset[str]] = {
    # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InternetGatewayAttachment.html
    "AttachmentStatus": frozenset({"available"}),
    # In small letters, as in the example of
    # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcEndpoints.html
    "State": frozenset({"available", "deleted", "deleting", "pending"}),
    # CodeDeployDefault.OneAtATime, https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_MinimumHealthyHosts.html
    "MinimumHealthyHostsType": frozenset({"MOST_CONCURRENCY"}),
    # ministack has the element also where there is no replica.
    "ReplicaMode": frozenset({""}),
    # A stack's events are about the stack itself, too, and have its statuses then.
    "ResourceStatus": frozenset(service_model("cloudformation").shape_for("StackStatus").enum),
}
"""Name of an enumeration -> values that AWS returns although the model lacks them."""

_MEMBERS = frozenset(
    {
        # ministack says more than AWS here; no SDK reads it.
        "Certificate.Tags",
        "DescribeChangeSet.ChangeSetType",
        *(
            f"{of}.{member}"
            for of in ("Vpc", "Vpcs")
            for member in ("defaultNetworkAclId", "defaultSecurityGroupId", "mainRouteTableId")
        ),
        *(
            f"{of}.{member}"
            for of in ("DBSnapshot", "DBSnapshots")
            for member in ("DBInstanceClass", "DBName", "StorageEncrypted")
        ),
    }
)


def may_be(shape: Shape, value: str) -> bool:
    """Whether the model or AWS's documentation has this value."""
    return not shape.enum or value in shape.enum or value in _VALUES.get(shape.name, ())


def may_have(where: str) -> bool:
    """Whether a member that the model lacks is a known one of ministack."""
    return ".".join([part for part in where.split(".") if not part.isdigit()][-2:]) in _MEMBERS
