import type { TenantRole } from '../../../../scripts/config/names.ts';
import { type Case, step } from '../cases.ts';
import { platform, tenant } from '../owners.ts';
import { account, arn } from '../places.ts';
import type { Context, Step } from '../simulate.ts';
import * as things from '../things.ts';

const self = tenant('shop');
const all: readonly TenantRole[] = ['deploy', 'plan', 'execution', 'instance', 'pipeline', 'codedeploy', 'approver'];

/** More rights: by passing a role, by making one, by a stack that works with another, by another service. */
export function roleAttacks(): Case[] {
  return [...passing(), ...stacks(), ...identities(), ...services(), ...approving(), ...intake(), ...switching()];
}

function refused(by: string, name: string, because: string, one: Step): Case {
  return { name: `${by}: ${name}`, expected: 'denied', because, steps: [one] };
}

function passing(): Case[] {
  const victim = tenant('shop2');
  const passed: readonly [string, things.Thing, string][] = [
    ...all.map((role): [string, things.Thing, string] => [
      `the ${role} role of shop2/dev`,
      things.role(victim, role),
      'ec2',
    ]),
    ...(['deploy', 'plan'] as const).map((role): [string, things.Thing, string] => [
      `its own ${role} role to an instance`,
      things.role(self, role),
      'ec2',
    ]),
    ['its own execution role to an instance', things.role(self, 'execution'), 'ec2'],
    ['its own pipeline role to CodePipeline', things.role(self, 'pipeline'), 'codepipeline'],
    ['its own execution role to Lambda', things.role(self, 'execution'), 'lambda'],
    ['its own instance role to Lambda', things.role(self, 'instance'), 'lambda'],
    ["the platform's execution role", things.platformRole(platform(), 'execution'), 'cloudformation'],
    ["the platform's deploy role", things.platformRole(platform(), 'deploy'), 'ec2'],
    ["production's instance role", things.role(tenant('shop', 'production'), 'instance'), 'ec2'],
    ["production's execution role", things.role(tenant('shop', 'production'), 'execution'), 'cloudformation'],
    ["production's builder", things.builderRole(platform('production')), 'ec2'],
    ['an administrator', { on: things.roleArn('admin') }, 'ec2'],
  ];
  return ['deploy', 'execution'].flatMap((role) =>
    passed.map(([name, thing, service]) => {
      const by = things.roleName(self, role as TenantRole);
      const given: Context = { 'iam:PassedToService': `${service}.amazonaws.com` };
      return refused(by, `passes ${name}`, 'Who gets a role gets its rights.', step(by, 'iam:PassRole', thing, given));
    }),
  );
}

function stacks(): Case[] {
  const by = things.roleName(self, 'deploy');
  const because = 'CloudFormation works with the own execution role, on the own data and host stacks.';
  const foreign: readonly [string, string | undefined][] = [
    ['without a role', undefined],
    ['with the role of shop2/dev', things.role(tenant('shop2'), 'execution').on],
    ["with the platform's role", things.platformRole(platform(), 'execution').on],
    ["with production's role", things.role(tenant('shop', 'production'), 'execution').on],
  ];
  const own = { 'cloudformation:RoleArn': things.role(self, 'execution').on };
  return [
    ...foreign.flatMap(([name, role]) =>
      ['cloudformation:CreateStack', 'cloudformation:UpdateStack'].map((action) =>
        refused(
          by,
          `${action} ${name}`,
          because,
          step(by, action, things.stack(self, 'host'), role === undefined ? {} : { 'cloudformation:RoleArn': role }),
        ),
      ),
    ),
    ...(['network', 'storage', 'policies', 'access', 'vending', 'balancer'] as const).flatMap((layer) =>
      ['cloudformation:UpdateStack', 'cloudformation:DeleteStack', 'cloudformation:SetStackPolicy'].map((action) =>
        refused(
          by,
          `${action} of the platform's ${layer} stack`,
          because,
          step(by, action, things.platformStack(platform(), layer), action.endsWith('UpdateStack') ? own : undefined),
        ),
      ),
    ),
    ...(['access', 'entry'] as const).flatMap((layer) =>
      [
        'cloudformation:CreateStack',
        'cloudformation:UpdateStack',
        'cloudformation:DeleteStack',
        'cloudformation:SetStackPolicy',
        'cloudformation:UpdateTerminationProtection',
      ].map((action) =>
        refused(
          by,
          `${action} of its own ${layer} stack`,
          'It says what the tenant may do.',
          step(by, action, things.stack(self, layer), /(Create|Update)Stack$/.test(action) ? own : undefined),
        ),
      ),
    ),
    refused(
      by,
      'makes a stack of another name',
      because,
      step(by, 'cloudformation:CreateStack', { on: things.stackArn('vendhost-dev-shop-other') }, own),
    ),
    refused(
      by,
      'makes a change set',
      'Commands make none; it could import what others own.',
      step(by, 'cloudformation:CreateChangeSet', things.stack(self, 'host'), own),
    ),
    refused(by, 'makes a stack set', 'It reaches other accounts.', step(by, 'cloudformation:CreateStackSet', '*')),
    refused(
      by,
      'registers a resource type',
      'It would run code with rights of its own.',
      step(by, 'cloudformation:RegisterType', '*'),
    ),
  ];
}

