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
      actions: ['kms:CreateGrant', 'kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey'],
      resources: [scope.facts['key-arn']],
      when: scope.via('ec2', 'rds', 'secretsmanager', 'sns', 's3'),
    },
  ];
}

function instances(scope: Scope): Right[] {
  const ec2 = (...types: string[]) => types.map((type) => scope.arn('ec2', `${type}/*`));
  return [
    {
      sid: 'MakeGroups',
      actions: ['ec2:CreateSecurityGroup'],
      resources: ec2('vpc', 'security-group'),
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
      when: { StringEqualsIfExists: scope.tagged.StringEquals ?? {} },
      because: "Whatever carries the tenant's tag; a rule has none.",
    },
    {
      sid: 'Tags',
      actions: ['ec2:CreateTags', 'ec2:DeleteTags'],
      resources: ec2('instance', 'launch-template', 'security-group', 'security-group-rule', 'volume'),
      when: { StringEqualsIfExists: { ...scope.tagging.StringEquals, ...scope.tagged.StringEquals } },
      because: "Only to make something the tenant's, or on what is.",
    },
    {
      sid: 'LaunchTemplate',
      actions: [
        'ec2:CreateLaunchTemplate',
        'ec2:CreateLaunchTemplateVersion',
        'ec2:DeleteLaunchTemplate',
        'ec2:DeleteLaunchTemplateVersions',
        'ec2:GetLaunchTemplateData',
        'ec2:ModifyLaunchTemplate',
        'ec2:RunInstances',
      ],
      resources: ['*'],
      because:
        'Auto Scaling asks whether its caller may start what the template names; a template has no tag of its own.',
    },
    {
      sid: 'Group',
      actions: ['autoscaling:*'],
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
      sid: 'Rules',
      actions: [
        'elasticloadbalancing:AddTags',
        'elasticloadbalancing:CreateRule',
        'elasticloadbalancing:DeleteRule',
        'elasticloadbalancing:ModifyRule',
        'elasticloadbalancing:RemoveTags',
        'elasticloadbalancing:SetRulePriorities',
      ],
      resources: [elb(`listener/${balancer}/*`), elb(`listener-rule/${balancer}/*`)],
      because: "Rules of the environment's one load balancer; the ARN ends in ids that AWS gives.",
    },
  ];
}

function data(scope: Scope): Right[] {
  const stack = names.tenantStack(scope.place, 'data').toLowerCase();
  return [
    {
      sid: 'Database',
      actions: ['rds:*'],
      resources: [`db:${scope.host}`, `pg:${stack}-*`, `subgrp:${stack}-*`, 'og:default:*'].map((each) =>
        scope.arn('rds', each),
      ),
      because: "The tenant's own database; CloudFormation names its groups after the stack.",
    },
    {
      sid: 'Secret',
      actions: ['secretsmanager:*'],
      resources: [scope.arn('secretsmanager', `secret:${names.databaseSecret(scope.place)}-??????`)],
      because: "The tenant's own secret.",
    },
    {
      sid: 'Logs',
      actions: [
        'logs:CreateLogGroup',
        'logs:DeleteLogGroup',
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
      actions: ['codedeploy:*'],
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
      actions: ['codepipeline:*'],
      resources: [scope.arn('codepipeline', scope.host), scope.arn('codepipeline', `${scope.host}/*`)],
      because: "The tenant's own pipeline.",
    },
    {
      sid: 'Approvals',
      actions: ['sns:*'],
      resources: [scope.arn('sns', `${scope.host}-approvals`)],
      because: "The tenant's own topic.",
    },
  ];
}
