import type { CfnRole } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { buildRoleOf, intakeOf, keys, names } from '../../../scripts/config/names.ts';
import type { Half } from '../../../scripts/config/tenant.ts';
import { type Right, serviceTrust, type Trust } from '../../role.ts';
import { tenantRole } from './tenant-role.ts';
import type { Scope } from './tenant-scope.ts';

/** Whose deploy token a build has, and the ARN of the secret for the image's registry, where that needs one. */
interface BuildSecrets {
  readonly half?: Half | undefined;
  readonly registry?: string | undefined;
}

type BuildKind = Parameters<typeof names.buildProject>[1];

/**
 * The role of the builds that make revisions of pushes: clone, check whether the virtual host matches the push, and write the push's
 * content to one of two folders; with two projects, only to its half's. It runs nothing of the tenant's. The access stack has no room for it.
 */
export function intakeBuildRole(parent: Construct, scope: Scope, { half, registry }: BuildSecrets): CfnRole {
  const { tenant } = scope.place;
  const folders = [
    ...(half === 'infrastructure' ? [] : [keys.intake(tenant)]),
    ...(half === 'software' ? [] : [keys.machineIntake(tenant)]),
  ];
  return tenantRole(parent, {
    scope,
    role: buildRoleOf(half),
    description: `Builds of pushes for ${scope.host}`,
    trust: buildTrust(scope, intakeOf(half)),
    foreign: [scope.globalArn('iam', `policy/${names.readingPolicy(scope.place)}`)],
    rights: [
      cloneRight(scope, { half, registry }),
      {
        sid: 'Write',
        actions: ['s3:AbortMultipartUpload', 's3:PutObject'],
        resources: scope.objects(...folders.map((folder) => `${folder}*`)),
        because: "The tenant's own intakes; a key is made of hashes.",
      },
      {
        sid: 'Key',
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: [scope.facts['key-arn']],
        when: scope.via('s3', 'secretsmanager'),
      },
      buildLogRight(scope, intakeOf(half)),
    ],
  });
}

/** The secret a build reads the tenant's repository with, or one per half, and the one CodeBuild pulls the image with. */
export function cloneRight(scope: Scope, { half, registry }: BuildSecrets): Right {
  return {
    sid: 'Clone',
    actions: ['secretsmanager:GetSecretValue'],
    resources: [
      scope.arn('secretsmanager', `secret:${names.cloneSecret(scope.place, half)}-??????`),
      ...(registry === undefined ? [] : [registry]),
    ],
    because: "AWS appends six characters to the secret's name when it is created.",
  };
}

/** CodeBuild, for one project (https://docs.aws.amazon.com/codebuild/latest/userguide/setting-up-service-role.html). */
export function buildTrust(scope: Scope, which: BuildKind): Trust {
  const project = scope.arn('codebuild', `project/${names.buildProject(scope.place, which)}`);
  return serviceTrust('codebuild', { StringEquals: { 'aws:SourceAccount': scope.account, 'aws:SourceArn': project } });
}

/** What CodeBuild does with the role of a build: write its log. */
export function buildLogRight(scope: Scope, which: BuildKind): Right {
  const group = names.buildLogGroup(scope.place, which);
  return {
    sid: 'BuildLog',
    actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    resources: [scope.arn('logs', `log-group:${group}:*`)],
    because: 'CodeBuild names the streams of the one log group.',
  };
}

/**
 * A build that bakes reaches its builder in the VPC
 * (https://docs.aws.amazon.com/codebuild/latest/userguide/auth-and-access-control-iam-identity-based-access-control.html#customer-managed-policies-example-create-vpc-network-interface).
 */
export function buildNetworkRights(scope: Scope): Right[] {
  const interfaces = scope.ec2('network-interface');
  return [
    {
      sid: 'InterfaceLook',
      // The role reads security groups anyway.
      actions: ['DhcpOptions', 'NetworkInterfaces', 'Subnets', 'Vpcs'].map((each) => `ec2:Describe${each}`),
      resources: ['*'],
      because: 'AWS grants these reads for all resources or for none.',
    },
    {
      sid: 'Interface',
      actions: ['ec2:CreateNetworkInterface'],
      resources: [...interfaces, ...scope.egressSubnets, ...scope.ec2('security-group')],
      because: 'The ids do not exist yet; security groups of others the boundary denies.',
    },
    {
      sid: 'InterfaceUse',
      actions: ['ec2:CreateNetworkInterfacePermission'],
      resources: interfaces,
      when: { StringEquals: { 'ec2:AuthorizedService': 'codebuild.amazonaws.com' } },
      because: "CodeBuild's interfaces, whose ids AWS chooses.",
    },
    {
      // This call has no key for the service (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html).
      sid: 'InterfaceEnd',
      actions: ['ec2:DeleteNetworkInterface'],
      resources: interfaces,
      when: { ArnEquals: { 'ec2:Vpc': scope.vpc } },
      because: 'The same; EC2 deletes no interface that is in use.',
    },
  ];
}
