"""AWS::EC2::SecurityGroupIngress and SecurityGroupEgress: rules as resources of their own."""

from collections.abc import Callable
from typing import Any

from ministack.services import ec2 as store

from vendhost_cloud.cloudformation.resource_type import Created, Properties, Resource, ResourceType
from vendhost_cloud.service_api import call, call_unless_gone

_PEER = {
    "CidrIp": ("IpRanges", "CidrIp"),
    "CidrIpv6": ("Ipv6Ranges", "CidrIpv6"),
    "SourceSecurityGroupId": ("UserIdGroupPairs", "GroupId"),
    "DestinationSecurityGroupId": ("UserIdGroupPairs", "GroupId"),
    "SourcePrefixListId": ("PrefixListIds", "PrefixListId"),
    "DestinationPrefixListId": ("PrefixListIds", "PrefixListId"),
}
"""Property -> (list in an IP permission, member): the source or destination."""


def _permission(properties: Properties) -> dict[str, Any]:
    peers = [name for name in _PEER if properties.get(name)]
    if len(peers) != 1:
        raise ValueError(f"a rule has exactly one source or destination, this one has {len(peers)}")
    kind, member = _PEER[peers[0]]
    peer = {member: properties[peers[0]]}
    if properties.get("Description"):
        peer["Description"] = properties["Description"]
    ports: dict[str, int] = {name: int(properties[name]) for name in ("FromPort", "ToPort") if name in properties}
    return {"IpProtocol": str(properties["IpProtocol"]), **ports, kind: [peer]}


def _create(direction: str) -> Callable[[Resource], Created]:
    key = "IpPermissions" if direction == "Ingress" else "IpPermissionsEgress"

    def create(resource: Resource) -> Created:
        group_id = resource.properties.get("GroupId")
        if not group_id:
            raise ValueError("only rules with GroupId are supported: GroupName needs EC2-Classic")
        request = {"GroupId": group_id, "IpPermissions": [_permission(resource.properties)]}
        before = list((store._security_groups.get(group_id) or {}).get(key, []))
        rule_id = call("ec2", f"AuthorizeSecurityGroup{direction}", request)["SecurityGroupRules"][0][
            "SecurityGroupRuleId"
        ]
        if any(store._sg_rule_id(group_id, direction == "Egress", rule) == rule_id for rule in before):
            # ministack derives the id from the content of the rule and accepts duplicates; EC2 does not.
            store._security_groups[group_id][key] = before
            raise ValueError("the specified rule already exists (InvalidPermission.Duplicate)")
        return _created(rule_id)

    return create


def _update(resource: Resource) -> Created:
    """Only the description changes in place."""
    rule = {
        "SecurityGroupRuleId": resource.physical_id,
        "SecurityGroupRule": {
            "IpProtocol": str(resource.properties["IpProtocol"]),
            "Description": resource.properties.get("Description", ""),
        },
    }
    request = {"GroupId": resource.properties["GroupId"], "SecurityGroupRules": [rule]}
    call("ec2", "ModifySecurityGroupRules", request)
    return _created(resource.physical_id)


def _delete(direction: str) -> Callable[[str, Properties], None]:
    def delete(physical_id: str, properties: Properties) -> None:
        request = {"GroupId": properties["GroupId"], "SecurityGroupRuleIds": [physical_id]}
        call_unless_gone("ec2", f"RevokeSecurityGroup{direction}", request)

    return delete


def _created(rule_id: str) -> Created:
    return Created(rule_id, {"Id": rule_id})


_REPLACES = ("GroupId", "GroupName", "IpProtocol", "FromPort", "ToPort", *_PEER)

TYPES = {
    f"AWS::EC2::SecurityGroup{direction}": ResourceType(
        _create(direction), _update, _delete(direction), replaces=_REPLACES
    )
    for direction in ("Ingress", "Egress")
}
