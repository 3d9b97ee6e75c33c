"""Readers of what runs a virtual host: groups, policies, alarms, CodeDeploy and CodePipeline."""

from vendhost_cloud.cloudformation.request_shape import as_text
from vendhost_cloud.drift.reader import Properties, Reader, first, in_order_of, like, only
from vendhost_cloud.service_api import call


def _group(name: str, properties: Properties) -> Properties | None:
    request = {"AutoScalingGroupNames": [name]}
    found = first("autoscaling", "DescribeAutoScalingGroups", request, "AutoScalingGroups")
    if found is None:
        return None
    template = found.get("LaunchTemplate") or {}
    subnets = [one for one in str(found.get("VPCZoneIdentifier") or "").split(",") if one]
    # Whether instances get a tag is compared too.
    tags = [only(tag, "Key", "Value") | {"PropagateAtLaunch": tag.get("PropagateAtLaunch")} for tag in found["Tags"]]
    return {
        **only(found, "AutoScalingGroupName", "HealthCheckType"),
        **{key: found[key] for key in _NUMBERS if found.get(key) is not None},
        "LaunchTemplate": like(properties.get("LaunchTemplate"), template),
        "TargetGroupARNs": in_order_of(properties.get("TargetGroupARNs"), found.get("TargetGroupARNs") or []),
        "VPCZoneIdentifier": in_order_of(properties.get("VPCZoneIdentifier"), subnets),
        "Tags": tags,
    }


_NUMBERS = ("HealthCheckGracePeriod", "MaxSize", "MinSize")


def _scaling_policy(arn: str, properties: Properties) -> Properties | None:
    request = {"AutoScalingGroupName": str(properties["AutoScalingGroupName"]), "PolicyNames": [arn]}
    found = first("autoscaling", "DescribePolicies", request, "ScalingPolicies")
    if found is None:
        return None
    tracked = "TargetTrackingConfiguration"
    return {
        **only(found, "AutoScalingGroupName", "PolicyType"),
        tracked: like(properties.get(tracked), found.get(tracked) or {}),
    }


_ALARM = (
    "ActionsEnabled",
    "AlarmActions",
    "AlarmDescription",
    "AlarmName",
    "ComparisonOperator",
    "Dimensions",
    "EvaluationPeriods",
    "MetricName",
    "Metrics",
    "Namespace",
    "OKActions",
    "Period",
    "Statistic",
    "Threshold",
    "TreatMissingData",
)


def _alarm(name: str, _: Properties) -> Properties | None:
    found = first("cloudwatch", "DescribeAlarms", {"AlarmNames": [name]}, "MetricAlarms")
    if found is None:
        return None
    tags = call("cloudwatch", "ListTagsForResource", {"ResourceARN": found["AlarmArn"]}).get("Tags") or []
    actual = {key: found[key] for key in _ALARM if found.get(key) is not None}
    return {**actual, "Tags": tags}


def _application(name: str, _: Properties) -> Properties:
    found = call("codedeploy", "GetApplication", {"applicationName": name})["application"]
    return {"ApplicationName": found["applicationName"], "ComputePlatform": found.get("computePlatform")}


def _deployment_group(name: str, properties: Properties) -> Properties:
    request = {"applicationName": str(properties["ApplicationName"]), "deploymentGroupName": name}
    found = call("codedeploy", "GetDeploymentGroup", request)["deploymentGroupInfo"]
    groups = [one["name"] for one in found.get("autoScalingGroups") or []]
    shaped = {
        "ApplicationName": found["applicationName"],
        "DeploymentGroupName": found["deploymentGroupName"],
        "DeploymentConfigName": found.get("deploymentConfigName"),
        "ServiceRoleArn": found.get("serviceRoleArn"),
        "AutoScalingGroups": in_order_of(properties.get("AutoScalingGroups"), groups),
    }
    for key in ("AutoRollbackConfiguration", "DeploymentStyle", "LoadBalancerInfo"):
        if key in properties:
            own = key[0].lower() + key[1:]
            shaped[key] = like(properties[key], _upper(found.get(own) or {}))
    return shaped


def _pipeline(name: str, properties: Properties) -> Properties:
    found = call("codepipeline", "GetPipeline", {"name": name})["pipeline"]
    shaped = _upper({key: value for key, value in found.items() if key not in ("version", "triggers", "variables")})
    return {key: like(properties.get(key), _texts(properties.get(key), value)) for key, value in shaped.items()}


def _texts(expected: object, actual: object) -> object:
    """Configuration values as texts, as CodePipeline keeps them."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        return {key: _texts(expected.get(key), value) for key, value in actual.items()}
    if isinstance(expected, list) and isinstance(actual, list):
        padded = [*expected, *[None] * len(actual)]
        return [_texts(padded[index], value) for index, value in enumerate(actual)]
    return as_text(actual) if isinstance(expected, str) else actual


def _upper(value: object) -> Properties:
    """The same value with the first letter of every member's name in upper case, as templates have them."""
    raised = _raise(value)
    return raised if isinstance(raised, dict) else {}


def _raise(value: object) -> object:
    if isinstance(value, dict):
        return {
            key[:1].upper() + key[1:]: item if key == "configuration" else _raise(item) for key, item in value.items()
        }
    return [_raise(item) for item in value] if isinstance(value, list) else value


READERS = {
    "AWS::AutoScaling::AutoScalingGroup": Reader(
        _group,
        (
            "AutoScalingGroupName",
            *_NUMBERS,
            "HealthCheckType",
            "LaunchTemplate",
            "TargetGroupARNs",
            "VPCZoneIdentifier",
        ),
    ),
    "AWS::AutoScaling::ScalingPolicy": Reader(
        _scaling_policy, ("AutoScalingGroupName", "PolicyType", "TargetTrackingConfiguration")
    ),
    "AWS::CloudWatch::Alarm": Reader(_alarm, _ALARM, tags=True),
    "AWS::CodeDeploy::Application": Reader(_application, ("ApplicationName", "ComputePlatform")),
    "AWS::CodeDeploy::DeploymentGroup": Reader(
        _deployment_group,
        (
            "ApplicationName",
            "AutoRollbackConfiguration",
            "AutoScalingGroups",
            "DeploymentConfigName",
            "DeploymentGroupName",
            "DeploymentStyle",
            "LoadBalancerInfo",
            "ServiceRoleArn",
        ),
    ),
    "AWS::CodePipeline::Pipeline": Reader(
        _pipeline, ("ArtifactStore", "ExecutionMode", "Name", "PipelineType", "RoleArn", "Stages")
    ),
}
