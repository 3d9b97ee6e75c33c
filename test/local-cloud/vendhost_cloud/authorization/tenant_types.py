"""What a role of CloudFormation needs for the resource types of a virtual host's stacks."""

from collections.abc import Callable, Iterator

from vendhost_cloud.authorization import group_launches
from vendhost_cloud.authorization.type_permissions import (
    Call,
    Handlers,
    Permission,
    Properties,
    Resource,
    Table,
    TypePermissions,
)


def _named(service: str, prefix: str, property_name: str) -> Callable[[Resource], str]:
    return lambda resource: resource.own(service, prefix + resource.name(property_name))


def _ec2(kind: str) -> Callable[[Resource], str]:
    return lambda resource: resource.own("ec2", f"{kind}/{resource.physical_id or '*'}")


def _group_of_rule(resource: Resource) -> str:
    return resource.own("ec2", f"security-group/{resource.properties.get('GroupId', '*')}")


def _scaling_group(resource: Resource) -> str:
    name = resource.properties.get("AutoScalingGroupName") or resource.physical_id or resource.generated_name
    return resource.own("autoscaling", f"autoScalingGroup:*:autoScalingGroupName/{name}")


def _target_group(resource: Resource) -> str:
    name = resource.properties.get("Name", resource.generated_name)
    return resource.physical_id or resource.own("elasticloadbalancing", f"targetgroup/{name}/*")


def _rule(resource: Resource) -> str:
    return resource.physical_id or str(resource.properties["ListenerArn"])


def _secret(resource: Resource) -> str:
    given = resource.physical_id or resource.properties.get("SecretId")
    return str(given or resource.own("secretsmanager", f"secret:{resource.name('Name')}-??????"))


def _deployment_group(resource: Resource) -> str:
    name = resource.name("DeploymentGroupName")
    return resource.own("codedeploy", f"deploymentgroup:{resource.properties['ApplicationName']}/{name}")


def _group_keys(resource: Resource) -> Properties:
    """https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2autoscaling.html"""
    given = resource.properties
    sources = [one.get("Identifier", "") for one in given.get("TrafficSources") or []]
    keys = {
        "autoscaling:TargetGroupARNs": given.get("TargetGroupARNs") or None,
        "autoscaling:TrafficSourceIdentifiers": sources or None,
        "autoscaling:VPCZoneIdentifiers": given.get("VPCZoneIdentifier") or None,
        "autoscaling:MinSize": given.get("MinSize"),
        "autoscaling:MaxSize": given.get("MaxSize"),
        "autoscaling:LaunchConfigurationName": given.get("LaunchConfigurationName") or None,
        **group_launches.version_keys(given.get("LaunchTemplate") or {}),
    }
    return {key: value if isinstance(value, list) else str(value) for key, value in keys.items() if value is not None}


class _Group(TypePermissions):
    """A group whose launch template Auto Scaling asks about, too."""

    def needed(self, operation: str, resource: Resource) -> Iterator[Permission]:
        yield from super().needed(operation, resource)
        if operation != "delete":
            given = resource.properties
            subnets = [str(one) for one in given.get("VPCZoneIdentifier") or []]
            yield from group_launches.needed(given.get("LaunchTemplate") or {}, subnets)


def _database_keys(resource: Resource) -> Properties:
    """https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonrds.html"""
    given = resource.properties
    keys = {
        "rds:DatabaseClass": given.get("DBInstanceClass"),
        "rds:DatabaseEngine": given.get("Engine"),
        "rds:StorageSize": given.get("AllocatedStorage"),
        "rds:StorageEncrypted": given.get("StorageEncrypted", False),
        "rds:PubliclyAccessible": given.get("PubliclyAccessible"),
        "rds:Piops": given.get("Iops"),
    }
    return {key: str(value).lower() for key, value in keys.items() if value is not None}


def _database_groups(resource: Resource) -> list[str]:
    named = {"subgrp": "DBSubnetGroupName", "pg": "DBParameterGroupName"}
    given = resource.properties
    return [resource.own("rds", f"{kind}:{given[key]}") for kind, key in named.items() if given.get(key)]


_database = _named("rds", "db:", "DBInstanceIdentifier")


def _managed_secret(resource: Resource) -> str:
    """RDS makes it with the rights of the caller, under a name that it chooses."""
    return resource.own("secretsmanager", "secret:rds!db-*")


_MANAGED = Call("secretsmanager:CreateSecret secretsmanager:TagResource", _managed_secret, when=("MasterUserSecret",))


