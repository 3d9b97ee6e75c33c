import { names } from '../../../scripts/config/names.ts';
import { type GitlabProject, providerArn } from '../../gitlab-trust.ts';
import type { Right } from '../../role.ts';
import type { PlatformScope } from './platform-scope.ts';

const stackId = 'The ARN of a stack ends in an id that AWS gives.';

/** What a plan compares and a status shows; the deploy role has these rights, too. */
export function readingRights(scope: PlatformScope, project: GitlabProject): Right[] {
  const { environment, config } = scope;
  const facts = names.factsPath(environment);
  return [
    {
      sid: 'Stacks',
      actions: [
        'cloudformation:DescribeChangeSet',
        'cloudformation:DescribeEvents',
        'cloudformation:DescribeStackEvents',
        'cloudformation:DescribeStackResources',
        'cloudformation:DescribeStacks',
        'cloudformation:GetStackPolicy',
        'cloudformation:GetTemplate',
        'cloudformation:ListChangeSets',
        'cloudformation:ListStackResources',
      ],
      resources: [
        ...scope.deployedStacks(),
        scope.arn('cloudformation', `stack/${names.platformStack(environment, 'access')}/*`),
        // In the region of the account's first environment.
        scope.arn('cloudformation', `stack/${names.gitlabStack}/*`).replace(`:${scope.region}:`, ':*:'),
      ],
      because: stackId,
    },
    {
      sid: 'Facts',
      actions: ['ssm:GetParameter', 'ssm:GetParameters', 'ssm:GetParametersByPath'],
      resources: [facts, `${facts}/*`].map((path) => scope.arn('ssm', `parameter${path}`)),
      because: "The environment's facts and the tenants' records; none is a secret.",
    },
    { sid: 'Certificate', actions: ['acm:DescribeCertificate'], resources: [config.certificate] },
    { sid: 'Provider', actions: ['iam:GetOpenIDConnectProvider'], resources: [providerArn(scope, project)] },
    {
      sid: 'Look',
      actions: [
        'ec2:DescribeAvailabilityZones',
        'ec2:DescribeSubnets',
        'ec2:DescribeVpcs',
        'elasticloadbalancing:DescribeListeners',
        'elasticloadbalancing:DescribeLoadBalancers',
        'elasticloadbalancing:DescribeRules',
      ],
      resources: ['*'],
      because: 'Reads that AWS grants for all resources or none.',
    },
  ];
}

/** What executes a plan: change sets of three layers, with the execution role and with no other. */
export function deployRights(scope: PlatformScope): Right[] {
  const resources = scope.deployedStacks();
  return [
    {
      sid: 'Plan',
      actions: ['cloudformation:CreateChangeSet'],
      resources,
      // Without the role CloudFormation would work with this role's own rights.
      when: { StringEquals: { 'cloudformation:RoleArn': scope.roleArn('execution') } },
      because: stackId,
    },
    {
      sid: 'Deploy',
      actions: [
        'cloudformation:CancelUpdateStack',
        'cloudformation:ContinueUpdateRollback',
        'cloudformation:DeleteChangeSet',
        // What a first deploy left behind that failed; an empty template would do the same.
        'cloudformation:DeleteStack',
        'cloudformation:ExecuteChangeSet',
        'cloudformation:TagResource',
        'cloudformation:UntagResource',
        // Set as the app has it, after the change set.
        'cloudformation:UpdateTerminationProtection',
      ],
      resources,
      because: stackId,
    },
    {
      sid: 'PassExecution',
      actions: ['iam:PassRole'],
      resources: [scope.roleArn('execution')],
      when: { StringEquals: { 'iam:PassedToService': 'cloudformation.amazonaws.com' } },
    },
  ];
}
