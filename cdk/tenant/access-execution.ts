import type { CfnRole } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { names } from '../../scripts/config/names.ts';
import { type Right, serviceTrust } from '../role.ts';
import { deploymentArns } from './access-common.ts';
import { tenantRole } from './access-role.ts';
import type { Scope } from './access-scope.ts';

/**
 * The role CloudFormation works with in the data and host stacks. It makes no role and no policy: all roles of the tenant
 * are in the access stack, under the boundary.
 */
export function executionRole(parent: Construct, scope: Scope): CfnRole {
  return tenantRole(parent, {
    scope,
    role: 'execution',
    description: `CloudFormation, for the stacks of ${scope.host}`,
    trust: serviceTrust('cloudformation'),
    rights: [...general(scope), ...instances(scope), ...traffic(scope), ...data(scope), ...releases(scope)],
  });
}

function general(scope: Scope): Right[] {
  const pass = { instance: 'ec2', pipeline: 'codepipeline', codedeploy: 'codedeploy' } as const;
  return [
    {
      sid: 'Look',
      actions: [
        'autoscaling:Describe*',
        'cloudwatch:DescribeAlarms',
        'ec2:Describe*',
        'elasticloadbalancing:Describe*',
        'logs:DescribeLogGroups',
        'rds:Describe*',
        'secretsmanager:GetRandomPassword',
      ],
      resources: ['*'],
      because: 'Reads that AWS grants for all resources or none.',
    },
    {
      sid: 'PassRoles',
      actions: ['iam:GetRole', 'iam:PassRole'],
      resources: (['instance', 'pipeline', 'codedeploy'] as const).map((role) => scope.roleArn(role)),
      when: {
        StringEqualsIfExists: { 'iam:PassedToService': Object.values(pass).map((each) => `${each}.amazonaws.com`) },
      },
    },
    {
      sid: 'ServiceRoles',
      actions: ['iam:CreateServiceLinkedRole'],
      resources: [scope.globalArn('iam', 'role/aws-service-role/*')],
      when: {
        StringEquals: {
          'iam:AWSServiceName': ['autoscaling', 'elasticloadbalancing', 'rds'].map((each) => `${each}.amazonaws.com`),
        },
      },
      because: 'Roles that AWS defines, made when an account uses a service for the first time.',
    },
    {
      sid: 'Key',
      actions: ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey'],
      resources: [scope.facts['key-arn']],
      when: scope.via('ec2', 'logs', 'rds', 'secretsmanager', 'sns', 's3'),
    },
    {
      sid: 'KeyForVolumes',
      actions: ['kms:CreateGrant'],
      resources: [scope.facts['key-arn']],
      // The grant is to the service that keeps the volume or database, and to nobody else.
      when: { ...scope.via('ec2', 'rds'), Bool: { 'kms:GrantIsForAWSResource': 'true' } },
    },
  ];
}

