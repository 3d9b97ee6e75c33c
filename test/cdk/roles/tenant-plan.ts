import type { RoleTable } from './table.ts';

/** Jobs of any branch of the project: they only read. */
export const tenantPlan: RoleTable = {
  trust: {
    to: { Federated: 'iam:oidc-provider/gitlab.example.com' },
    by: 'sts:AssumeRoleWithWebIdentity',
    when: {
      StringLike: { 'gitlab.example.com:sub': 'project_path:acme/shop:ref_type:branch:ref:*' },
      StringEquals: { 'gitlab.example.com:aud': 'https://vendhost.example.com' },
    },
  },
  boundary: 'iam:policy/vendhost-dev-boundary',
  awsPolicies: [],
  rights: {
    Facts: {
      allow: ['ssm:GetParameter', 'ssm:GetParameters', 'ssm:GetParametersByPath'],
      on: ['ssm:parameter/vendhost/dev', 'ssm:parameter/vendhost/dev/*'],
    },
    Look: { allow: ['autoscaling:Describe*', 'ec2:Describe*', 'elasticloadbalancing:Describe*'], on: ['*'] },
    Stacks: {
      allow: [
        'cloudformation:DescribeEvents',
        'cloudformation:DescribeStackEvents',
        'cloudformation:DescribeStackResources',
        'cloudformation:DescribeStacks',
        'cloudformation:GetStackPolicy',
        'cloudformation:GetTemplate',
        'cloudformation:ListStackResources',
      ],
      on: [
        'cloudformation:stack/vendhost-dev-shop-access/*',
        'cloudformation:stack/vendhost-dev-shop-data/*',
        'cloudformation:stack/vendhost-dev-shop-host/*',
      ],
    },
    List: {
      allow: ['s3:ListBucket'],
      on: ['arn:aws:s3:::vendhost-dev-111111111111-eu-west-1'],
      when: { StringLikeIfExists: { 's3:prefix': ['claims/*', 'infrastructure/shop/*', 'software/shop/*'] } },
    },
    Read: {
      allow: ['s3:GetObject'],
      on: [
        'arn:aws:s3:::vendhost-dev-111111111111-eu-west-1/claims/*',
        'arn:aws:s3:::vendhost-dev-111111111111-eu-west-1/infrastructure/shop/*',
        'arn:aws:s3:::vendhost-dev-111111111111-eu-west-1/software/shop/*',
      ],
    },
    Decrypt: {
      allow: ['kms:Decrypt', 'kms:DescribeKey'],
      on: ['kms:key/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9'],
      when: { StringEquals: { 'kms:ViaService': ['s3.eu-west-1.amazonaws.com'] } },
    },
    Pipeline: {
      allow: [
        'codepipeline:GetPipeline',
        'codepipeline:GetPipelineExecution',
        'codepipeline:GetPipelineState',
        'codepipeline:ListActionExecutions',
        'codepipeline:ListPipelineExecutions',
      ],
      on: ['codepipeline:vendhost-dev-shop'],
    },
    Deployments: {
      allow: ['codedeploy:BatchGet*', 'codedeploy:Get*', 'codedeploy:List*'],
      on: [
        'codedeploy:application:vendhost-dev-shop',
        'codedeploy:deploymentgroup:vendhost-dev-shop/vendhost-dev-shop',
      ],
    },
  },
};
