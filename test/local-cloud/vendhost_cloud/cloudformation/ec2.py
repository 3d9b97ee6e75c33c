"""AWS::EC2 types for networks: addresses and NAT gateways."""

import re
from typing import Any

from ministack.services import ec2 as store

from vendhost_cloud.cloudformation.resource_type import Created, Properties, Resource, ResourceType
from vendhost_cloud.service_api import call, call_unless_gone


def tag_specifications(resource: Resource, kind: str) -> dict[str, Any]:
    """The part of a create request that tags what it makes."""
    tags = resource.properties.get("Tags")
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": tags}]} if tags else {}


def retag(resource_id: str, resource: Resource) -> None:
    """Change a resource's tags from those of the previous template to those of the new one."""
    before = {tag["Key"] for tag in resource.previous.get("Tags") or []}
    after = resource.properties.get("Tags") or []
    gone = before - {tag["Key"] for tag in after}
    if gone:
        call("ec2", "DeleteTags", {"Resources": [resource_id], "Tags": [{"Key": key} for key in sorted(gone)]})
    if after:
        call("ec2", "CreateTags", {"Resources": [resource_id], "Tags": after})


def register_operations() -> None:
    """DescribeNatGateways with the gateways' addresses, which ministack leaves out."""
    describe = store._ACTION_MAP["DescribeNatGateways"]

    def describe_with_addresses(parameters: dict[str, Any]) -> Any:
        status, headers, body = describe(parameters)
        return status, headers, _NAT_GATEWAY.sub(_add_address, body.decode()).encode()

    store._ACTION_MAP["DescribeNatGateways"] = describe_with_addresses


_NAT_GATEWAY = re.compile(r"<natGatewayId>(nat-\w+)</natGatewayId>.*?<natGatewayAddressSet/>", re.DOTALL)


def _add_address(match: re.Match[str]) -> str:
    allocation_id = store._nat_gateways[match[1]]["AllocationId"]
    address = store._addresses.get(allocation_id)
    if address is None:
        return match[0]
    item = f"<allocationId>{allocation_id}</allocationId><publicIp>{address['PublicIp']}</publicIp>"
    filled = f"<natGatewayAddressSet><item>{item}</item></natGatewayAddressSet>"
    return match[0].replace("<natGatewayAddressSet/>", filled)


def _create_address(resource: Resource) -> Created:
    request = {"Domain": resource.properties.get("Domain", "vpc"), **tag_specifications(resource, "elastic-ip")}
    address = call("ec2", "AllocateAddress", request)
    _associate_address(address["AllocationId"], resource)
    return _address(address["PublicIp"], address["AllocationId"])


def _update_address(resource: Resource) -> Created:
    allocation_id = _allocation_id(resource.physical_id)
    if allocation_id is None:
        raise ValueError(f"the address {resource.physical_id} does not exist")
    if resource.changed("InstanceId"):
        _associate_address(allocation_id, resource)
    retag(allocation_id, resource)
    return _address(resource.physical_id, allocation_id)


def _associate_address(allocation_id: str, resource: Resource) -> None:
    if resource.properties.get("InstanceId"):
        request = {"AllocationId": allocation_id, **resource.pick("InstanceId")}
        call("ec2", "AssociateAddress", request)


def _delete_address(physical_id: str, _: Properties) -> None:
    allocation_id = _allocation_id(physical_id)
    if allocation_id is not None:
        call("ec2", "ReleaseAddress", {"AllocationId": allocation_id})


def _allocation_id(public_ip: str) -> str | None:
    addresses = call("ec2", "DescribeAddresses", {})["Addresses"]
    return next((address["AllocationId"] for address in addresses if address["PublicIp"] == public_ip), None)


def _address(public_ip: str, allocation_id: str) -> Created:
    return Created(public_ip, {"PublicIp": public_ip, "AllocationId": allocation_id})


def _create_nat_gateway(resource: Resource) -> Created:
    properties = resource.properties
    if properties.get("SubnetId") not in store._subnets:
        raise ValueError(f"the subnet {properties.get('SubnetId')} does not exist")
    public = properties.get("ConnectivityType", "public") == "public"
    if public and properties.get("AllocationId") not in store._addresses:
        raise ValueError(f"the allocation {properties.get('AllocationId')} of a public NAT gateway does not exist")
    request = resource.pick("SubnetId", "AllocationId", "ConnectivityType", "PrivateIpAddress")
    nat = call("ec2", "CreateNatGateway", {**request, **tag_specifications(resource, "natgateway")})
    return _nat_gateway(nat["NatGateway"]["NatGatewayId"])


def _update_nat_gateway(resource: Resource) -> Created:
    retag(resource.physical_id, resource)
    return _nat_gateway(resource.physical_id)


def _nat_gateway(nat_gateway_id: str) -> Created:
    return Created(nat_gateway_id, {"NatGatewayId": nat_gateway_id})


def _delete_nat_gateway(physical_id: str, _: Properties) -> None:
    call_unless_gone("ec2", "DeleteNatGateway", {"NatGatewayId": physical_id})


TYPES = {
    "AWS::EC2::EIP": ResourceType(
        _create_address,
        _update_address,
        _delete_address,
        replaces=("Domain", "NetworkBorderGroup", "TransferAddress", "Address", "IpamPoolId"),
        tags=True,
    ),
    "AWS::EC2::NatGateway": ResourceType(
        _create_nat_gateway,
        _update_nat_gateway,
        _delete_nat_gateway,
        replaces=("SubnetId", "AllocationId", "ConnectivityType", "PrivateIpAddress"),
        tags=True,
    ),
}
