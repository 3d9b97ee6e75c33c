import type { RoleTable } from './table.ts';

/** Instances of the virtual host. */
export const tenantInstance: RoleTable = {
  trust: { to: { Service: 'ec2.amazonaws.com' }, by: 'sts:AssumeRole' },
  boundary: 'iam:policy/vendhost-dev-boundary',
  awsPolicies: ['arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore'],
  rights: {
    Revisions: {
      allow: ['s3:GetObject', 's3:GetObjectVersion'],
      on: ['arn:aws:s3:::vendhost-dev-111111111111-eu-west-1/*/r6641a244a/*'],
    },
    CodeDeployAgent: { allow: ['s3:GetObject'], on: ['arn:aws:s3:::aws-codedeploy-eu-west-1/*'] },
    Database: {
      allow: ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'],
      on: ['secretsmanager:secret:vendhost/dev/shop/database-??????'],
    },
    Decrypt: {
      allow: ['kms:Decrypt'],
      on: ['kms:key/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9'],
      when: {
        StringEquals: { 'kms:ViaService': ['s3.eu-west-1.amazonaws.com', 'secretsmanager.eu-west-1.amazonaws.com'] },
      },
    },
  },
};
