import { names } from '../../../../scripts/config/names.ts';
import { type Case, step } from '../cases.ts';
import { platform, stranger, tenant } from '../owners.ts';
import { account, arn, objectOf } from '../places.ts';
import type { Step } from '../simulate.ts';
import * as things from '../things.ts';

const dev = platform();
const production = platform('production');
const shop = tenant('shop');
const plan = names.platformRole('dev', 'plan');
const deploy = names.platformRole('dev', 'deploy');
const execution = names.platformRole('dev', 'execution');

/** The platform project's own pipelines: they deploy three layers, and reach neither tenants nor other environments. */
export function platformAttacks(): Case[] {
  return [...onStacks(), ...onRoles(), ...onTenants(), ...onProduction()];
}

function refused(by: string, name: string, because: string, one: Step): Case {
  return { name: `${by}: ${name}`, expected: 'denied', because, steps: [one] };
}

function onStacks(): Case[] {
  const because = 'Access is deployed by people.';
  const own = { 'cloudformation:RoleArn': things.platformRole(dev, 'execution').on };
  return [plan, deploy].flatMap((by) => [
    ...(['access', 'policies', 'vending'] as const).flatMap((stack) => {
      const access = things.platformStack(dev, stack);
      return [
        refused(by, `plans the ${stack} stack`, because, step(by, 'cloudformation:CreateChangeSet', access, own)),
        ...['ExecuteChangeSet', 'DeleteStack', 'UpdateStack', 'SetStackPolicy', 'UpdateTerminationProtection'].map(
          (action) =>
            refused(by, `${action} of the ${stack} stack`, because, step(by, `cloudformation:${action}`, access)),
        ),
      ];
    }),
    ...(['access', 'entry', 'data', 'host'] as const).flatMap((layer) =>
      ['CreateChangeSet', 'ExecuteChangeSet', 'DeleteStack'].map((action) =>
        refused(
          by,
          `${action} of the ${layer} stack of shop/dev`,
          "It is a tenant's.",
          step(
            by,
            `cloudformation:${action}`,
            things.stack(shop, layer),
            action === 'CreateChangeSet' ? own : undefined,
          ),
        ),
      ),
    ),
    refused(
      by,
      "ExecuteChangeSet of production's network",
      'It is another environment.',
      step(by, 'cloudformation:ExecuteChangeSet', things.platformStack(production, 'network')),
    ),
    refused(
      by,
      'plans the network without a role',
      'CloudFormation would work with the rights of the job.',
      step(by, 'cloudformation:CreateChangeSet', things.platformStack(dev, 'network'), {}),
    ),
    refused(
      by,
      'reads software of shop',
      "A tenant's software is its own.",
      step(by, 's3:GetObject', things.revision(shop)),
    ),
    refused(
      by,
      'writes the record of shop',
      'Tenants are vended by people.',
      step(by, 'ssm:PutParameter', things.tenantRecord(shop)),
    ),
    refused(
      by,
      'becomes the deploy role of shop',
      'It is trusted for jobs of shop only.',
      step(by, 'sts:AssumeRole', things.role(shop, 'deploy')),
    ),
  ]);
}

function onRoles(): Case[] {
  const own = { on: things.roleArn('vendhost-dev-network-FlowLogs') };
  const because = 'It makes roles that write logs, under their ceiling, and no others.';
  const boundary = (name: string) => ({ 'iam:PermissionsBoundary': `arn:aws:iam::${account}:policy/${name}` });
  const calls: readonly [string, Step][] = [
    ['makes a service role without a boundary', step(execution, 'iam:CreateRole', own, {})],
    [
      "makes a service role with the tenants' boundary",
      step(execution, 'iam:CreateRole', own, boundary(names.boundary('dev'))),
    ],
    [
      'makes a role of another name',
      step(execution, 'iam:CreateRole', { on: things.roleArn('admin') }, boundary(names.serviceBoundary('dev'))),
    ],
    ['attaches a policy', step(execution, 'iam:AttachRolePolicy', own, {})],
    ['takes the boundary off', step(execution, 'iam:DeleteRolePermissionsBoundary', own)],
    [
      'gives a role of shop a policy',
      step(execution, 'iam:PutRolePolicy', things.role(shop, 'deploy'), boundary(names.serviceBoundary('dev'))),
    ],
    [
      'gives the builder a policy',
      step(execution, 'iam:PutRolePolicy', things.builderRole(dev), boundary(names.serviceBoundary('dev'))),
    ],
    [
      'gives itself a policy',
      step(
        execution,
        'iam:PutRolePolicy',
        things.platformRole(dev, 'execution'),
        boundary(names.serviceBoundary('dev')),
      ),
    ],
    ['writes the boundary anew', step(execution, 'iam:CreatePolicyVersion', things.policy(names.boundary('dev')))],
    ...(['plan-drift', 'execution-network', 'execution-storage'] as const).map((which): [string, Step] => [
      `writes the policy ${which} anew`,
      step(execution, 'iam:CreatePolicyVersion', things.policy(names.platformPolicy('dev', which))),
    ]),
    [
      'passes a service role to EC2',
      step(execution, 'iam:PassRole', own, { 'iam:PassedToService': 'ec2.amazonaws.com' }),
    ],
    [
      'passes a role of shop',
      step(execution, 'iam:PassRole', things.role(shop, 'instance'), { 'iam:PassedToService': 'ec2.amazonaws.com' }),
    ],
  ];
  return calls.map(([name, one]) => refused(execution, name, because, one));
}

