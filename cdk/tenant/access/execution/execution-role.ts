import type { CfnRole } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { names } from '../../../../scripts/config/names.ts';
import { type ListedPolicy, makePolicy, type Right, serviceTrust } from '../../../role.ts';
import { tenantRole } from '../tenant-role.ts';
import type { Scope } from '../tenant-scope.ts';
import { dataRights } from './data-rights.ts';
import { instanceRights } from './instance-rights.ts';
import { releaseRights } from './release-rights.ts';

/**
 * The role with which CloudFormation deploys the data and host stacks. It can create no role and no policy, no listener rule, target
 * group or pipeline: all of these are in the access stack.
 */
export function executionRole(parent: Construct, scope: Scope, launching: ListedPolicy): CfnRole {
  return tenantRole(parent, {
    scope,
    role: 'execution',
    description: `CloudFormation, for the stacks of ${scope.host}`,
    trust: serviceTrust('cloudformation'),
    rights: [...sharedRights(scope), ...instanceRights(scope)],
    // More than a role's own policies can hold.
    attached: [
      launching,
      makePolicy(parent, 'ExecutionPolicy', {
        name: names.tenantRole(scope.place, 'execution'),
        description: `CloudFormation, for database and releases of ${scope.host}`,
        rights: [...dataRights(scope), ...releaseRights(scope)],
      }),
    ],
  });
}

function sharedRights(scope: Scope): Right[] {
  const pass = { instance: 'ec2', codedeploy: 'codedeploy' } as const;
  return [
    {
      sid: 'Look',
      actions: [
        'autoscaling:Describe*',
        'cloudwatch:DescribeAlarms',
        'ec2:Describe*',
        'elasticloadbalancing:Describe*',
        'logs:DescribeIndexPolicies',
        'logs:DescribeLogGroups',
        'logs:DescribeResourcePolicies',
        'rds:Describe*',
        'secretsmanager:GetRandomPassword',
      ],
      resources: ['*'],
      because: 'AWS grants these reads for all resources or for none.',
    },
    {
      sid: 'PassRoles',
      actions: ['iam:GetRole', 'iam:PassRole'],
      resources: (['instance', 'codedeploy'] as const).map((role) => scope.roleArn(role)),
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
      because: 'Service-linked roles, which AWS defines and an account gets when it first uses the service.',
    },
    {
      sid: 'Key',
      actions: ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey'],
      resources: [scope.facts['key-arn']],
      when: scope.via('ec2', 'logs', 'rds', 'secretsmanager', 's3'),
    },
    {
      sid: 'KeyForVolumes',
      actions: ['kms:CreateGrant'],
      resources: [scope.facts['key-arn']],
      // Only the service that encrypts the volume, the database or its secret can get the grant. AWS requires it if RDS keeps the
      // password with such a key, and does not say whether RDS or Secrets Manager calls KMS
      // (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html#rds-secrets-manager-permissions).
      when: { ...scope.via('ec2', 'rds', 'secretsmanager'), Bool: { 'kms:GrantIsForAWSResource': 'true' } },
    },
  ];
}
