import { names } from '../../../../scripts/config/names.ts';
import { type Case, giving, step } from '../cases.ts';
import { platform, tenant } from '../owners.ts';
import { account, arn, objectOf, projectOf } from '../places.ts';
import type { Context, Step } from '../simulate.ts';
import * as things from '../things.ts';
import { becoming } from './trust.ts';

const dev = platform();
const shop = tenant('shop');
const vend = names.platformRole('dev', 'vend');
const execution = names.platformRole('dev', 'vend-execution');
const boundary = { 'iam:PermissionsBoundary': `arn:aws:iam::${account}:policy/${names.boundary('dev')}` };

/** Jobs that vend: they make what tenants get, and neither more for a tenant nor anything for the platform or themselves. */
export function vendingAttacks(): Case[] {
  return [...ofJobs(), ...ofExecution(), ...byTokens()];
}

function refused(by: string, because: string, calls: readonly [string, Step][]): Case[] {
  return calls.map(([name, one]) => ({ name: `${by}: ${name}`, expected: 'denied', because, steps: [one] }));
}

function ofJobs(): Case[] {
  const withRole = (role: things.Thing): Context => ({ 'cloudformation:RoleArn': role.on });
  const own = withRole(things.platformRole(dev, 'vend-execution'));
  const make = (thing: things.Thing, given?: Context) => step(vend, 'cloudformation:CreateStack', thing, given);
  const passed: Context = { 'iam:PassedToService': 'cloudformation.amazonaws.com' };
  return refused(vend, 'It vends: access and entry stacks, with the one role, and claims.', [
    ['vends without a role', make(things.stack(shop, 'access'))],
    [
      "vends with the platform's execution role",
      make(things.stack(shop, 'access'), withRole(things.platformRole(dev, 'execution'))),
    ],
    [
      "vends with the tenant's execution role",
      make(things.stack(shop, 'entry'), withRole(things.role(shop, 'execution'))),
    ],
    ...(['data', 'host'] as const).map((layer): [string, Step] => [
      `makes the ${layer} stack of a tenant`,
      make(things.stack(shop, layer), own),
    ]),
    ...(['network', 'storage', 'balancer', 'access', 'policies', 'vending'] as const).map((layer): [string, Step] => [
      `changes the ${layer} stack`,
      step(vend, 'cloudformation:UpdateStack', things.platformStack(dev, layer), own),
    ]),
    ['vends in production', make(things.stack(tenant('shop', 'production'), 'access'), own)],
    [
      "changes the webhook's stack",
      step(vend, 'cloudformation:UpdateStack', { on: things.stackArn(names.webhookStack) }, own),
    ],
    ["passes the platform's execution role", step(vend, 'iam:PassRole', things.platformRole(dev, 'execution'), passed)],
    ["passes a tenant's role", step(vend, 'iam:PassRole', things.role(shop, 'execution'), passed)],
    ['makes a role', step(vend, 'iam:CreateRole', things.role(shop, 'deploy'), boundary)],
    ['reads hashes of tokens', step(vend, 'secretsmanager:GetSecretValue', things.webhookSecret(tenant('push')))],
    ['writes a deploy token', step(vend, 'secretsmanager:PutSecretValue', things.cloneSecret(tenant('push')))],
    ["reads a database's secret", step(vend, 'secretsmanager:GetSecretValue', things.secret(shop))],
    ['reads a revision', step(vend, 's3:GetObject', things.revision(shop))],
    ['writes a revision', step(vend, 's3:PutObject', things.revision(shop))],
    ['writes software to an intake', step(vend, 's3:PutObject', things.intakeObject(shop))],
    ['changes a record of an action', step(vend, 's3:PutObject', things.auditRecord(shop))],
    ['starts a build', step(vend, 'codebuild:StartBuild', things.build(tenant('push'), 'intake'))],
    ['starts a pipeline', step(vend, 'codepipeline:StartPipelineExecution', things.pipeline(shop))],
    ['approves a release', step(vend, 'codepipeline:PutApprovalResult', things.approvalAction(shop))],
    ['changes a fact', step(vend, 'ssm:PutParameter', things.fact(dev))],
    ['claims in production', step(vend, 's3:PutObject', things.hostClaim(tenant('shop', 'production')))],
  ]);
}

