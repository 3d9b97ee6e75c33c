import type { RoleTable } from './table.ts';

/** Jobs of any branch of the project: they only read. */
export const platformPlan: RoleTable = {
  trust: {
    to: { Federated: 'iam:oidc-provider/gitlab.example.com' },
    by: 'sts:AssumeRoleWithWebIdentity',
    when: {
      StringLike: { 'gitlab.example.com:sub': 'project_path:acme/platform:ref_type:branch:ref:*' },
      StringEquals: { 'gitlab.example.com:aud': 'https://vendhost.example.com' },
    },
  },
  boundary: 'none',
  awsPolicies: [],
  rights: {
    Stacks: {
      allow: [
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
      on: [
        'cloudformation:stack/vendhost-dev-network/*',
        'cloudformation:stack/vendhost-dev-storage/*',
        'cloudformation:stack/vendhost-dev-balancer/*',
        'cloudformation:stack/vendhost-dev-balancer-?/*',
        'cloudformation:stack/vendhost-dev-balancer-10/*',
        'cloudformation:stack/vendhost-dev-access/*',
        'arn:aws:cloudformation:*:111111111111:stack/vendhost-gitlab/*',
      ],
    },
    Facts: {
      allow: ['ssm:GetParameter', 'ssm:GetParameters', 'ssm:GetParametersByPath'],
      on: ['ssm:parameter/vendhost/dev', 'ssm:parameter/vendhost/dev/*'],
    },
    Certificate: { allow: ['acm:DescribeCertificate'], on: ['acm:certificate/0c5f3a52'] },
    Provider: { allow: ['iam:GetOpenIDConnectProvider'], on: ['iam:oidc-provider/gitlab.example.com'] },
    Look: {
      allow: [
        'ec2:DescribeAvailabilityZones',
        'ec2:DescribeSubnets',
        'ec2:DescribeVpcs',
        'elasticloadbalancing:DescribeListeners',
        'elasticloadbalancing:DescribeLoadBalancers',
        'elasticloadbalancing:DescribeRules',
      ],
      on: ['*'],
    },
  },
};
