import type { RightTable } from './table.ts';

/** Ceiling of all tenants' roles, and of the builders'. */
export const tenantBoundary: Record<string, RightTable> = {
  Services: {
    allow: [
      'autoscaling:*',
      'cloudformation:*',
      'cloudwatch:*',
      'codedeploy:*',
      'codepipeline:*',
      'ec2:*',
      'ec2messages:*',
      'elasticloadbalancing:*',
      'kms:*',
      'logs:*',
      'rds:*',
      's3:*',
      'secretsmanager:*',
      'sns:*',
      'ssm:*',
      'ssmmessages:*',
    ],
    on: ['*'],
  },
  Self: { allow: ['sts:GetCallerIdentity', 'tag:GetResources'], on: ['*'] },
  OwnRoles: {
    allow: ['iam:GetInstanceProfile', 'iam:GetRole', 'iam:PassRole'],
    on: ['iam:instance-profile/vendhost-dev-*', 'iam:role/vendhost-dev-*'],
  },
  ServiceRoles: { allow: ['iam:CreateServiceLinkedRole'], on: ['iam:role/aws-service-role/*'] },
  Platform: {
    deny: [
      'cloudformation:*StackSet*',
      'ec2:*InternetGateway*',
      'ec2:*NatGateway*',
      'ec2:*RouteTable*',
      'ec2:*VpcPeering*',
      'ec2:CreateRoute',
      'ec2:CreateSubnet',
      'ec2:CreateVpc',
      'ec2:DeleteFlowLogs',
      'ec2:DeleteRoute',
      'ec2:DeleteSubnet',
      'ec2:DeleteVpc',
      'ec2:ModifySubnetAttribute',
      'ec2:ModifyVpcAttribute',
      'elasticloadbalancing:AddListenerCertificates',
      'elasticloadbalancing:CreateListener',
      'elasticloadbalancing:DeleteListener',
      'elasticloadbalancing:DeleteLoadBalancer',
      'elasticloadbalancing:ModifyListener',
      'elasticloadbalancing:ModifyLoadBalancerAttributes',
      'elasticloadbalancing:SetSecurityGroups',
      'elasticloadbalancing:SetSubnets',
      'kms:DisableKey',
      'kms:PutKeyPolicy',
      'kms:ScheduleKeyDeletion',
      's3:DeleteBucket*',
      's3:PutBucket*',
      's3:PutEncryptionConfiguration',
      's3:PutLifecycleConfiguration',
    ],
    on: ['*'],
  },
  HostClaims: {
    deny: ['s3:DeleteObject*', 's3:PutObject*'],
    on: ['arn:aws:s3:::vendhost-dev-111111111111-eu-west-1/claims/hosts/*'],
  },
  Facts: {
    deny: ['ssm:DeleteParameter*', 'ssm:PutParameter'],
    on: ['arn:aws:ssm:*:111111111111:parameter/vendhost/dev/*'],
  },
};

/** Ceiling of what a pipeline can make: the roles of the flow logs and the trail. */
export const serviceBoundary: Record<string, RightTable> = {
  WriteLogs: {
    allow: ['logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
    on: ['logs:log-group:/vendhost/dev/*', 'logs:log-group:/vendhost/trail/vendhost-dev*'],
  },
};
