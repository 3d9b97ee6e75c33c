import type { RoleTable } from './table.ts';

/** Jobs of the one branch: they bake, provision, push revisions and release them. */
export const tenantDeploy: RoleTable = {
  trust: {
    to: { Federated: 'iam:oidc-provider/gitlab.example.com' },
    by: 'sts:AssumeRoleWithWebIdentity',
    when: {
      StringEquals: {
        'gitlab.example.com:aud': 'https://vendhost.example.com',
        'gitlab.example.com:sub': 'project_path:acme/shop:ref_type:branch:ref:dev',
      },
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
    Push: {
      allow: ['s3:PutObject'],
      on: [
        'arn:aws:s3:::vendhost-dev-111111111111-eu-west-1/infrastructure/shop/*',
        'arn:aws:s3:::vendhost-dev-111111111111-eu-west-1/software/shop/*',
      ],
    },
    Claim: {
      allow: ['s3:DeleteObject', 's3:PutObject'],
      on: [
        'arn:aws:s3:::vendhost-dev-111111111111-eu-west-1/claims/bakes/shop/*',
        'arn:aws:s3:::vendhost-dev-111111111111-eu-west-1/claims/listener/f2f7dc8efc522ab2/tenants/shop/*',
      ],
    },
    ClaimNumber: {
      allow: ['s3:DeleteObject', 's3:PutObject'],
      on: [
        'arn:aws:s3:::vendhost-dev-111111111111-eu-west-1/claims/listener/f2f7dc8efc522ab2/?.json',
        'arn:aws:s3:::vendhost-dev-111111111111-eu-west-1/claims/listener/f2f7dc8efc522ab2/??.json',
        'arn:aws:s3:::vendhost-dev-111111111111-eu-west-1/claims/listener/f2f7dc8efc522ab2/???.json',
        'arn:aws:s3:::vendhost-dev-111111111111-eu-west-1/claims/listener/f2f7dc8efc522ab2/????.json',
        'arn:aws:s3:::vendhost-dev-111111111111-eu-west-1/claims/listener/f2f7dc8efc522ab2/?????.json',
      ],
    },
    Encrypt: {
      allow: ['kms:Encrypt', 'kms:GenerateDataKey'],
      on: ['kms:key/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9'],
      when: { StringEquals: { 'kms:ViaService': ['s3.eu-west-1.amazonaws.com'] } },
    },
    StartBuilder: {
      allow: ['ec2:RunInstances'],
      on: ['ec2:instance/*', 'ec2:volume/*'],
      when: { StringEquals: { 'aws:RequestTag/vendhost:tenant': 'shop' } },
    },
    StartFrom: {
      allow: ['ec2:RunInstances'],
      on: [
        'ec2:key-pair/*',
        'ec2:launch-template/*',
        'ec2:network-interface/*',
        'ec2:security-group/*',
        'ec2:subnet/*',
        'arn:aws:ec2:eu-west-1:*:image/*',
        'arn:aws:ec2:eu-west-1:*:snapshot/*',
      ],
    },
    PassInstanceRoles: {
      allow: ['iam:PassRole'],
      on: ['iam:role/vendhost-dev-builder', 'iam:role/vendhost-dev-shop-instance'],
      when: { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } },
    },
    BuilderAccess: {
      allow: ['ec2:CreateKeyPair', 'ec2:CreateSecurityGroup', 'ec2:DeleteKeyPair', 'ec2:ImportKeyPair'],
      on: ['ec2:key-pair/vendhost-bake-*', 'ec2:security-group/*', 'ec2:vpc/*'],
    },
    UntaggedGroups: {
      allow: ['ec2:AuthorizeSecurityGroupIngress', 'ec2:DeleteSecurityGroup', 'ec2:RevokeSecurityGroupIngress'],
      on: ['ec2:security-group/*'],
      when: { Null: { 'aws:ResourceTag/vendhost:environment': 'true' } },
    },
    TagNew: {
      allow: ['ec2:CreateTags'],
      on: [
        'ec2:instance/*',
        'ec2:key-pair/*',
        'ec2:network-interface/*',
        'ec2:security-group/*',
        'ec2:volume/*',
        'arn:aws:ec2:eu-west-1:*:image/*',
        'arn:aws:ec2:eu-west-1:*:snapshot/*',
      ],
      when: {
        StringEquals: { 'aws:RequestTag/vendhost:tenant': 'shop' },
        Null: { 'aws:ResourceTag/vendhost:tenant': 'true' },
      },
    },
    MakeImage: {
      allow: ['ec2:CreateImage', 'ec2:CreateSnapshot'],
      on: ['arn:aws:ec2:eu-west-1:*:image/*', 'arn:aws:ec2:eu-west-1:*:snapshot/*'],
    },
    Own: {
      allow: [
        'ec2:AuthorizeSecurityGroupIngress',
        'ec2:CreateImage',
        'ec2:CreateTags',
        'ec2:DeleteSecurityGroup',
        'ec2:DeleteSnapshot',
        'ec2:DeleteVolume',
        'ec2:DeregisterImage',
        'ec2:EnableImageDeprecation',
        'ec2:ModifyImageAttribute',
        'ec2:ModifyInstanceAttribute',
        'ec2:RevokeSecurityGroupIngress',
        'ec2:StopInstances',
        'ec2:TerminateInstances',
      ],
      on: [
        'ec2:instance/*',
        'ec2:key-pair/*',
        'ec2:security-group/*',
        'ec2:volume/*',
        'arn:aws:ec2:eu-west-1:*:image/*',
        'arn:aws:ec2:eu-west-1:*:snapshot/*',
      ],
      when: {
        StringEquals: { 'aws:ResourceTag/vendhost:tenant': 'shop', 'aws:ResourceTag/vendhost:environment': 'dev' },
      },
    },
    DeployStacks: {
      allow: ['cloudformation:CreateStack', 'cloudformation:UpdateStack'],
      on: ['cloudformation:stack/vendhost-dev-shop-data/*', 'cloudformation:stack/vendhost-dev-shop-host/*'],
      when: { StringEquals: { 'cloudformation:RoleArn': 'iam:role/vendhost-dev-shop-execution' } },
    },
    KeepStacks: {
      allow: [
        'cloudformation:CancelUpdateStack',
        'cloudformation:ContinueUpdateRollback',
        'cloudformation:DeleteStack',
        'cloudformation:SetStackPolicy',
        'cloudformation:TagResource',
        'cloudformation:UpdateTerminationProtection',
      ],
      on: ['cloudformation:stack/vendhost-dev-shop-data/*', 'cloudformation:stack/vendhost-dev-shop-host/*'],
    },
    PassExecution: {
      allow: ['iam:PassRole'],
      on: ['iam:role/vendhost-dev-shop-execution'],
      when: { StringEquals: { 'iam:PassedToService': 'cloudformation.amazonaws.com' } },
    },
    Roll: {
      allow: [
        'autoscaling:CancelInstanceRefresh',
        'autoscaling:RollbackInstanceRefresh',
        'autoscaling:StartInstanceRefresh',
      ],
      on: ['autoscaling:autoScalingGroup:*:autoScalingGroupName/vendhost-dev-shop'],
    },
    Release: {
      allow: [
        'codepipeline:PutApprovalResult',
        'codepipeline:StartPipelineExecution',
        'codepipeline:StopPipelineExecution',
      ],
      on: ['codepipeline:vendhost-dev-shop', 'codepipeline:vendhost-dev-shop/*'],
    },
    StopDeployment: {
      allow: ['codedeploy:StopDeployment'],
      on: ['codedeploy:deploymentgroup:vendhost-dev-shop/vendhost-dev-shop'],
    },
  },
};
