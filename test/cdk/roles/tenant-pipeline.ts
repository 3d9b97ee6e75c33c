import type { RoleTable } from './table.ts';

/** The pipeline: from the revision in the bucket to a deployment. */
export const tenantPipeline: RoleTable = {
  trust: {
    to: { Service: 'codepipeline.amazonaws.com' },
    by: 'sts:AssumeRole',
    when: { StringEquals: { 'aws:SourceAccount': '111111111111' } },
  },
  boundary: 'iam:policy/vendhost-dev-boundary',
  awsPolicies: [],
  rights: {
    Bucket: {
      allow: ['s3:GetBucketAcl', 's3:GetBucketLocation', 's3:GetBucketVersioning'],
      on: ['arn:aws:s3:::vendhost-dev-111111111111-eu-west-1'],
    },
    Source: {
      allow: ['s3:GetObject', 's3:GetObjectTagging', 's3:GetObjectVersion', 's3:GetObjectVersionTagging'],
      on: ['arn:aws:s3:::vendhost-dev-111111111111-eu-west-1/software/shop/*'],
    },
    Artifacts: {
      allow: ['s3:GetObject', 's3:GetObjectVersion', 's3:PutObject'],
      on: ['arn:aws:s3:::vendhost-dev-111111111111-eu-west-1/*/r6641a244a/*'],
    },
    Encryption: {
      allow: ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey'],
      on: ['kms:key/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9'],
      when: { StringEquals: { 'kms:ViaService': ['s3.eu-west-1.amazonaws.com', 'sns.eu-west-1.amazonaws.com'] } },
    },
    Deploy: {
      allow: [
        'codedeploy:CreateDeployment',
        'codedeploy:GetApplication',
        'codedeploy:GetApplicationRevision',
        'codedeploy:GetDeployment',
        'codedeploy:GetDeploymentConfig',
        'codedeploy:RegisterApplicationRevision',
      ],
      on: [
        'codedeploy:application:vendhost-dev-shop',
        'codedeploy:deploymentgroup:vendhost-dev-shop/vendhost-dev-shop',
        'codedeploy:deploymentconfig:*',
      ],
    },
    AskForApproval: { allow: ['sns:Publish'], on: ['sns:vendhost-dev-shop-approvals'] },
  },
};