/** Users, roles, policies and keys: none may be made or changed, not even under the boundary. */
function identities(): Case[] {
  const user = { on: `arn:aws:iam::${account}:user/shop` };
  const role = { on: things.roleArn('vendhost-dev-shop-own') };
  const policy = { on: `arn:aws:iam::${account}:policy/shop` };
  const boundary = { on: `arn:aws:iam::${account}:policy/vendhost-dev-boundary` };
  const provider = { on: `arn:aws:iam::${account}:oidc-provider/evil.example.com` };
  const profile = { on: `arn:aws:iam::${account}:instance-profile/vendhost-dev-shop-own` };
  const calls: readonly [string, string, things.Thing][] = [
    ['makes a user', 'iam:CreateUser', user],
    ['makes an access key', 'iam:CreateAccessKey', user],
    ['makes a role', 'iam:CreateRole', role],
    ['trusts itself in the role of shop2', 'iam:UpdateAssumeRolePolicy', things.role(tenant('shop2'), 'deploy')],
    ['gives its own deploy role a policy', 'iam:PutRolePolicy', things.role(self, 'deploy')],
    ['gives its own execution role a policy', 'iam:AttachRolePolicy', things.role(self, 'execution')],
    ['takes the boundary off its own role', 'iam:DeleteRolePermissionsBoundary', things.role(self, 'deploy')],
    ['tags its own role as that of shop2', 'iam:TagRole', things.role(self, 'deploy')],
    ['writes the boundary anew', 'iam:CreatePolicyVersion', boundary],
    ['makes a policy', 'iam:CreatePolicy', policy],
    ['makes an identity provider', 'iam:CreateOpenIDConnectProvider', provider],
    ['makes an instance profile', 'iam:CreateInstanceProfile', profile],
    ['puts a role into an instance profile', 'iam:AddRoleToInstanceProfile', profile],
    ['becomes the deploy role of shop2', 'sts:AssumeRole', things.role(tenant('shop2'), 'deploy')],
    ["becomes the platform's deploy role", 'sts:AssumeRole', things.platformRole(platform(), 'deploy')],
    ["becomes production's deploy role", 'sts:AssumeRole', things.role(tenant('shop', 'production'), 'deploy')],
  ];
  return all.flatMap((each) => {
    const by = things.roleName(self, each);
    return calls.map(([name, action, thing]) =>
      refused(by, name, 'Only people make and change roles.', step(by, action, thing)),
    );
  });
}