def _alarm_keys(resource: Resource) -> Properties:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/iam-cw-condition-keys-alarm-actions.html"""
    states = ("AlarmActions", "OKActions", "InsufficientDataActions")
    actions = [str(one) for state in states for one in resource.properties.get(state) or []]
    return {"cloudwatch:AlarmActions": actions} if actions else {}


def _any(_: Resource) -> str:
    return "*"


TYPES: Table = {
    "AWS::AutoScaling::AutoScalingGroup": _Group(
        "autoscaling:CreateAutoScalingGroup",
        "autoscaling:UpdateAutoScalingGroup",
        "autoscaling:DeleteAutoScalingGroup",
        _scaling_group,
        context=_group_keys,
    ),
    "AWS::AutoScaling::ScalingPolicy": TypePermissions(
        "autoscaling:PutScalingPolicy", "autoscaling:PutScalingPolicy", "autoscaling:DeletePolicy", _scaling_group
    ),
    "AWS::CDK::Metadata": TypePermissions("", "", "", _any),
    "AWS::CloudWatch::Alarm": TypePermissions(
        "cloudwatch:PutMetricAlarm",
        "cloudwatch:PutMetricAlarm",
        "cloudwatch:DeleteAlarms",
        _named("cloudwatch", "alarm:", "AlarmName"),
        context=_alarm_keys,
    ),
    "AWS::CodeDeploy::Application": TypePermissions(
        "codedeploy:CreateApplication",
        "codedeploy:UpdateApplication",
        "codedeploy:DeleteApplication",
        _named("codedeploy", "application:", "ApplicationName"),
    ),
    "AWS::CodeDeploy::DeploymentGroup": TypePermissions(
        "codedeploy:CreateDeploymentGroup",
        "codedeploy:UpdateDeploymentGroup",
        "codedeploy:DeleteDeploymentGroup",
        _deployment_group,
        (("ServiceRoleArn", "codedeploy.amazonaws.com"),),
    ),
    "AWS::CodePipeline::Pipeline": TypePermissions(
        "codepipeline:CreatePipeline",
        "codepipeline:UpdatePipeline",
        "codepipeline:DeletePipeline",
        _named("codepipeline", "", "Name"),
        (("RoleArn", "codepipeline.amazonaws.com"),),
    ),
    "AWS::EC2::LaunchTemplate": TypePermissions(
        "ec2:CreateLaunchTemplate",
        "ec2:CreateLaunchTemplateVersion",
        "ec2:DeleteLaunchTemplate",
        _ec2("launch-template"),
    ),
    "AWS::EC2::SecurityGroupEgress": TypePermissions(
        "ec2:AuthorizeSecurityGroupEgress",
        "ec2:UpdateSecurityGroupRuleDescriptionsEgress",
        "ec2:RevokeSecurityGroupEgress",
        _group_of_rule,
    ),
    "AWS::EC2::SecurityGroupIngress": TypePermissions(
        "ec2:AuthorizeSecurityGroupIngress",
        "ec2:UpdateSecurityGroupRuleDescriptionsIngress",
        "ec2:RevokeSecurityGroupIngress",
        _group_of_rule,
    ),
    "AWS::ElasticLoadBalancingV2::ListenerRule": TypePermissions(
        "elasticloadbalancing:CreateRule",
        "elasticloadbalancing:ModifyRule",
        "elasticloadbalancing:DeleteRule",
        _rule,
    ),
    "AWS::ElasticLoadBalancingV2::TargetGroup": TypePermissions(
        "elasticloadbalancing:CreateTargetGroup",
        "elasticloadbalancing:ModifyTargetGroup",
        "elasticloadbalancing:DeleteTargetGroup",
        _target_group,
    ),
    "AWS::RDS::DBInstance": Handlers(
        (
            Call("rds:CreateDBInstance", _database, tagging=True, context=_database_keys),
            Call("rds:CreateDBInstance", _database_groups),
            _MANAGED,
        ),
        (
            Call("rds:ModifyDBInstance", _database, context=_database_keys),
            Call("rds:ModifyDBInstance", _database_groups, when=("DBParameterGroupName", "DBSubnetGroupName")),
            _MANAGED,
        ),
        (Call("rds:DeleteDBInstance", _database),),
    ),
    "AWS::RDS::DBParameterGroup": TypePermissions(
        "rds:CreateDBParameterGroup",
        "rds:ModifyDBParameterGroup",
        "rds:DeleteDBParameterGroup",
        _named("rds", "pg:", "DBParameterGroupName"),
    ),
    "AWS::SecretsManager::Secret": TypePermissions(
        "secretsmanager:CreateSecret", "secretsmanager:UpdateSecret", "secretsmanager:DeleteSecret", _secret
    ),
    "AWS::SecretsManager::SecretTargetAttachment": TypePermissions(
        "secretsmanager:GetSecretValue secretsmanager:PutSecretValue",
        "secretsmanager:PutSecretValue",
        "secretsmanager:PutSecretValue",
        _secret,
    ),
}
