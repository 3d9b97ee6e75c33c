"""Permissions CloudFormation needs of its role for a resource: type, operation -> actions and ARNs.

From the `handlers.permissions` of the types' schemas, without what only reads. A type that is not here is refused for a
stack with a role: better than to let it pass unchecked.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from vendhost_cloud.authorization.tags import tags_of

Properties = dict[str, Any]
Permission = tuple[str, str, Properties]
"""Action, resource ARN, condition keys."""


@dataclass(frozen=True)
class Resource:
    properties: Properties
    physical_id: str
    region: str
    account: str
    generated_name: str
    """What CloudFormation would call it without a name in the template."""

    def own(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"

    def name(self, property_name: str) -> str:
        return str(self.physical_id or self.properties.get(property_name) or self.generated_name)


@dataclass(frozen=True)
class TypePermissions:
    create: str
    update: str
    delete: str
    """Actions, separated by blanks."""
    arn: Callable[[Resource], str]
    roles: tuple[tuple[str, str], ...] = ()
    """(property with a role's ARN, service that is given the role): needs iam:PassRole."""


def needed(resource_type: str, operation: str, resource: Resource) -> Iterator[Permission]:
    """What the role must be allowed to do. Raises PermissionError for a type that is not in the table."""
    permissions = _TYPES.get(resource_type)
    if permissions is None:
        raise PermissionError(
            f"the local cloud does not know which permissions {resource_type} needs of a stack's role"
        )
    arn = permissions.arn(resource)
    actions: str = getattr(permissions, operation)
    conditions = {**_existing_tags(arn), **_conditions(resource)}
    for action in actions.split():
        yield action, arn, conditions
    if operation == "delete":
        return
    for property_name, service in permissions.roles:
        role = resource.properties.get(property_name)
        if role:
            yield "iam:PassRole", str(role), {"iam:PassedToService": service}


def _conditions(resource: Resource) -> Properties:
    tags = resource.properties.get("Tags") or []
    pairs = tags.items() if isinstance(tags, dict) else [(tag["Key"], tag.get("Value", "")) for tag in tags]
    own = {key: value for key, value in pairs if not str(key).startswith("aws:")}
    context: Properties = {"aws:TagKeys": list(own)} if own else {}
    for key, value in own.items():
        context[f"aws:RequestTag/{key}"] = context[f"aws:ResourceTag/{key}"] = value
    return context


def _existing_tags(arn: str) -> Properties:
    """aws:ResourceTag/… of a resource that exists: the group a rule goes to has a tenant, too."""
    return {f"aws:ResourceTag/{key}": value for key, value in (tags_of(arn) or {}).items()}


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


def _parameter(resource: Resource) -> str:
    return resource.own("ssm", f"parameter/{resource.name('Name').lstrip('/')}")


def _topic(resource: Resource) -> str:
    return resource.physical_id or resource.own("sns", resource.name("TopicName"))


def _any(_: Resource) -> str:
    return "*"


_TYPES = {
    "AWS::AutoScaling::AutoScalingGroup": TypePermissions(
        "autoscaling:CreateAutoScalingGroup",
        "autoscaling:UpdateAutoScalingGroup",
        "autoscaling:DeleteAutoScalingGroup",
        _scaling_group,
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
    "AWS::EC2::SecurityGroup": TypePermissions(
        "ec2:CreateSecurityGroup",
        "ec2:AuthorizeSecurityGroupIngress ec2:RevokeSecurityGroupIngress",
        "ec2:DeleteSecurityGroup",
        _ec2("security-group"),
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
    "AWS::Logs::LogGroup": TypePermissions(
        "logs:CreateLogGroup",
        "logs:PutRetentionPolicy",
        "logs:DeleteLogGroup",
        lambda resource: resource.own("logs", f"log-group:{resource.name('LogGroupName')}:*"),
    ),
    "AWS::RDS::DBInstance": TypePermissions(
        "rds:CreateDBInstance",
        "rds:ModifyDBInstance",
        "rds:DeleteDBInstance",
        _named("rds", "db:", "DBInstanceIdentifier"),
    ),
    "AWS::RDS::DBParameterGroup": TypePermissions(
        "rds:CreateDBParameterGroup",
        "rds:ModifyDBParameterGroup",
        "rds:DeleteDBParameterGroup",
        _named("rds", "pg:", "DBParameterGroupName"),
    ),
    "AWS::RDS::DBSubnetGroup": TypePermissions(
        "rds:CreateDBSubnetGroup",
        "rds:ModifyDBSubnetGroup",
        "rds:DeleteDBSubnetGroup",
        _named("rds", "subgrp:", "DBSubnetGroupName"),
    ),
    "AWS::SNS::Topic": TypePermissions("sns:CreateTopic", "sns:SetTopicAttributes", "sns:DeleteTopic", _topic),
    "AWS::SSM::Parameter": TypePermissions("ssm:PutParameter", "ssm:PutParameter", "ssm:DeleteParameter", _parameter),
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