function ofExecution(): Case[] {
  const tags = giving({ 'vendhost:environment': 'dev', 'vendhost:tenant': 'shop', 'vendhost:layer': 'access' });
  const deploy = things.role(shop, 'deploy');
  const call = (action: string, thing: things.Thing, given?: Context) => step(execution, action, thing, given);
  const admin = { 'iam:PolicyARN': 'arn:aws:iam::aws:policy/AdministratorAccess' };
  const own = { on: arn('elasticloadbalancing', 'listener/app/vendhost-dev/50dc6c495c0c9188/f2f7dc8efc522ab2') };
  return [
    ...refused(execution, 'A role of a tenant is under the boundary, with the tags that this compares.', [
      ['makes a role without a boundary', call('iam:CreateRole', deploy, tags)],
      [
        'makes a role under another boundary',
        call('iam:CreateRole', deploy, {
          ...tags,
          'iam:PermissionsBoundary': 'arn:aws:iam::aws:policy/AdministratorAccess',
        }),
      ],
      [
        "makes a role that is nobody's",
        call('iam:CreateRole', deploy, {
          ...boundary,
          ...giving({ 'vendhost:environment': 'dev', 'vendhost:layer': 'access' }),
        }),
      ],
      [
        'makes a role of production',
        call('iam:CreateRole', deploy, {
          ...boundary,
          ...giving({ 'vendhost:environment': 'production', 'vendhost:tenant': 'shop', 'vendhost:layer': 'access' }),
        }),
      ],
      ['takes a boundary off', call('iam:DeleteRolePermissionsBoundary', deploy)],
      [
        'puts a role under another boundary',
        call('iam:PutRolePermissionsBoundary', deploy, {
          'iam:PermissionsBoundary': 'arn:aws:iam::aws:policy/AdministratorAccess',
        }),
      ],
      ['attaches a policy of AWS', call('iam:AttachRolePolicy', deploy, { ...boundary, ...admin })],
      ['changes the boundary', call('iam:CreatePolicyVersion', things.policy(names.boundary('dev')))],
      ...(['plan-drift', 'execution-network', 'execution-storage'] as const).map((which): [string, Step] => [
        `changes the platform's policy ${which}`,
        call('iam:CreatePolicyVersion', things.policy(names.platformPolicy('dev', which))),
      ]),
      [
        'attaches a policy of the platform',
        call('iam:AttachRolePolicy', deploy, {
          ...boundary,
          'iam:PolicyARN': things.policy(names.platformPolicy('dev', 'execution-storage')).on,
        }),
      ],
    ]),
    ...refused(execution, 'No role of the platform, of production or of a build.', [
      ...(['plan', 'deploy', 'execution', 'vend', 'vend-execution'] as const).map((role): [string, Step] => [
        `changes who becomes the platform's ${role} role`,
        call('iam:UpdateAssumeRolePolicy', things.platformRole(dev, role)),
      ]),
      ['writes a policy of its own', call('iam:PutRolePolicy', things.platformRole(dev, 'vend-execution'), boundary)],
      ['changes the builder', call('iam:UpdateAssumeRolePolicy', things.builderRole(dev))],
      [
        "changes production's role",
        call('iam:UpdateAssumeRolePolicy', things.role(tenant('shop', 'production'), 'deploy')),
      ],
      [
        'makes a role of builds',
        call('iam:CreateRole', things.role(tenant('push'), 'intake-build'), { ...boundary, ...tags }),
      ],
      [
        "changes the webhook's role",
        call('iam:PutRolePolicy', { on: things.roleArn(names.webhookFunction('start')) }, boundary),
      ],
      ['makes a user', call('iam:CreateUser', { on: `arn:aws:iam::${account}:user/mallory` })],
    ]),
    ...refused(execution, 'Each role to the service that it is for.', [
      ['passes a deploy role to EC2', call('iam:PassRole', deploy, { 'iam:PassedToService': 'ec2.amazonaws.com' })],
      [
        "passes an instance's role to Lambda",
        call('iam:PassRole', things.role(shop, 'instance'), { 'iam:PassedToService': 'lambda.amazonaws.com' }),
      ],
      [
        "passes a pipeline's role to CloudFormation",
        call('iam:PassRole', things.role(shop, 'pipeline'), { 'iam:PassedToService': 'cloudformation.amazonaws.com' }),
      ],
    ]),
    ...refused(execution, "What is the platform's, and what tenants have besides.", [
      ['changes a listener', call('elasticloadbalancing:ModifyListener', own)],
      ["deletes the platform's bucket", call('s3:DeleteBucket', things.bucket(dev))],
      ["changes the policy of the platform's bucket", call('s3:PutBucketPolicy', things.bucket(dev))],
      ['reads an object', call('s3:GetObject', { on: objectOf('dev', 'software/shop/a.zip') })],
      ['makes a build', call('codebuild:CreateProject', things.build(tenant('push'), 'intake'))],
      ['makes a secret', call('secretsmanager:CreateSecret', things.webhookSecret(tenant('push')))],
      ['changes a fact', call('ssm:PutParameter', things.fact(dev))],
      ['approves a release', call('codepipeline:PutApprovalResult', things.approvalAction(shop))],
      [
        'changes the rule of a machine',
        call('events:PutTargets', {
          on: arn('events', `rule/${names.machineRule({ environment: 'dev', tenant: 'push' })}`),
        }),
      ],
    ]),
  ];
}

function byTokens(): Case[] {
  const become = (name: string, token: Parameters<typeof becoming>[1]): [string, Step] => [
    `${name} becomes it`,
    becoming(vend, token),
  ];
  return refused(vend, "Jobs of the platform's project on its branch.", [
    become('a job of a tenant', { project: projectOf('shop'), ref: 'main' }),
    become("a job of the platform's project on another branch", { project: 'acme/platform', ref: 'feature' }),
    become("a tag of the platform's project", { project: 'acme/platform', ref: 'main', type: 'tag' }),
  ]);
}