function instances(scope: Scope): Right[] {
  const ec2 = scope.ec2.bind(scope);
  return [
    {
      sid: 'MakeGroups',
      actions: ['ec2:CreateSecurityGroup'],
      resources: [scope.arn('ec2', `vpc/${scope.facts['vpc-id']}`), ...ec2('security-group')],
      because: 'The id does not exist yet; CloudFormation gives the tag.',
    },
    {
      sid: 'OwnGroups',
      actions: [
        'ec2:AuthorizeSecurityGroupEgress',
        'ec2:AuthorizeSecurityGroupIngress',
        'ec2:DeleteSecurityGroup',
        'ec2:RevokeSecurityGroupEgress',
        'ec2:RevokeSecurityGroupIngress',
        'ec2:UpdateSecurityGroupRuleDescriptionsEgress',
        'ec2:UpdateSecurityGroupRuleDescriptionsIngress',
      ],
      resources: ec2('security-group', 'security-group-rule'),
      // CloudFormation may write a group's first rules before its tags, and a rule has none.
      when: scope.taggedSoon,
      because: 'Not the groups of the platform or of other tenants: they carry tags.',
    },
    {
      sid: 'Tags',
      actions: ['ec2:CreateTags', 'ec2:DeleteTags'],
      resources: ec2('instance', 'launch-template', 'security-group', 'security-group-rule', 'volume'),
      when: { StringEqualsIfExists: { ...scope.tagging.StringEquals, ...scope.taggedSoon.StringEqualsIfExists } },
      because: "Only to make something the tenant's, or on what is.",
    },
    {
      sid: 'MakeLaunchTemplate',
      actions: ['ec2:CreateLaunchTemplate'],
      resources: ec2('launch-template'),
      when: scope.tagging,
      because: 'The id does not exist yet; the tag must be given.',
    },
    ...starting(scope),
    {
      sid: 'Group',
      actions: [
        'autoscaling:AttachLoadBalancerTargetGroups',
        'autoscaling:AttachTrafficSources',
        'autoscaling:CreateAutoScalingGroup',
        'autoscaling:CreateOrUpdateTags',
        'autoscaling:DeleteAutoScalingGroup',
        'autoscaling:DeletePolicy',
        'autoscaling:DeleteTags',
        'autoscaling:DetachLoadBalancerTargetGroups',
        'autoscaling:DetachTrafficSources',
        'autoscaling:PutScalingPolicy',
        'autoscaling:ResumeProcesses',
        'autoscaling:SuspendProcesses',
        'autoscaling:UpdateAutoScalingGroup',
      ],
      resources: [scope.arn('autoscaling', `autoScalingGroup:*:autoScalingGroupName/${scope.host}`)],
      because: "The tenant's own group; AWS puts an id before the name.",
    },
    {
      sid: 'Alarms',
      actions: [
        'cloudwatch:DeleteAlarms',
        'cloudwatch:PutMetricAlarm',
        'cloudwatch:TagResource',
        'cloudwatch:UntagResource',
      ],
      resources: [scope.arn('cloudwatch', `alarm:${names.tenantStack(scope.place, 'host')}-*`)],
      because: 'CloudFormation names alarms after the stack.',
    },
  ];
}

/** Auto Scaling asks whether its caller may start what the launch template names. */
function starting(scope: Scope): Right[] {
  return [
    {
      sid: 'Start',
      actions: ['ec2:RunInstances'],
      resources: scope.ec2('instance', 'volume'),
      when: scope.tagging,
      because: 'Ids do not exist yet; the launch template gives the tag.',
    },
    {
      sid: 'StartFrom',
      actions: [
        'ec2:CreateLaunchTemplateVersion',
        'ec2:DeleteLaunchTemplate',
        'ec2:ModifyLaunchTemplate',
        'ec2:RunInstances',
      ],
      resources: [...scope.images(), ...scope.ec2('launch-template', 'security-group')],
      when: scope.tagged,
      because: "Whatever carries the tenant's tag.",
    },
    {
      sid: 'StartIn',
      actions: ['ec2:RunInstances'],
      resources: [
        ...scope.ec2('network-interface'),
        ...scope.facts['natted-subnet-ids'].map((id) => scope.arn('ec2', `subnet/${id}`)),
      ],
      because: 'A network interface is made with the instance and has no tag.',
    },
  ];
}

function traffic(scope: Scope): Right[] {
  const balancer = scope.facts['load-balancer-arn'].split(':loadbalancer/')[1] ?? '';
  const elb = (resource: string) => scope.arn('elasticloadbalancing', resource);
  return [
    {
      sid: 'TargetGroups',
      actions: [
        'elasticloadbalancing:AddTags',
        'elasticloadbalancing:CreateTargetGroup',
        'elasticloadbalancing:DeleteTargetGroup',
        'elasticloadbalancing:ModifyTargetGroup',
        'elasticloadbalancing:ModifyTargetGroupAttributes',
        'elasticloadbalancing:RemoveTags',
      ],
      resources: [elb(`targetgroup/${names.targetGroupPrefix(scope.place)}*/*`)],
      because: 'The name ends in a port, the ARN in an id that AWS gives.',
    },
    {
      sid: 'MakeRules',
      actions: ['elasticloadbalancing:CreateRule'],
      resources: [elb(`listener/${balancer}/*`)],
      because: "The load balancer that serves the tenant; the listener's ARN ends in an id that AWS gives.",
    },
    {
      sid: 'TagRules',
      actions: ['elasticloadbalancing:AddTags'],
      resources: [elb('listener-rule/app/*')],
      when: { ...scope.tagging, ...scope.taggedSoon },
      because: "Only to make a new rule the tenant's, or on what is.",
    },
    {
      sid: 'OwnRules',
      actions: [
        'elasticloadbalancing:DeleteRule',
        'elasticloadbalancing:ModifyRule',
        'elasticloadbalancing:RemoveTags',
        'elasticloadbalancing:SetRulePriorities',
      ],
      resources: [elb('listener-rule/app/*')],
      when: scope.tagged,
      because:
        "Not the other tenants' rules; a tenant that moves to another load balancer leaves a rule on the old one.",
    },
  ];
}

