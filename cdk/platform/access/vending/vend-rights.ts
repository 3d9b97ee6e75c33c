import { keys, names } from '../../../../scripts/config/names.ts';
import type { Right } from '../../../role.ts';
import type { PlatformScope } from '../platform-scope.ts';

/**
 * What `vendhost tenant vend` calls itself: reads, claims, marks and records, and tenants' access stacks, only with the vend execution
 * role.
 */
export function vendRights(scope: PlatformScope): Right[] {
  return [...stackRights(scope), ...lookRights(scope), ...claimRights(scope)];
}

function stackRights(scope: PlatformScope): Right[] {
  const { environment } = scope;
  const stacks = (...layers: string[]) =>
    layers.map((layer) => scope.arn('cloudformation', `stack/vendhost-${environment}-*-${layer}/*`));
  const because = "Tenants' access and entry stacks; a stack's ARN ends in an id that AWS chooses.";
  return [
    {
      sid: 'VendStacks',
      actions: ['cloudformation:CreateStack', 'cloudformation:UpdateStack'],
      resources: stacks('access', 'entry'),
      // Without a service role CloudFormation would act with the permissions of this role.
      when: { StringEquals: { 'cloudformation:RoleArn': scope.roleArn('vend-execution') } },
      because,
    },
    {
      sid: 'KeepStacks',
      actions: [
        'cloudformation:CancelUpdateStack',
        'cloudformation:ContinueUpdateRollback',
        // Leftovers of a failed first vend.
        'cloudformation:DeleteStack',
        'cloudformation:DescribeEvents',
        'cloudformation:DescribeStackEvents',
        'cloudformation:GetTemplate',
        'cloudformation:TagResource',
        'cloudformation:UpdateTerminationProtection',
      ],
      resources: stacks('access', 'entry'),
      because,
    },
    {
      sid: 'PassVendExecution',
      actions: ['iam:PassRole'],
      resources: [scope.roleArn('vend-execution')],
      when: { StringEquals: { 'iam:PassedToService': 'cloudformation.amazonaws.com' } },
    },
  ];
}

function lookRights(scope: PlatformScope): Right[] {
  const { environment } = scope;
  const facts = names.factsPath(environment);
  return [
    {
      sid: 'Look',
      actions: [
        // For a tenant that changes its load balancer: where its instances are attached, and whether they are healthy there.
        'autoscaling:DescribeAutoScalingGroups',
        'cloudformation:DescribeStacks',
        'cloudformation:ListStacks',
        'elasticloadbalancing:DescribeAccountLimits',
        'elasticloadbalancing:DescribeLoadBalancers',
        'elasticloadbalancing:DescribeRules',
        'elasticloadbalancing:DescribeTargetGroups',
        'elasticloadbalancing:DescribeTargetHealth',
      ],
      resources: ['*'],
      because: 'AWS grants these reads for all resources or for none; stacks are found by how their names begin.',
    },
    {
      sid: 'Quotas',
      actions: [
        'cloudformation:DescribeAccountLimits',
        'ec2:DescribeAccountAttributes',
        'ec2:DescribeAddresses',
        'ec2:DescribeInstances',
        'ec2:DescribeSecurityGroups',
        'iam:GetAccountSummary',
        'rds:DescribeAccountAttributes',
        'servicequotas:GetAWSDefaultServiceQuota',
        'servicequotas:GetServiceQuota',
      ],
      resources: ['*'],
      because: 'Whether there is room for a new tenant: quotas are of the account.',
    },
    {
      sid: 'Facts',
      actions: ['ssm:GetParameter', 'ssm:GetParametersByPath'],
      resources: [facts, `${facts}/*`].map((path) => scope.arn('ssm', `parameter${path}`)),
      because: "The environment's facts and the tenants' records; none of them is secret.",
    },
  ];
}

function claimRights(scope: PlatformScope): Right[] {
  const { environment, account, region } = scope;
  const bucket = names.bucket(environment, account, region);
  return [
    {
      sid: 'ListBuckets',
      actions: ['s3:ListBucket'],
      resources: [scope.s3(`vendhost-${environment}-*`)],
      because: "The environment's claims, and whether a tenant's bucket exists: S3 has no other right for that.",
    },
    {
      sid: 'Claims',
      actions: ['s3:DeleteObject', 's3:GetObject', 's3:PutObject'],
      resources: [keys.hostClaims, keys.priorityClaims, keys.vendedMarks].map((folder) =>
        scope.s3(bucket, `${folder}*`),
      ),
      because: 'Claims of hosts and priorities, and marks of vends, of all tenants.',
    },
    {
      sid: 'Audit',
      actions: ['s3:PutObject'],
      resources: [scope.s3(bucket, `${keys.auditRecords('*')}*`)],
      when: { Null: { 's3:if-none-match': 'false' } },
      because: 'Records of maintenance of all tenants: new ones only, never in place of one that is there.',
    },
    {
      sid: 'UseKey',
      actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
      resources: [scope.arn('kms', 'key/*')],
      when: {
        StringEquals: { ...scope.resourceTags('storage').StringEquals, 'kms:ViaService': `s3.${region}.amazonaws.com` },
      },
      because: "Only the environment's key, whose id AWS chooses, and only for objects that S3 lets this role use.",
    },
    {
      // Replaces a change by hand, which CloudFormation does not see.
      sid: 'Records',
      actions: ['ssm:PutParameter'],
      resources: [scope.arn('ssm', `parameter${names.tenantRecord({ environment, tenant: '*' })}`)],
      because: "All tenants' records.",
    },
  ];
}
