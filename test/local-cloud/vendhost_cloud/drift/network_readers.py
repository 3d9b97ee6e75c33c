"""Readers of EC2's types."""

from collections.abc import Callable
from typing import Any

from vendhost_cloud.drift.reader import Properties, Reader, first, only
from vendhost_cloud.service_api import call


def _plain(operation: str, ids: str, member: str, *names: str) -> Callable[[str, Properties], Properties | None]:
    """A type whose properties have the names of the API."""

    def read(physical_id: str, _: Properties) -> Properties | None:
        found = first("ec2", operation, {ids: [physical_id]}, member)
        return found and {**only(found, *names), "Tags": found.get("Tags") or []}

    return read


def _vpc(physical_id: str, _: Properties) -> Properties | None:
    found = first("ec2", "DescribeVpcs", {"VpcIds": [physical_id]}, "Vpcs")
    if found is None:
        return None
    answers: Properties = {}
    for name, attribute in (("EnableDnsHostnames", "enableDnsHostnames"), ("EnableDnsSupport", "enableDnsSupport")):
        answer = call("ec2", "DescribeVpcAttribute", {"VpcId": physical_id, "Attribute": attribute})
        answers[name] = answer[name]["Value"]
    return {**only(found, "CidrBlock", "InstanceTenancy"), **answers, "Tags": found.get("Tags") or []}


def _subnet(physical_id: str, _: Properties) -> Properties | None:
    found = first("ec2", "DescribeSubnets", {"SubnetIds": [physical_id]}, "Subnets")
    names = ("AvailabilityZone", "CidrBlock", "VpcId")
    if found is None:
        return None
    public = bool(found.get("MapPublicIpOnLaunch"))
    return {**only(found, *names), "MapPublicIpOnLaunch": public, "Tags": found.get("Tags") or []}


def _address(physical_id: str, _: Properties) -> Properties | None:
    key = "AllocationIds" if physical_id.startswith("eipalloc-") else "PublicIps"
    found = first("ec2", "DescribeAddresses", {key: [physical_id]}, "Addresses")
    return found and {**only(found, "Domain"), "Tags": found.get("Tags") or []}


def _nat_gateway(physical_id: str, _: Properties) -> Properties | None:
    found = first("ec2", "DescribeNatGateways", {"NatGatewayIds": [physical_id]}, "NatGateways")
    if found is None or found.get("State") in ("deleting", "deleted"):
        return None
    addresses = found.get("NatGatewayAddresses") or [{}]
    return {**only(found, "SubnetId"), **only(addresses[0], "AllocationId"), "Tags": found.get("Tags") or []}


def _flow_log(physical_id: str, _: Properties) -> Properties | None:
    found = first("ec2", "DescribeFlowLogs", {"FlowLogIds": [physical_id]}, "FlowLogs")
    names = ("DeliverLogsPermissionArn", "LogDestinationType", "LogGroupName", "ResourceId", "TrafficType")
    return found and {**only(found, *names), "Tags": found.get("Tags") or []}


def _route_table(table_id: str) -> Properties | None:
    return first("ec2", "DescribeRouteTables", {"RouteTableIds": [table_id]}, "RouteTables")


def _route(_: str, properties: Properties) -> Properties | None:
    destination = properties.get("DestinationCidrBlock")
    for route in (_route_table(str(properties["RouteTableId"])) or {}).get("Routes") or []:
        if route.get("DestinationCidrBlock") == destination:
            return only(route, "DestinationCidrBlock", "GatewayId", "NatGatewayId")
    return None


def _association(physical_id: str, properties: Properties) -> Properties | None:
    """The association as it is now: replacing it gives it another id and leaves the subnet."""
    filters = [{"Name": "association.subnet-id", "Values": [str(properties["SubnetId"])]}]
    for table in call("ec2", "DescribeRouteTables", {"Filters": filters})["RouteTables"]:
        for association in table.get("Associations") or []:
            if association.get("SubnetId") == properties["SubnetId"]:
                return only(association, "RouteTableId", "SubnetId")
    return None


def _attachment(_: str, properties: Properties) -> Properties | None:
    request = {"InternetGatewayIds": [str(properties["InternetGatewayId"])]}
    gateway = first("ec2", "DescribeInternetGateways", request, "InternetGateways") or {}
    for attachment in gateway.get("Attachments") or []:
        return {"InternetGatewayId": properties["InternetGatewayId"], "VpcId": attachment["VpcId"]}
    return None


def _endpoint(physical_id: str, properties: Properties) -> Properties | None:
    found = first("ec2", "DescribeVpcEndpoints", {"VpcEndpointIds": [physical_id]}, "VpcEndpoints")
    names = ("RouteTableIds", "ServiceName", "VpcEndpointType", "VpcId")
    return found and {**only(found, *names), "Tags": found.get("Tags") or []}


