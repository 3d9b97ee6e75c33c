import { keys, names } from '../../../../scripts/config/names.ts';
import { becoming } from '../attacks/trust.ts';
import { type Case, step } from '../cases.ts';
import { keyCalls, namedCalls } from '../named-deeds.ts';
import { platform, type Tenant, tenant } from '../owners.ts';
import { account, approvals, arn } from '../places.ts';
import type { Step } from '../simulate.ts';
import * as things from '../things.ts';

const dev = platform();

/** What commands and services call for a tenant in the course of their work. */
export function commandCalls(): Case[] {
  return [
    ...[tenant('shop'), tenant('sho', 'production')].flatMap((self) => [
      ...namedCalls(self, self).map(({ name, step: one }) => allowed(name, one)),
      ...keyCalls(self, self).map(({ name, step: one }) => allowed(name, one)),
    ]),
    ...tokens(),
    ...looking(tenant('shop')),
    ...absences(tenant('shop')),
    ...platformCommands(),
    ...approving(),
  ];
}

function allowed(name: string, ...steps: Step[]): Case {
  return { name, expected: 'allowed', because: 'A command or a service needs it.', steps };
}

function tokens(): Case[] {
  return [
    allowed('a job on the branch becomes the deploy role', becoming(things.roleName(tenant('shop'), 'deploy'), {})),
    allowed(
      'a job on another branch becomes the plan role',
      becoming(things.roleName(tenant('shop'), 'plan'), { ref: 'feature/x' }),
    ),
    allowed(
      "a job on production's branch becomes its deploy role",
      becoming(things.roleName(tenant('shop', 'production'), 'deploy'), { ref: 'master' }),
    ),
    allowed(
      "a job of the platform becomes the platform's deploy role",
      becoming(names.platformRole('dev', 'deploy'), { project: 'acme/platform', ref: 'main' }),
    ),
    allowed(
      "a job of the platform on another branch becomes the platform's plan role",
      becoming(names.platformRole('dev', 'plan'), { project: 'acme/platform', ref: 'change' }),
    ),
  ];
}

/** Reads of all commands: facts, images, groups, rules, health. */
function looking(self: Tenant): Case[] {
  const anywhere = [
    'ec2:DescribeImages',
    'ec2:DescribeSnapshots',
    'ec2:DescribeInstances',
    'ec2:DescribeLaunchTemplates',
    'ec2:DescribeLaunchTemplateVersions',
    'ec2:DescribeKeyPairs',
    'ec2:DescribeSecurityGroups',
    'autoscaling:DescribeAutoScalingGroups',
    'autoscaling:DescribeInstanceRefreshes',
    'autoscaling:DescribeScalingActivities',
    'elasticloadbalancing:DescribeTargetGroups',
    'elasticloadbalancing:DescribeTargetHealth',
    'codedeploy:BatchGetDeploymentTargets',
    'codedeploy:ListDeploymentTargets',
  ];
  return (['deploy', 'plan'] as const).flatMap((role) => {
    const by = things.roleName(self, role);
    return [
      ...anywhere.map((action) => allowed(`${by}: ${action}`, step(by, action, '*'))),
      ...['ssm:GetParameter', 'ssm:GetParametersByPath'].flatMap((action) => [
        allowed(`${by}: ${action} of the facts`, step(by, action, things.fact(self))),
        allowed(`${by}: ${action} of its record`, step(by, action, things.tenantRecord(self))),
      ]),
      ...(role === 'deploy'
        ? [
            allowed(`${by}: stops its deployment`, step(by, 'codedeploy:StopDeployment', '*')),
            allowed(
              `${by}: deploys past a stop script, where no release is approved`,
              step(by, 'codedeploy:CreateDeployment', things.deploymentGroup(self)),
              step(by, 'codedeploy:RegisterApplicationRevision', things.application(self)),
            ),
          ]
        : []),
    ];
  });
}

/**
 * Reading an object that is not there must be told from a refusal: S3 answers 404 only to who may list the bucket, else
 * 403 (https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html#API_GetObject_RequestSyntax, "Permissions").
 * So commands list by the key as a prefix.
 */
