import { describe, expect, test } from 'vitest';
import { findProject, type ProjectState } from '../../../../scripts/drift/checks/gitlab/find-project.ts';

const region = { key: 'AWS_REGION', value: 'eu-west-1', scope: 'dev' };
const state: ProjectState = {
  tenant: 'shop',
  environment: 'dev',
  plan: {
    path: 'acme/shop',
    ...{ isSetUp: false, settings: [], protect: [] },
    trust: { dev: { subjects: ['project_id'], environmentProtected: true } },
    refusals: [],
    warnings: [],
    notChecked: [],
  },
  variables: [],
  present: [region],
  protectedThen: true,
};
const said = (code: string) => ({ code, message: `message of ${code}`, hint: 'the hint' });
const withPlan = (changes: Partial<ProjectState['plan']>) =>
  findProject({ ...state, plan: { ...state.plan, ...changes } });

test('a project that vending would leave alone has no finding', () => {
  expect(findProject(state)).toEqual([]);
});

test('what vending would refuse is a finding, and of its warnings what may have changed since', () => {
  const found = withPlan({
    refusals: [said('BRANCH_UNPROTECTED'), said('PROJECT_PATH')],
    warnings: [said('BRANCH_OPEN'), said('GITLAB_OLD'), said('LIBRARY_PRIVATE')],
  });
  expect(found.map(({ id, gravity }) => [id, gravity])).toEqual([
    ['shop/BRANCH_UNPROTECTED', 'access'],
    ['shop/PROJECT_PATH', 'fault'],
    ['shop/BRANCH_OPEN', 'access'],
  ]);
  expect(found[0]).toMatchObject({
    title: 'message of BRANCH_UNPROTECTED',
    next: 'the hint; then vendhost tenant vend shop --environment dev --dry-run',
  });
});

test('variables that are gone or others, with what they were set to', () => {
  const wanted = { ...region, value: 'eu-central-1', action: 'update' } as const;
  const gone = { key: 'VENDHOST_ROLE_ARN', value: 'arn:role', scope: 'dev', action: 'create' } as const;
  expect(findProject({ ...state, variables: [wanted, gone] })).toEqual([
    {
      id: 'shop/variable/AWS_REGION',
      gravity: 'change',
      title: 'the variable AWS_REGION (dev) of shop is not what vending set',
      values: [{ path: 'AWS_REGION', from: 'eu-central-1', to: 'eu-west-1' }],
      next: 'vendhost tenant vend shop --environment dev',
    },
    {
      id: 'shop/variable/VENDHOST_ROLE_ARN',
      gravity: 'change',
      title: 'the variable VENDHOST_ROLE_ARN (dev) of shop is gone',
      values: [{ path: 'VENDHOST_ROLE_ARN', from: 'arn:role' }],
      next: 'vendhost tenant vend shop --environment dev',
    },
  ]);
});

test('the subject of its ID tokens', () => {
  const subject = { from: ['project_path'], to: ['project_id', 'ref_type'], when: 'after' } as const;
  expect(withPlan({ subject })).toMatchObject([
    {
      id: 'shop/subject',
      values: [{ path: 'ci_id_token_sub_claim_components', from: 'project_id, ref_type', to: 'project_path' }],
    },
  ]);
});

describe('the protection of the environment', () => {
  test.each([
    [true, false, 'fault'],
    [false, true, 'change'],
  ])('was %s, is %s', (protectedThen, environmentProtected, gravity) => {
    const trust = { dev: { subjects: ['project_id'] as const, environmentProtected } };
    expect(findProject({ ...state, protectedThen, plan: { ...state.plan, trust } })).toMatchObject([
      { id: 'shop/environment-protection', gravity },
    ]);
  });

  test('is not compared where no vend had a token', () => {
    expect(findProject({ ...state, protectedThen: undefined })).toEqual([]);
  });
});

test('what the token does not see is not known', () => {
  expect(withPlan({ notChecked: ['the subject of its ID tokens'] })).toMatchObject([
    { id: 'shop/not-checked/the-subject-of-its-ID-tokens', gravity: 'unknown' },
  ]);
});

test('a pipeline file that is not the one that the platform decides lets others have the roles', () => {
  const call = {
    method: 'PUT',
    path: 'projects/acme%2Fshop',
    body: { ci_config_path: 'a@platform/vendhost' },
  } as const;
  expect(
    withPlan({ settings: [{ what: 'pipeline file of acme/shop: a@platform/vendhost', call, when: 'before' }] }),
  ).toEqual([
    {
      id: 'shop/setting/ci_config_path',
      gravity: 'access',
      title: 'acme/shop is not as vending sets it: pipeline file of acme/shop: a@platform/vendhost',
      next: 'vendhost tenant vend shop --environment dev',
    },
  ]);
});
