"""Readers of Elastic Load Balancing's types."""

from typing import Any

from vendhost_cloud.drift.reader import Properties, Reader, first, in_order_of, like, only
from vendhost_cloud.service_api import call


def _tags(arn: str) -> list[dict[str, str]]:
    return list(call("elbv2", "DescribeTags", {"ResourceArns": [arn]})["TagDescriptions"][0].get("Tags") or [])


def _attributes(answer: Properties, expected: Any) -> list[Properties]:
    """Those that the template sets: there are others with defaults."""
    actual = {one["Key"]: one["Value"] for one in answer["Attributes"]}
    return [{"Key": one["Key"], "Value": actual[one["Key"]]} for one in expected or [] if one["Key"] in actual]


def _load_balancer(arn: str, properties: Properties) -> Properties | None:
    found = first("elbv2", "DescribeLoadBalancers", {"LoadBalancerArns": [arn]}, "LoadBalancers")
    if found is None:
        return None
    attributes = call("elbv2", "DescribeLoadBalancerAttributes", {"LoadBalancerArn": arn})
    subnets = [zone["SubnetId"] for zone in found.get("AvailabilityZones") or []]
    return {
        "Name": found["LoadBalancerName"],
        **only(found, "IpAddressType", "Scheme", "Type"),
        "SecurityGroups": in_order_of(properties.get("SecurityGroups"), found.get("SecurityGroups") or []),
        "Subnets": in_order_of(properties.get("Subnets"), subnets),
        "LoadBalancerAttributes": _attributes(attributes, properties.get("LoadBalancerAttributes")),
        "Tags": _tags(arn),
    }


def _target_group(arn: str, properties: Properties) -> Properties | None:
    found = first("elbv2", "DescribeTargetGroups", {"TargetGroupArns": [arn]}, "TargetGroups")
    if found is None:
        return None
    attributes = call("elbv2", "DescribeTargetGroupAttributes", {"TargetGroupArn": arn})
    return {
        "Name": found["TargetGroupName"],
        **only(found, "Port", "Protocol", "TargetType", "VpcId"),
        **only(found, "HealthCheckPath", "HealthCheckPort", "HealthCheckProtocol", "HealthCheckIntervalSeconds"),
        **only(found, "HealthCheckTimeoutSeconds", "HealthyThresholdCount", "UnhealthyThresholdCount", "Matcher"),
        "TargetGroupAttributes": _attributes(attributes, properties.get("TargetGroupAttributes")),
        "Tags": _tags(arn),
    }


def _listener(arn: str, properties: Properties) -> Properties | None:
    found = first("elbv2", "DescribeListeners", {"ListenerArns": [arn]}, "Listeners")
    if found is None:
        return None
    certificates = [{"CertificateArn": one["CertificateArn"]} for one in found.get("Certificates") or []]
    return {
        **only(found, "LoadBalancerArn", "Port", "Protocol", "SslPolicy"),
        **({"Certificates": certificates} if certificates else {}),
        "DefaultActions": like(properties.get("DefaultActions"), found.get("DefaultActions") or []),
        "Tags": _tags(arn),
    }


def _listener_rule(arn: str, properties: Properties) -> Properties | None:
    found = first("elbv2", "DescribeRules", {"RuleArns": [arn]}, "Rules")
    return found and {
        "Priority": found["Priority"],
        "Actions": like(properties.get("Actions"), found.get("Actions") or []),
        "Conditions": like(properties.get("Conditions"), found.get("Conditions") or []),
    }


READERS = {
    "AWS::ElasticLoadBalancingV2::LoadBalancer": Reader(
        _load_balancer,
        ("IpAddressType", "LoadBalancerAttributes", "Name", "Scheme", "SecurityGroups", "Subnets", "Type"),
        tags=True,
    ),
    "AWS::ElasticLoadBalancingV2::TargetGroup": Reader(
        _target_group,
        (
            "HealthCheckIntervalSeconds",
            "HealthCheckPath",
            "HealthCheckPort",
            "HealthCheckProtocol",
            "HealthCheckTimeoutSeconds",
            "HealthyThresholdCount",
            "Matcher",
            "Name",
            "Port",
            "Protocol",
            "TargetGroupAttributes",
            "TargetType",
            "UnhealthyThresholdCount",
            "VpcId",
        ),
        tags=True,
    ),
    "AWS::ElasticLoadBalancingV2::Listener": Reader(
        _listener, ("Certificates", "DefaultActions", "LoadBalancerArn", "Port", "Protocol", "SslPolicy"), tags=True
    ),
    "AWS::ElasticLoadBalancingV2::ListenerRule": Reader(_listener_rule, ("Actions", "Conditions", "Priority")),
}