/** E: the approver's role is for people, and for one pipeline. */
function approving(): Case[] {
  const approver = things.role(self, 'approver');
  const because = 'Who starts a release must not approve it, nor somebody with a stolen key alone.';
  const own = things.roleName(self, 'approver');
  const released = tenant('shop', 'production');
  const job = things.roleName(released, 'approver-job');
  return [
    ...[
      ...all.map((role) => things.roleName(self, role)),
      things.platformRole(platform(), 'deploy').on.split('/').at(-1) ?? '',
    ].map((by) =>
      refused(
        by,
        'becomes the approver',
        because,
        step(by, 'sts:AssumeRole', approver, { 'aws:MultiFactorAuthPresent': 'true' }),
      ),
    ),
    refused(
      'person',
      'becomes the approver without MFA',
      because,
      step('person', 'sts:AssumeRole', approver, { 'aws:MultiFactorAuthPresent': 'false' }),
    ),
    refused('person', 'becomes the approver with a key alone', because, step('person', 'sts:AssumeRole', approver)),
    refused(
      'person',
      'becomes the deploy role',
      'It is trusted for jobs of shop only.',
      step('person', 'sts:AssumeRole', things.role(self, 'deploy'), { 'aws:MultiFactorAuthPresent': 'true' }),
    ),
    ...[tenant('shop2'), tenant('shop', 'production'), tenant('shop-dev')].map((other) =>
      refused(
        own,
        `approves a release of ${other.name}`,
        'It is for one tenant in one environment.',
        step(own, 'codepipeline:PutApprovalResult', things.approvalAction(other)),
      ),
    ),
    ...['codepipeline:StartPipelineExecution', 'codepipeline:UpdatePipeline', 'codepipeline:StopPipelineExecution'].map(
      (action) =>
        refused(
          job,
          `${action}: a job that approves does nothing else`,
          because,
          step(job, action, things.pipeline(released)),
        ),
    ),
    ...[self, tenant('shop2', 'production')].map((other) =>
      refused(
        job,
        `approves a release of ${other.name}`,
        'It is for one tenant in one environment.',
        step(job, 'codepipeline:PutApprovalResult', things.approvalAction(other)),
      ),
    ),
    refused(own, 'starts a release', because, step(own, 'codepipeline:StartPipelineExecution', things.pipeline(self))),
    refused(own, 'changes the pipeline', because, step(own, 'codepipeline:UpdatePipeline', things.pipeline(self))),
  ];
}

/** Services a virtual host is not made of: each could run code, or reach out of the tenant. */
function services(): Case[] {
  const calls: readonly [string, things.Thing | '*'][] = [
    ['lambda:CreateFunction', { on: arn('lambda', 'function:shop') }],
    ['lambda:InvokeFunction', { on: arn('lambda', 'function:other') }],
    ['codebuild:CreateProject', { on: arn('codebuild', 'project/shop') }],
    ['ecs:RunTask', { on: arn('ecs', 'task-definition/shop:1') }],
    ['events:PutRule', { on: arn('events', 'rule/shop') }],
    ['route53:ChangeResourceRecordSets', { on: 'arn:aws:route53:::hostedzone/Z1' }],
    ['acm:DeleteCertificate', { on: arn('acm', 'certificate/0c5f3a52') }],
    ['ssm:CreateDocument', { on: arn('ssm', 'document/shop') }],
    ['ssm:CreateAssociation', { on: arn('ssm', 'document/AWS-RunShellScript') }],
    ['cloudtrail:StopLogging', { on: arn('cloudtrail', 'trail/vendhost-dev') }],
    ['cloudtrail:DeleteTrail', { on: arn('cloudtrail', 'trail/vendhost-dev') }],
    ['logs:DeleteLogGroup', { on: arn('logs', 'log-group:/vendhost/trail/vendhost-dev') }],
    ['logs:PutSubscriptionFilter', { on: arn('logs', 'log-group:/vendhost/dev/flow-logs') }],
    ['ec2:CreateRoute', { on: arn('ec2', 'route-table/rtb-1') }],
    ['ec2:ReplaceRoute', { on: arn('ec2', 'route-table/rtb-1') }],
    ['ec2:CreateVpcPeeringConnection', { on: arn('ec2', 'vpc-peering-connection/pcx-1') }],
    ['ec2:CreateNetworkAclEntry', { on: arn('ec2', 'network-acl/acl-1') }],
    ['ec2:DeleteFlowLogs', { on: arn('ec2', 'vpc-flow-log/fl-1') }],
    ['ec2:DeleteVpcEndpoints', { on: arn('ec2', 'vpc-endpoint/vpce-1') }],
    ['rds:DeleteDBInstance', things.database(self)],
    ['rds:CreateDBSnapshot', things.database(tenant('shop2'))],
    ['rds:CreateDBInstanceReadReplica', things.database(tenant('shop2'))],
    ['rds:RestoreDBInstanceFromDBSnapshot', { on: arn('rds', 'snapshot:shop2') }],
    ['organizations:LeaveOrganization', '*'],
  ];
  return (['deploy', 'execution'] as const).flatMap((each) => {
    const by = things.roleName(self, each);
    return calls.map(([action, thing]) =>
      refused(by, action, 'No part of a virtual host needs it.', step(by, action, thing)),
    );
  });
}