function data(scope: Scope): Right[] {
  const stack = names.tenantStack(scope.place, 'data').toLowerCase();
  return [
    {
      sid: 'Database',
      // None deletes: the data stack retains all it has, and only people delete data.
      actions: [
        'rds:AddTagsToResource',
        'rds:CreateDBInstance',
        'rds:CreateDBParameterGroup',
        'rds:CreateDBSubnetGroup',
        'rds:ListTagsForResource',
        'rds:ModifyDBInstance',
        'rds:ModifyDBParameterGroup',
        'rds:ModifyDBSubnetGroup',
        'rds:RebootDBInstance',
        'rds:RemoveTagsFromResource',
        'rds:ResetDBParameterGroup',
      ],
      resources: [`db:${scope.host}`, `pg:${stack}-*`, `subgrp:${stack}-*`, 'og:default:*'].map((each) =>
        scope.arn('rds', each),
      ),
      because: "The tenant's own database; CloudFormation names its groups after the stack.",
    },
    {
      sid: 'Secret',
      actions: [
        'secretsmanager:CreateSecret',
        'secretsmanager:DescribeSecret',
        'secretsmanager:GetSecretValue',
        'secretsmanager:PutSecretValue',
        'secretsmanager:TagResource',
        'secretsmanager:UntagResource',
        'secretsmanager:UpdateSecret',
      ],
      resources: [scope.arn('secretsmanager', `secret:${names.databaseSecret(scope.place)}-??????`)],
      because: "The tenant's own secret.",
    },
    {
      sid: 'Logs',
      actions: [
        'logs:AssociateKmsKey',
        'logs:CreateLogGroup',
        'logs:DisassociateKmsKey',
        'logs:ListTagsForResource',
        'logs:PutRetentionPolicy',
        'logs:TagResource',
        'logs:UntagResource',
      ],
      resources: [scope.arn('logs', `log-group:/aws/rds/instance/${scope.host}/*`)],
      because: "Logs of the tenant's own database.",
    },
  ];
}

function releases(scope: Scope): Right[] {
  return [
    {
      sid: 'CodeDeploy',
      actions: [
        'codedeploy:CreateApplication',
        'codedeploy:CreateDeploymentGroup',
        'codedeploy:DeleteApplication',
        'codedeploy:DeleteDeploymentGroup',
        'codedeploy:GetApplication',
        'codedeploy:GetDeploymentGroup',
        'codedeploy:ListTagsForResource',
        'codedeploy:TagResource',
        'codedeploy:UntagResource',
        'codedeploy:UpdateApplication',
        'codedeploy:UpdateDeploymentGroup',
      ],
      resources: deploymentArns(scope),
      because: "The tenant's own application and deployment group.",
    },
    {
      sid: 'DeploymentConfigs',
      actions: ['codedeploy:GetDeploymentConfig'],
      resources: [scope.arn('codedeploy', 'deploymentconfig:*')],
      because: "AWS's own deployment configurations.",
    },
    {
      sid: 'CodePipeline',
      actions: [
        'codepipeline:CreatePipeline',
        'codepipeline:DeletePipeline',
        'codepipeline:GetPipeline',
        'codepipeline:GetPipelineState',
        'codepipeline:ListTagsForResource',
        'codepipeline:TagResource',
        'codepipeline:UntagResource',
        'codepipeline:UpdatePipeline',
      ],
      resources: [scope.arn('codepipeline', scope.host), scope.arn('codepipeline', `${scope.host}/*`)],
      because: "The tenant's own pipeline.",
    },
    {
      sid: 'Approvals',
      actions: [
        'sns:CreateTopic',
        'sns:DeleteTopic',
        'sns:GetDataProtectionPolicy',
        'sns:GetTopicAttributes',
        'sns:ListSubscriptionsByTopic',
        'sns:ListTagsForResource',
        'sns:SetTopicAttributes',
        'sns:TagResource',
        'sns:UntagResource',
      ],
      resources: [scope.arn('sns', `${scope.host}-approvals`)],
      because: "The tenant's own topic.",
    },
  ];
}
