"""AWS::EC2::NetworkAcl, its entries and its subnets."""

from collections.abc import Callable
from typing import Any

from ministack.core.responses import new_uuid
from ministack.services import ec2 as store

from vendhost_cloud.cloudformation.ec2 import retag, tag_specifications
from vendhost_cloud.cloudformation.resource_type import Created, Properties, Resource, ResourceType, truth
from vendhost_cloud.service_api import call, call_unless_gone


def register_operations() -> None:
    """Entries with ports: ministack drops their port range."""
    entry_xml = store._network_acl_entry_xml

    def entry_with_ports(entry: dict[str, Any]) -> str:
        ports = entry.get("PortRange")
        range_xml = f"<portRange><from>{ports['From']}</from><to>{ports['To']}</to></portRange>" if ports else ""
        return str(entry_xml(entry)).replace("</item>", f"{range_xml}</item>")

    store._network_acl_entry_xml = entry_with_ports
    for operation in ("CreateNetworkAclEntry", "ReplaceNetworkAclEntry"):
        store._ACTION_MAP[operation] = _keeping_ports(store._ACTION_MAP[operation])


def _keeping_ports(operation: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    def keep(parameters: dict[str, Any]) -> Any:
        answer = operation(parameters)
        first, last = store._p(parameters, "PortRange.From"), store._p(parameters, "PortRange.To")
        acl = store._network_acls.get(store._p(parameters, "NetworkAclId"))
        if acl is not None and first and last:
            # Both operations put their entry last.
            acl["Entries"][-1]["PortRange"] = {"From": int(first), "To": int(last)}
        return answer

    return keep


def _create_acl(resource: Resource) -> Created:
    request = {**resource.pick("VpcId"), **tag_specifications(resource, "network-acl")}
    acl_id = call("ec2", "CreateNetworkAcl", request)["NetworkAcl"]["NetworkAclId"]
    return Created(acl_id, {"Id": acl_id})


def _update_acl(resource: Resource) -> Created:
    retag(resource.physical_id, resource)
    return Created(resource.physical_id, {"Id": resource.physical_id})


def _delete_acl(physical_id: str, _: Properties) -> None:
    call_unless_gone("ec2", "DeleteNetworkAcl", {"NetworkAclId": physical_id})


def _entry(properties: Properties) -> dict[str, Any]:
    entry: dict[str, Any] = {name: properties[name] for name in ("CidrBlock", "Ipv6CidrBlock") if name in properties}
    if "PortRange" in properties:
        entry["PortRange"] = {end: int(port) for end, port in properties["PortRange"].items()}
    if "Icmp" in properties:
        entry["IcmpTypeCode"] = {name: int(value) for name, value in properties["Icmp"].items()}
    return {
        **_entry_key(properties),
        **entry,
        "Protocol": str(properties["Protocol"]),
        "RuleAction": properties["RuleAction"],
    }


def _entry_key(properties: Properties) -> dict[str, Any]:
    return {
        "NetworkAclId": properties["NetworkAclId"],
        "RuleNumber": int(properties["RuleNumber"]),
        "Egress": truth(properties.get("Egress", False)),
    }


def _create_entry(resource: Resource) -> Created:
    key = _entry_key(resource.properties)
    entries = store._network_acls.get(key["NetworkAclId"], {}).get("Entries", [])
    if any(entry["RuleNumber"] == key["RuleNumber"] and entry["Egress"] == key["Egress"] for entry in entries):
        raise ValueError(f"the network ACL already has a rule {key['RuleNumber']} in this direction")
    call("ec2", "CreateNetworkAclEntry", _entry(resource.properties))
    entry_id = f"{resource.stack_name}-{resource.logical_id}-{new_uuid()[:8]}"
    return Created(entry_id, {"Id": entry_id})


def _update_entry(resource: Resource) -> Created:
    call("ec2", "ReplaceNetworkAclEntry", _entry(resource.properties))
    return Created(resource.physical_id, {"Id": resource.physical_id})


def _delete_entry(_: str, properties: Properties) -> None:
    call_unless_gone("ec2", "DeleteNetworkAclEntry", _entry_key(properties))


def _associate(resource: Resource) -> Created:
    """In ministack's store: its ReplaceNetworkAclAssociation loses the subnet, and subnets start with none."""
    acl = store._network_acls.get(resource.properties["NetworkAclId"])
    subnet_id = resource.properties["SubnetId"]
    if acl is None or subnet_id not in store._subnets:
        raise ValueError(f"the network ACL or the subnet {subnet_id} does not exist")
    for other in store._network_acls.values():
        other["Associations"] = [entry for entry in other["Associations"] if entry["SubnetId"] != subnet_id]
    association_id = f"aclassoc-{new_uuid().replace('-', '')[:17]}"
    acl["Associations"].append({"NetworkAclAssociationId": association_id, "SubnetId": subnet_id})
    return Created(association_id, {"AssociationId": association_id})


def _dissociate(physical_id: str, properties: Properties) -> None:
    acl = store._network_acls.get(properties["NetworkAclId"])
    if acl is not None:
        acl["Associations"] = [
            entry for entry in acl["Associations"] if entry["NetworkAclAssociationId"] != physical_id
        ]


def _no_update(resource: Resource) -> Created:
    return Created(resource.physical_id, {"AssociationId": resource.physical_id})


TYPES = {
    "AWS::EC2::NetworkAcl": ResourceType(_create_acl, _update_acl, _delete_acl, replaces=("VpcId",), tags=True),
    "AWS::EC2::NetworkAclEntry": ResourceType(
        _create_entry, _update_entry, _delete_entry, replaces=("NetworkAclId", "RuleNumber", "Egress")
    ),
    "AWS::EC2::SubnetNetworkAclAssociation": ResourceType(
        _associate, _no_update, _dissociate, replaces=("NetworkAclId", "SubnetId")
    ),
}