function onTenants(): Case[] {
  const because = 'The platform changes its own network, balancer and storage, by their tags.';
  return [
    ...[shop, stranger].flatMap((owner) =>
      ['ec2:RevokeSecurityGroupIngress', 'ec2:AuthorizeSecurityGroupIngress', 'ec2:DeleteSecurityGroup'].map((action) =>
        refused(
          execution,
          `${action} of a security group of ${owner.name}`,
          because,
          step(execution, action, things.ec2('security-group', owner)),
        ),
      ),
    ),
    refused(
      execution,
      'TerminateInstances of shop/dev',
      because,
      step(execution, 'ec2:TerminateInstances', things.ec2('instance', shop)),
    ),
    refused(
      execution,
      'writes the record of shop',
      'Tenants are vended by people.',
      step(execution, 'ssm:PutParameter', things.tenantRecord(shop)),
    ),
    refused(
      execution,
      'says where the boundary is',
      'It is a fact of the access stack.',
      step(execution, 'ssm:PutParameter', things.fact(dev, 'boundary-arn')),
    ),
    refused(
      execution,
      'reads software of shop',
      "A tenant's software is its own.",
      step(execution, 's3:GetObject', things.revision(shop)),
    ),
    refused(
      execution,
      'writes software of shop',
      "A tenant's software is its own.",
      step(execution, 's3:PutObject', things.revision(shop)),
    ),
    refused(
      execution,
      'writes a host claim',
      'Hosts are claimed by people.',
      step(execution, 's3:PutObject', things.hostClaim(shop)),
    ),
    refused(
      execution,
      'reads the secret of shop',
      'It is a password.',
      step(execution, 'secretsmanager:GetSecretValue', things.secret(shop)),
    ),
    refused(execution, 'decrypts with the key', because, step(execution, 'kms:Decrypt', things.key(dev), {})),
    refused(
      execution,
      'deletes the logs of the trail',
      'Logs are evidence.',
      step(execution, 's3:DeleteObject', { on: objectOf('dev', 'logs/trail/AWSLogs/x.json.gz') }),
    ),
  ];
}

function onProduction(): Case[] {
  const calls: readonly [string, things.Thing][] = [
    ['elasticloadbalancing:ModifyListener', things.listener(production)],
    ['elasticloadbalancing:DeleteLoadBalancer', things.loadBalancer(production)],
    ['kms:PutKeyPolicy', things.key(production)],
    ['s3:PutBucketPolicy', things.bucket(production)],
    ['ssm:PutParameter', things.fact(production)],
    ['ec2:DeleteVpc', things.vpc(production)],
    ['ec2:DeleteSubnet', things.subnet(production, 'egress')],
    ['ec2:CreateTags', things.vpc(production)],
    ['cloudtrail:StopLogging', { on: arn('cloudtrail', `trail/${names.trail('production')}`) }],
    ['logs:DeleteLogGroup', { on: arn('logs', 'log-group:/vendhost/production/flow-logs') }],
  ];
  return calls.map(([action, thing]) =>
    refused(
      execution,
      `${action} of production`,
      'It is another environment, in the same account.',
      step(execution, action, thing),
    ),
  );
}
