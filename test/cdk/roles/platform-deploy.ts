import type { RoleTable } from './table.ts';

/** Jobs of the one branch: change sets of network, storage and load balancers, with the execution role. */
export const platformDeploy: RoleTable = {
  trust: {
    to: { Federated: 'iam:oidc-provider/gitlab.example.com' },
    by: 'sts:AssumeRoleWithWebIdentity',
    when: {
      StringEquals: {
        'gitlab.example.com:aud': 'https://vendhost.example.com',
        'gitlab.example.com:sub': 'project_path:acme/platform:ref_type:branch:ref:main',
      },
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
    Plan: {
      allow: ['cloudformation:CreateChangeSet'],
      on: [
        'cloudformation:stack/vendhost-dev-network/*',
        'cloudformation:stack/vendhost-dev-storage/*',
        'cloudformation:stack/vendhost-dev-balancer/*',
        'cloudformation:stack/vendhost-dev-balancer-?/*',
        'cloudformation:stack/vendhost-dev-balancer-10/*',
      ],
      when: { StringEquals: { 'cloudformation:RoleArn': 'iam:role/vendhost-platform-dev-execution' } },
    },
    Deploy: {
      allow: [
        'cloudformation:CancelUpdateStack',
        'cloudformation:ContinueUpdateRollback',
        'cloudformation:DeleteChangeSet',
        'cloudformation:DeleteStack',
        'cloudformation:ExecuteChangeSet',
        'cloudformation:TagResource',
        'cloudformation:UntagResource',
        'cloudformation:UpdateTerminationProtection',
      ],
      on: [
        'cloudformation:stack/vendhost-dev-network/*',
        'cloudformation:stack/vendhost-dev-storage/*',
        'cloudformation:stack/vendhost-dev-balancer/*',
        'cloudformation:stack/vendhost-dev-balancer-?/*',
        'cloudformation:stack/vendhost-dev-balancer-10/*',
      ],
    },
    PassExecution: {
      allow: ['iam:PassRole'],
      on: ['iam:role/vendhost-platform-dev-execution'],
      when: { StringEquals: { 'iam:PassedToService': 'cloudformation.amazonaws.com' } },
    },
  },
};
