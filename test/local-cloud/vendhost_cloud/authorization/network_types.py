"""What a role of CloudFormation needs for a network.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
"""

from vendhost_cloud.authorization.ec2_calls import address, make, named, new, own, retag
from vendhost_cloud.authorization.type_permissions import Call, Handlers, Resource, Table, passed


def _association(resource: Resource) -> list[str]:
    return [*named("route-table", "RouteTableId")(resource), *named("subnet", "SubnetId")(resource)]


def _endpoint_parts(resource: Resource) -> list[str]:
    return [*named("route-table", "RouteTableIds")(resource), *named("subnet", "SubnetIds")(resource)]


def _subnet_group(resource: Resource) -> str:
    return resource.own("rds", f"subgrp:{resource.name('DBSubnetGroupName')}")


_ROUTE_TABLE_OF_ROUTE = named("route-table", "RouteTableId")
_GATEWAY_AND_VPC = (
    Call("ec2:AttachInternetGateway", named("internet-gateway", "InternetGatewayId")),
    Call("ec2:AttachInternetGateway", named("vpc", "VpcId")),
)

TYPES: Table = {
    "AWS::EC2::VPC": Handlers(
        (
            *make("ec2:CreateVpc", "vpc"),
            Call("ec2:ModifyVpcAttribute", new("vpc"), when=("EnableDnsHostnames", "EnableDnsSupport")),
        ),
        (
            Call("ec2:ModifyVpcAttribute", own("vpc"), when=("EnableDnsHostnames", "EnableDnsSupport")),
            retag(own("vpc")),
        ),
        (Call("ec2:DeleteVpc", own("vpc")),),
    ),
    "AWS::EC2::Subnet": Handlers(
        (
            *make("ec2:CreateSubnet", "subnet", Call("ec2:CreateSubnet", named("vpc", "VpcId"))),
            Call("ec2:ModifySubnetAttribute", new("subnet"), when=("MapPublicIpOnLaunch",)),
        ),
        (Call("ec2:ModifySubnetAttribute", own("subnet"), when=("MapPublicIpOnLaunch",)), retag(own("subnet"))),
        (Call("ec2:DeleteSubnet", own("subnet")),),
    ),
    "AWS::EC2::RouteTable": Handlers(
        make("ec2:CreateRouteTable", "route-table", Call("ec2:CreateRouteTable", named("vpc", "VpcId"))),
        (retag(own("route-table")),),
        (Call("ec2:DeleteRouteTable", own("route-table")),),
    ),
    "AWS::EC2::Route": Handlers(
        (Call("ec2:CreateRoute", _ROUTE_TABLE_OF_ROUTE),),
        (Call("ec2:ReplaceRoute", _ROUTE_TABLE_OF_ROUTE),),
        (Call("ec2:DeleteRoute", _ROUTE_TABLE_OF_ROUTE),),
    ),
    "AWS::EC2::SubnetRouteTableAssociation": Handlers(
        (Call("ec2:AssociateRouteTable", _association),),
        (Call("ec2:ReplaceRouteTableAssociation", _association),),
        (Call("ec2:DisassociateRouteTable", _association),),
    ),
    "AWS::EC2::InternetGateway": Handlers(
        make("ec2:CreateInternetGateway", "internet-gateway"),
        (retag(own("internet-gateway")),),
        (Call("ec2:DeleteInternetGateway", own("internet-gateway")),),
    ),
    "AWS::EC2::VPCGatewayAttachment": Handlers(
        _GATEWAY_AND_VPC,
        _GATEWAY_AND_VPC,
        (
            Call("ec2:DetachInternetGateway", named("internet-gateway", "InternetGatewayId")),
            Call("ec2:DetachInternetGateway", named("vpc", "VpcId")),
        ),
    ),
    "AWS::EC2::EIP": Handlers(
        make("ec2:AllocateAddress", "elastic-ip"),
        (retag(address),),
        (Call("ec2:ReleaseAddress", address),),
    ),
    "AWS::EC2::NatGateway": Handlers(
        make(
            "ec2:CreateNatGateway",
            "natgateway",
            Call("ec2:CreateNatGateway", named("subnet", "SubnetId")),
            Call("ec2:CreateNatGateway", named("elastic-ip", "AllocationId")),
        ),
        (retag(own("natgateway")),),
        (Call("ec2:DeleteNatGateway", own("natgateway")),),
    ),
    "AWS::EC2::VPCEndpoint": Handlers(
        make(
            "ec2:CreateVpcEndpoint",
            "vpc-endpoint",
            Call("ec2:CreateVpcEndpoint", named("vpc", "VpcId")),
            Call("ec2:CreateVpcEndpoint", _endpoint_parts),
        ),
        (
            Call("ec2:ModifyVpcEndpoint", own("vpc-endpoint"), when=("RouteTableIds", "SubnetIds", "PolicyDocument")),
            Call("ec2:ModifyVpcEndpoint", _endpoint_parts, when=("RouteTableIds", "SubnetIds")),
            retag(own("vpc-endpoint")),
        ),
        (Call("ec2:DeleteVpcEndpoints", own("vpc-endpoint")),),
    ),
    "AWS::EC2::FlowLog": Handlers(
        (
            *make("ec2:CreateFlowLogs", "vpc-flow-log", Call("ec2:CreateFlowLogs", named("vpc", "ResourceId"))),
            passed("DeliverLogsPermissionArn", "vpc-flow-logs.amazonaws.com"),
        ),
        (retag(own("vpc-flow-log")),),
        (Call("ec2:DeleteFlowLogs", own("vpc-flow-log")),),
    ),
    "AWS::RDS::DBSubnetGroup": Handlers(
        (Call("rds:CreateDBSubnetGroup rds:AddTagsToResource", _subnet_group, tagging=True),),
        (
            Call("rds:ModifyDBSubnetGroup", _subnet_group),
            Call("rds:AddTagsToResource rds:RemoveTagsFromResource", _subnet_group, when=("Tags",), tagging=True),
        ),
        (Call("rds:DeleteDBSubnetGroup", _subnet_group),),
    ),
}