function absences(self: Tenant): Case[] {
  const prefixes: readonly [string, string][] = [
    ['its revisions', keys.revision(self.tenant, '5'.repeat(64))],
    ['its image records', keys.imageRecord(self.tenant, '5'.repeat(64))],
    ['the claims of its hosts', keys.hostClaim(`${self.tenant}.dev.example.com`)],
  ];
  return (['deploy', 'plan'] as const).flatMap((role) =>
    prefixes.map(([name, prefix]) => {
      const by = things.roleName(self, role);
      return allowed(
        `${by}: looks for one of ${name}`,
        step(by, 's3:ListBucket', things.bucket(self), { 's3:prefix': prefix }),
      );
    }),
  );
}

/** A person or a job of the approvals project approves a release. */
function approving(): Case[] {
  const self = tenant('shop', 'production');
  const by = things.roleName(self, 'approver');
  const signedIn = { 'aws:MultiFactorAuthPresent': 'true' };
  return [
    allowed(
      'a person with MFA becomes the approver',
      step('person', 'sts:AssumeRole', things.role(self, 'approver'), signedIn),
    ),
    allowed(
      'a job of the approvals project becomes the approver',
      becoming(things.roleName(self, 'approver-job'), { project: approvals.project, ref: approvals.branch }),
    ),
    ...[by, things.roleName(self, 'approver-job')].flatMap((each) => [
      allowed(`${each}: looks at the release`, step(each, 'codepipeline:GetPipelineState', things.pipeline(self))),
      allowed(`${each}: reads its record`, step(each, 's3:GetObject', things.revision(self))),
      allowed(
        `${each}: approves the release`,
        step(each, 'codepipeline:PutApprovalResult', things.approvalAction(self)),
      ),
    ]),
  ];
}

/** `platform plan`, `platform deploy` and `platform status`, run by the platform project's pipeline. */
function platformCommands(): Case[] {
  const roles = { plan: names.platformRole('dev', 'plan'), deploy: names.platformRole('dev', 'deploy') };
  const layers = ['network', 'storage', 'balancer'] as const;
  const execution = things.platformRole(dev, 'execution');
  const reads = ['DescribeStacks', 'GetTemplate', 'DescribeStackEvents'];
  const writes = [
    'ExecuteChangeSet',
    'DeleteChangeSet',
    'ListChangeSets',
    'UpdateTerminationProtection',
    'ContinueUpdateRollback',
    'DeleteStack',
  ];
  // Of `platform status`, which jobs run with the plan role.
  const ofStatus = ['elasticloadbalancing:DescribeRules', 'cloudformation:ListStacks'];
  return [
    ...ofStatus.map((action) => allowed(`${roles.plan}: ${action}`, step(roles.plan, action, '*'))),
    ...Object.values(roles).flatMap((by) => [
      ...[...layers, ...(['policies', 'access', 'vending'] as const)].flatMap((layer) =>
        reads.map((action) =>
          allowed(
            `${by}: ${action} of ${layer}`,
            step(by, `cloudformation:${action}`, things.platformStack(dev, layer)),
          ),
        ),
      ),
      allowed(`${by}: reads the facts`, step(by, 'ssm:GetParametersByPath', things.fact(dev))),
      allowed(
        `${by}: reads the certificate`,
        step(by, 'acm:DescribeCertificate', { on: arn('acm', 'certificate/0c5f3a52') }),
      ),
      allowed(
        `${by}: reads the trust in GitLab`,
        step(by, 'iam:GetOpenIDConnectProvider', { on: `arn:aws:iam::${account}:oidc-provider/gitlab.example.com` }),
      ),
    ]),
    ...layers.flatMap((layer) => [
      allowed(
        `${roles.deploy}: plans ${layer}`,
        step(roles.deploy, 'cloudformation:CreateChangeSet', things.platformStack(dev, layer), {
          'cloudformation:RoleArn': execution.on,
        }),
      ),
      ...writes.map((action) =>
        allowed(
          `${roles.deploy}: ${action} of ${layer}`,
          step(roles.deploy, `cloudformation:${action}`, things.platformStack(dev, layer)),
        ),
      ),
    ]),
    allowed(
      `${roles.deploy}: passes the execution role`,
      step(roles.deploy, 'iam:PassRole', execution, { 'iam:PassedToService': 'cloudformation.amazonaws.com' }),
    ),
  ];
}