/** Nobody changes what starts a pipeline, and what starts it does nothing else. */
function intake(): Case[] {
  const changes = ['PutRule', 'PutTargets', 'DisableRule', 'EnableRule', 'RemoveTargets', 'DeleteRule', 'TagResource'];
  const changing = all.flatMap((role) =>
    changes.flatMap((call) =>
      [self, tenant('shop2')].map((of) => {
        const by = things.roleName(self, role);
        const because = 'The rule says what starts the pipeline, and with which rights.';
        return refused(
          by,
          `events:${call} of the rule of ${of.name}`,
          because,
          step(by, `events:${call}`, things.intakeRule(of)),
        );
      }),
    ),
  );
  const by = things.roleName(self, 'intake');
  const because = 'It starts the one pipeline, for the one rule.';
  return [
    ...changing,
    ...['StopPipelineExecution', 'UpdatePipeline', 'RetryStageExecution'].map((call) =>
      refused(by, `codepipeline:${call}`, because, step(by, `codepipeline:${call}`, things.pipeline(self))),
    ),
    refused(by, 'approves a release', because, step(by, 'codepipeline:PutApprovalResult', things.approvalAction(self))),
    refused(by, 'writes to the intake', because, step(by, 's3:PutObject', things.intakeObject(self))),
    refused(by, 'reads a revision', because, step(by, 's3:GetObject', things.revision(self))),
  ];
}

/** Who may switch says on or off, and nothing of what that means. */
function switching(): Case[] {
  const because = 'Its text says where the rules lead, and its role may change them.';
  const changes = ['UpdateDocument', 'UpdateDocumentDefaultVersion', 'DeleteDocument', 'ModifyDocumentPermission'];
  const changing = all.flatMap((role) =>
    changes.flatMap((call) =>
      [self, tenant('shop2')].map((of) => {
        const by = things.roleName(self, role);
        return refused(by, `${call} of ${of.name}`, because, step(by, `ssm:${call}`, things.switchDocument(of)));
      }),
    ),
  );
  const starting = all
    .filter((role) => role !== 'deploy')
    .map((role) => {
      const by = things.roleName(self, role);
      const one = step(by, 'ssm:StartAutomationExecution', things.switchDocument(self));
      return refused(by, 'switches maintenance', 'The jobs that deploy do.', one);
    });
  const deploy = things.roleName(self, 'deploy');
  const foreign = step(deploy, 'ssm:StartAutomationExecution', { on: arn('ssm', 'document/AWS-StartEC2Instance') });
  const given = (service: string) => ({ 'iam:PassedToService': `${service}.amazonaws.com` });
  const passed = ['cloudformation', 'ec2', 'events', 'lambda'].map((service) => {
    const one = step(deploy, 'iam:PassRole', things.role(self, 'switch'), given(service));
    return refused(deploy, `passes the role that switches to ${service}`, 'It is for the one document.', one);
  });
  // It may pass the role to Systems Manager, as who starts the document may have to: so nothing else there may take it.
  const document = { on: arn('ssm', 'document/vendhost-dev-shop-mine') };
  const taking = [
    ['CreateDocument', document],
    ['CreateAssociation', things.switchDocument(self)],
    ['UpdateAssociation', things.switchDocument(self)],
    ['StartChangeRequestExecution', things.switchDocument(self)],
    ['StartAutomationExecution', document],
    ['CreateMaintenanceWindow', { on: '*' }],
    ['RegisterTaskWithMaintenanceWindow', { on: arn('ssm', 'maintenancewindow/mw-0123456789abcdef0') }],
    ['CreateActivation', { on: '*' }],
  ] as const;
  const using = taking.map(([call, on]) =>
    refused(
      deploy,
      `gives the role that switches to ssm:${call}`,
      'Who passes a role says there what it does.',
      step(deploy, `ssm:${call}`, on),
    ),
  );
  const by = things.roleName(self, 'switch');
  const only = 'It sets what its rules answer.';
  return [
    ...changing,
    ...starting,
    refused(deploy, "starts another document of AWS's", 'It would act with whatever role it is given.', foreign),
    ...passed,
    ...using,
    ...['DeleteRule', 'SetRulePriorities'].map((call) =>
      refused(by, call, only, step(by, `elasticloadbalancing:${call}`, things.listenerRule(self))),
    ),
    ...['CreateRule', 'ModifyListener'].map((call) =>
      refused(by, call, only, step(by, `elasticloadbalancing:${call}`, things.listener(self))),
    ),
  ];
}