def _security_group(physical_id: str, properties: Properties) -> Properties | None:
    found = first("ec2", "DescribeSecurityGroups", {"GroupIds": [physical_id]}, "SecurityGroups")
    if found is None:
        return None
    return {
        "GroupDescription": found.get("Description"),
        **only(found, "VpcId"),
        "SecurityGroupIngress": _rules(found.get("IpPermissions"), properties.get("SecurityGroupIngress"), "Source"),
        "SecurityGroupEgress": _rules(
            found.get("IpPermissionsEgress"), properties.get("SecurityGroupEgress"), "Destination"
        ),
        "Tags": found.get("Tags") or [],
    }


def _rules(permissions: Any, expected: Any, end: str) -> list[Properties]:
    """Rules as templates write them, one for each range, group and list; those of the template first."""
    rules = [rule for permission in permissions or [] for rule in _rules_of(permission, end)]
    ordered: list[Properties] = []
    for wanted in expected or []:
        found = next((rule for rule in rules if _key(rule) == _key(wanted)), None)
        if found is not None:
            rules.remove(found)
            ordered.append({name: value for name, value in found.items() if name in wanted})
    return ordered + rules


def _rules_of(permission: Properties, end: str) -> list[Properties]:
    shared: Properties = {name: permission[name] for name in ("IpProtocol", "FromPort", "ToPort") if name in permission}
    peers = [
        *(("CidrIp", one["CidrIp"], one) for one in permission.get("IpRanges") or []),
        *(("CidrIpv6", one["CidrIpv6"], one) for one in permission.get("Ipv6Ranges") or []),
        *((f"{end}SecurityGroupId", one["GroupId"], one) for one in permission.get("UserIdGroupPairs") or []),
        *((f"{end}PrefixListId", one["PrefixListId"], one) for one in permission.get("PrefixListIds") or []),
    ]
    return [{**shared, name: value, **only(peer, "Description")} for name, value, peer in peers]


def _key(rule: Properties) -> tuple[str, ...]:
    """What tells two rules of a group apart: all but the description."""
    return tuple(sorted(f"{name}={value}" for name, value in rule.items() if name not in _APART))


_APART = ("Description", "GroupId")


def _ingress(_: str, properties: Properties) -> Properties | None:
    found = first("ec2", "DescribeSecurityGroups", {"GroupIds": [str(properties["GroupId"])]}, "SecurityGroups")
    rules = [
        rule for permission in (found or {}).get("IpPermissions") or [] for rule in _rules_of(permission, "Source")
    ]
    same = next((rule for rule in rules if _key(rule) == _key(properties)), None)
    return None if same is None else {**same, "GroupId": properties["GroupId"]}


def _launch_template(physical_id: str, _: Properties) -> Properties | None:
    """Its name only: the registry calls its data write-only, so no detection compares it."""
    request = {"LaunchTemplateIds": [physical_id]}
    found = first("ec2", "DescribeLaunchTemplates", request, "LaunchTemplates")
    return found and only(found, "LaunchTemplateName")


READERS = {
    "AWS::EC2::VPC": Reader(
        _vpc, ("CidrBlock", "EnableDnsHostnames", "EnableDnsSupport", "InstanceTenancy"), tags=True
    ),
    "AWS::EC2::Subnet": Reader(_subnet, ("AvailabilityZone", "CidrBlock", "MapPublicIpOnLaunch", "VpcId"), tags=True),
    "AWS::EC2::InternetGateway": Reader(
        _plain("DescribeInternetGateways", "InternetGatewayIds", "InternetGateways"), (), tags=True
    ),
    "AWS::EC2::VPCGatewayAttachment": Reader(_attachment, ("InternetGatewayId", "VpcId")),
    "AWS::EC2::RouteTable": Reader(
        _plain("DescribeRouteTables", "RouteTableIds", "RouteTables", "VpcId"), ("VpcId",), tags=True
    ),
    "AWS::EC2::Route": Reader(_route, ("DestinationCidrBlock", "GatewayId", "NatGatewayId")),
    "AWS::EC2::SubnetRouteTableAssociation": Reader(_association, ("RouteTableId", "SubnetId")),
    "AWS::EC2::EIP": Reader(_address, ("Domain",), tags=True),
    "AWS::EC2::NatGateway": Reader(_nat_gateway, ("AllocationId", "SubnetId"), tags=True),
    "AWS::EC2::VPCEndpoint": Reader(_endpoint, ("RouteTableIds", "ServiceName", "VpcEndpointType", "VpcId"), tags=True),
    "AWS::EC2::FlowLog": Reader(
        _flow_log,
        ("DeliverLogsPermissionArn", "LogDestinationType", "LogGroupName", "ResourceId", "TrafficType"),
        tags=True,
    ),
    "AWS::EC2::SecurityGroup": Reader(
        _security_group, ("GroupDescription", "SecurityGroupEgress", "SecurityGroupIngress", "VpcId"), tags=True
    ),
    "AWS::EC2::SecurityGroupIngress": Reader(
        _ingress, ("Description", "FromPort", "GroupId", "IpProtocol", "SourceSecurityGroupId", "ToPort")
    ),
    "AWS::EC2::LaunchTemplate": Reader(_launch_template, ("LaunchTemplateName",)),
}
