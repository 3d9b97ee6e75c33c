import { names } from '../../../../scripts/config/names.ts';
import type { Case } from '../cases.ts';
import { tenant } from '../owners.ts';
import { account, approvals, audience, projectOf } from '../places.ts';
import type { Step } from '../simulate.ts';
import { roleArn, roleName } from '../things.ts';

const issuer = 'gitlab.example.com';

/** What an ID token says of its job. */
interface Token {
  readonly issuer?: string;
  readonly project?: string;
  readonly type?: 'branch' | 'tag';
  readonly ref?: string;
  readonly audience?: string;
}

/** A job with this token becomes a role. */
export function becoming(role: string, token: Token): Step {
  const {
    issuer: from = issuer,
    project = projectOf('shop'),
    type = 'branch',
    ref = 'dev',
    audience: to = audience,
  } = token;
  return {
    by: `arn:aws:iam::${account}:oidc-provider/${from}`,
    action: 'sts:AssumeRoleWithWebIdentity',
    on: roleArn(role),
    given: { [`${from}:sub`]: `project_path:${project}:ref_type:${type}:ref:${ref}`, [`${from}:aud`]: to },
  };
}

const deploy = roleName(tenant('shop'), 'deploy');
const plan = roleName(tenant('shop'), 'plan');

/** Tokens of jobs that must not approve: the tenant's own, and others of the approvals project. */
const approverTokens: readonly [string, Token][] = [
  ['a job of the tenant that releases', { ref: 'master' }],
  ["a job of the tenant on a branch called like the approvals project's", { ref: approvals.branch }],
  ['another branch of the approvals project', { project: approvals.project, ref: 'feature' }],
  ['a tag of the approvals project', { project: approvals.project, ref: approvals.branch, type: 'tag' }],
  ['a project whose name begins so', { project: `${approvals.project}-of-mallory`, ref: approvals.branch }],
];

/** Tokens of GitLab's that are not of the project and branch a role is for. */
export function trustAttacks(): Case[] {
  const wrong: readonly [string, Token][] = [
    ['another branch', { ref: 'feature' }],
    ['the branch of another environment', { ref: 'master' }],
    ['a branch that begins like it', { ref: 'dev2' }],
    ['a branch below it', { ref: 'dev/feature' }],
    ['a branch in capitals', { ref: 'Dev' }],
    ['a tag called like the branch', { type: 'tag' }],
    ['another project', { project: projectOf('shop2') }],
    ['a project whose name begins so', { project: 'acme/shopping' }],
    ['a project in a group called so', { project: 'acme/shop/dev' }],
    ['a project of another group', { project: 'evil/shop' }],
    ['a subgroup called like the group', { project: 'evil/acme/shop' }],
    ['a path that holds the whole claim', { project: 'acme/shop:ref_type:branch:ref:dev' }],
    ['another audience', { audience: 'https://gitlab.example.com' }],
    ['another issuer', { issuer: 'gitlab.com' }],
  ];
  const never: readonly [string, Token][] = wrong.filter(([name]) => /project|group|audience|issuer|tag/.test(name));
  return [
    ...wrong.map(([name, token]) => refused(deploy, name, token)),
    ...never.map(([name, token]) => refused(plan, name, token)),
    refused(names.platformRole('dev', 'deploy'), 'a tenant', {}),
    refused(names.platformRole('dev', 'plan'), 'a tenant', {}),
    refused(roleName(tenant('shop', 'production'), 'deploy'), "dev's branch", {}),
    ...(['execution', 'instance', 'pipeline', 'codedeploy'] as const).map((role) =>
      refused(roleName(tenant('shop'), role), 'its own project', {}),
    ),
    refused(names.builderRole('dev'), 'a tenant', {}),
    ...approverTokens.map(([name, token]) =>
      refused(roleName(tenant('shop', 'production'), 'approver-job'), name, token),
    ),
  ];
}

function refused(role: string, whose: string, token: Token): Case {
  return {
    name: `${role}: a job of ${whose} becomes it`,
    expected: 'denied',
    because: 'A role is for the jobs of one project, and the deploy role for one branch of it.',
    steps: [becoming(role, token)],
  };
}
