import type { RoleTable } from './table.ts';

/** Instances that turn a tenant's scripts into an image. */
export const platformBuilder: RoleTable = {
  trust: { to: { Service: 'ec2.amazonaws.com' }, by: 'sts:AssumeRole' },
  boundary: { Ref: 'BoundaryPolicyC4AA4EBF' },
  awsPolicies: ['arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore'],
  rights: { CodeDeployAgent: { allow: ['s3:GetObject'], on: ['arn:aws:s3:::aws-codedeploy-eu-west-1/*'] } },
};
