import type { CfnRole } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { keys, names } from '../../../scripts/config/names.ts';
import { type Right, serviceTrust, type Trust } from '../../role.ts';
import { tenantRole } from './tenant-role.ts';
import type { Scope } from './tenant-scope.ts';

type BuildKind = 'intake' | 'machine';

/**
 * The role of the builds that make revisions of pushes: clone, look whether the virtual host is what the push says, and write what the push
 * has to one of two folders. It runs nothing of the tenant's. The access stack has no room for it.
 */
export function intakeBuildRole(parent: Construct, scope: Scope, registry?: string): CfnRole {
  const { tenant } = scope.place;
  return tenantRole(parent, {
    scope,
    role: 'intake-build',
    description: `Builds of pushes for ${scope.host}`,
    trust: buildTrust(scope, 'intake'),
    foreign: [scope.globalArn('iam', `policy/${names.readingPolicy(scope.place)}`)],
    rights: [
      cloneRight(scope),
      {
        sid: 'Write',
        actions: ['s3:AbortMultipartUpload', 's3:PutObject'],
        resources: scope.objects(`${keys.intake(tenant)}*`, `${keys.machineIntake(tenant)}*`),
        because: "The tenant's own intakes; a key is made of hashes.",
      },
      {
        sid: 'Key',
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: [scope.facts['key-arn']],
        when: scope.via('s3', 'secretsmanager'),
      },
      ...buildRights(scope, 'intake', registry),
    ],
  });
}

/** The deploy token with which builds read the tenant's repository. */
export function cloneRight(scope: Scope): Right {
  return {
    sid: 'Clone',
    actions: ['secretsmanager:GetSecretValue'],
    resources: [scope.arn('secretsmanager', `secret:${names.cloneSecret(scope.place)}-??????`)],
    because: "AWS appends six characters to the secret's name when it is created.",
  };
}

/** CodeBuild, for one project (https://docs.aws.amazon.com/codebuild/latest/userguide/setting-up-service-role.html). */
export function buildTrust(scope: Scope, which: BuildKind): Trust {
  const project = scope.arn('codebuild', `project/${names.buildProject(scope.place, which)}`);
  return serviceTrust('codebuild', { StringEquals: { 'aws:SourceAccount': scope.account, 'aws:SourceArn': project } });
}

/** What CodeBuild does with the role of a build: write its log, and pull the image. */
export function buildRights(scope: Scope, which: BuildKind, registry?: string): Right[] {
  const group = names.buildLogGroup(scope.place, which);
  const log: Right = {
    sid: 'BuildLog',
    actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    resources: [scope.arn('logs', `log-group:${group}:*`)],
    because: 'CodeBuild names the streams of the one log group.',
  };
  if (registry === undefined) return [log];
  return [log, { sid: 'BuildImage', actions: ['secretsmanager:GetSecretValue'], resources: [registry] }];
}

/**
 * A build that bakes reaches its builder in the VPC
 * (https://docs.aws.amazon.com/codebuild/latest/userguide/auth-and-access-control-iam-identity-based-access-control.html#customer-managed-policies-example-create-vpc-network-interface).
 */
export function buildNetworkRights(scope: Scope): Right[] {
  const interfaces = scope.ec2('network-interface');
  return [
    {
      sid: 'BuildNetworkLook',
      actions: ['DhcpOptions', 'NetworkInterfaces', 'SecurityGroups', 'Subnets', 'Vpcs'].map(
        (each) => `ec2:Describe${each}`,
      ),
      resources: ['*'],
      because: 'AWS grants these reads for all resources or for none.',
    },
    {
      sid: 'BuildNetwork',
      actions: ['ec2:CreateNetworkInterface'],
      resources: [...interfaces, ...scope.egressSubnets, ...scope.ec2('security-group')],
      because: 'The ids do not exist yet; security groups of others the boundary denies.',
    },
    {
      sid: 'BuildNetworkUse',
      actions: ['ec2:CreateNetworkInterfacePermission'],
      resources: interfaces,
      when: { StringEquals: { 'ec2:AuthorizedService': 'codebuild.amazonaws.com' } },
      because: "CodeBuild's interfaces, whose ids AWS chooses.",
    },
    {
      // It knows no service (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html).
      sid: 'BuildNetworkEnd',
      actions: ['ec2:DeleteNetworkInterface'],
      resources: interfaces,
      when: { ArnEquals: { 'ec2:Vpc': scope.vpc } },
      because: 'The same; EC2 deletes no interface that is in use.',
    },
  ];
}
