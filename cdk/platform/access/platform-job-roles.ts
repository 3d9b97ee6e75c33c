import { keys, names } from '../../../scripts/config/names.ts';
import { type GitlabProject, providerArn } from '../../gitlab-trust.ts';
import type { Right } from '../../role.ts';
import type { PlatformScope } from './platform-scope.ts';

const stackId = "A stack's ARN ends in an id that AWS chooses.";

/** Reads of `platform plan`: permissions of both the plan and the deploy role. */
export function platformReadRights(scope: PlatformScope, project: GitlabProject): Right[] {
  const { environment, config } = scope;
  const facts = names.factsPath(environment);
  return [
    {
      sid: 'Stacks',
      actions: [
        'cloudformation:DescribeChangeSet',
        'cloudformation:DescribeEvents',
        'cloudformation:DescribeStackEvents',
        'cloudformation:DescribeStacks',
        'cloudformation:GetTemplate',
      ],
      resources: [
        ...scope.deployedStacks(),
        ...[
          names.policiesStack(environment),
          names.platformStack(environment, 'access'),
          names.vendingStack(environment),
        ].map((stack) => scope.arn('cloudformation', `stack/${stack}/*`)),
        // It is in the region of the account's first environment.
        scope.arn('cloudformation', `stack/${names.gitlabStack}/*`).replace(`:${scope.region}:`, ':*:'),
      ],
      because: stackId,
    },
    {
      sid: 'Facts',
      actions: ['ssm:GetParameter', 'ssm:GetParametersByPath'],
      resources: [facts, `${facts}/*`].map((path) => scope.arn('ssm', `parameter${path}`)),
      because: "The environment's facts and the tenants' records; none of them is secret.",
    },
    {
      sid: 'Zones',
      actions: ['ec2:DescribeAvailabilityZones'],
      resources: ['*'],
      because: 'AWS grants this read for all regions or for none.',
    },
    { sid: 'Certificate', actions: ['acm:DescribeCertificate'], resources: [config.certificate] },
    { sid: 'Provider', actions: ['iam:GetOpenIDConnectProvider'], resources: [providerArn(scope, project)] },
  ];
}

/**
 * What else `platform status` reads: rules, and the claims and stacks that they are compared with; and what `platform fleet` reads, which shows what
 * each tenant runs. Only the plan role has them.
 */
export function statusRights(scope: PlatformScope): Right[] {
  const { environment, account, region } = scope;
  const bucket = names.bucket(environment, account, region);
  const claims = [keys.hostClaims, keys.priorityClaims].map((folder) => `${folder}*`);
  return [
    {
      sid: 'Look',
      actions: ['cloudformation:ListStacks', 'elasticloadbalancing:DescribeRules'],
      resources: ['*'],
      because: 'AWS grants these reads for all resources or for none.',
    },
    {
      sid: 'TenantsRules',
      actions: ['cloudformation:ListStackResources'],
      resources: ['access', 'entry', 'host'].map((layer) =>
        scope.arn('cloudformation', `stack/vendhost-${environment}-*-${layer}/*`),
      ),
      because: "Every tenant's stacks: which of them has a listener rule.",
    },
    {
      sid: 'ListClaims',
      actions: ['s3:ListBucket'],
      resources: [scope.s3(bucket)],
      when: { StringLike: { 's3:prefix': claims } },
    },
    {
      sid: 'ReadClaims',
      actions: ['s3:GetObject'],
      resources: claims.map((folder) => scope.s3(bucket, folder)),
      because: 'Claims of hosts and priorities say which tenant has which; none of them is secret.',
    },
    {
      sid: 'Releases',
      actions: ['codepipeline:ListActionExecutions', 'codepipeline:ListPipelineExecutions'],
      resources: [scope.arn('codepipeline', `vendhost-${environment}-*`)],
      because: "Every tenant's pipeline: what was released, and what waits for approval.",
    },
    {
      sid: 'ReadReleases',
      actions: ['s3:GetObject'],
      resources: [scope.s3(bucket, keys.releaseRecord('*', '*'))],
      because: "Every tenant's records of releases: commit, author and job; no software.",
    },
    {
      sid: 'DecryptClaims',
      actions: ['kms:Decrypt'],
      resources: [scope.arn('kms', 'key/*')],
      when: {
        StringEquals: { ...scope.resourceTags('storage').StringEquals, 'kms:ViaService': `s3.${region}.amazonaws.com` },
      },
      because: "Only the environment's key, whose id AWS chooses, and only for objects that S3 lets this role read.",
    },
  ];
}

/**
 * What `platform fleet` reads if `platform.yml` asks for costs: the account's bill, and in an organization's paying account, the bill of
 * all accounts. A tag cannot narrow this: the call's only resources are views of the bill.
 */
export function costRights({ config }: PlatformScope): Right[] {
  if (!config.costs) return [];
  return [
    {
      sid: 'Bill',
      actions: ['ce:GetCostAndUsage'],
      resources: ['*'],
      because: 'What tenants cost, by their tags: AWS shows the bill of the whole account or none of it.',
    },
  ];
}

/** Creating and executing change sets of network, storage and load balancers, only with the execution role. */
export function deployRights(scope: PlatformScope): Right[] {
  const resources = scope.deployedStacks();
  return [
    {
      sid: 'Plan',
      actions: ['cloudformation:CreateChangeSet'],
      resources,
      // Without a service role CloudFormation would act with the permissions of this role.
      when: { StringEquals: { 'cloudformation:RoleArn': scope.roleArn('execution') } },
      because: stackId,
    },
    {
      sid: 'Deploy',
      actions: [
        'cloudformation:CancelUpdateStack',
        'cloudformation:ContinueUpdateRollback',
        'cloudformation:DeleteChangeSet',
        // Leftovers of a failed first deploy. Executing an empty template would delete as much.
        'cloudformation:DeleteStack',
        'cloudformation:ExecuteChangeSet',
        // With DeleteChangeSet: leftovers of plans that were killed or never deployed.
        'cloudformation:ListChangeSets',
        'cloudformation:TagResource',
        'cloudformation:UntagResource',
        // Set to the app's value after the change set is executed.
        'cloudformation:UpdateTerminationProtection',
      ],
      resources,
      because: stackId,
    },
    {
      // CloudFormation checks parameters that are a VPC or subnets when it creates a change set.
      sid: 'ResolveParameters',
      actions: ['ec2:DescribeSubnets', 'ec2:DescribeVpcs'],
      resources: ['*'],
      because: 'AWS grants these reads for all resources or for none.',
    },
    {
      sid: 'PassExecution',
      actions: ['iam:PassRole'],
      resources: [scope.roleArn('execution')],
      when: { StringEquals: { 'iam:PassedToService': 'cloudformation.amazonaws.com' } },
    },
  ];
}
