import { expect, test } from 'vitest';
import { type EndedRelease, planShown } from '../../../../scripts/release/gitlab/plan-shown.ts';

const commit = '0123456789'.repeat(4);
const job = {
  CI_JOB_URL: 'https://gitlab.example.test/acme/shop/-/jobs/9',
  CI_PROJECT_PATH: 'acme/shop',
  CI_ENVIRONMENT_NAME: 'web/staging',
};
const release: EndedRelease = {
  place: { tenant: 'shop', environment: 'staging' },
  outcome: 'succeeded',
  push: { commit, branch: 'staging' },
};

test('a release of a job that deploys has a status and notes; GitLab has its deployment', () => {
  expect(planShown({ ...job, CI_ENVIRONMENT_ACTION: 'start' }, release)).toEqual({
    status: {
      commit,
      branch: 'staging',
      name: 'vendhost/shop/staging',
      state: 'success',
      description: 'released',
      url: job.CI_JOB_URL,
    },
    notes: true,
  });
  expect(planShown(job, release)?.deployment).toBeUndefined();
});

test('a release by an operation also has a deployment, when it has ended', () => {
  const env = { ...job, CI_ENVIRONMENT_ACTION: 'access' };
  const of = (outcome: EndedRelease['outcome']) => planShown(env, { ...release, outcome, takesBack: '' });
  const entry = { environment: 'web/staging', commit, branch: 'staging' };
  expect(of('succeeded')).toMatchObject({
    status: { description: 'rollback: released' },
    deployment: { ...entry, status: 'success' },
  });
  expect(of('failed')?.deployment).toEqual({ ...entry, status: 'failed' });
  expect(of('unchanged')?.deployment).toEqual({ ...entry, status: 'success' });
  expect(planShown(env, { ...release, outcome: 'unchanged' })?.deployment).toBeUndefined();
  for (const outcome of ['waiting', 'rejected', 'superseded', 'stopped'] as const) {
    expect(of(outcome)?.deployment).toBeUndefined();
  }
});

test.each([
  ['waiting', 'pending', false],
  ['failed', 'failed', false],
  ['rejected', 'failed', false],
  ['stopped', 'canceled', false],
  ['superseded', 'canceled', false],
  ['unchanged', 'success', true],
] as const)('a release that is %s: its status is %s', (outcome, state, notes) => {
  expect(planShown(job, { ...release, outcome })).toMatchObject({ status: { state }, notes });
});

test('nothing is shown outside a job, or for an unknown commit', () => {
  expect(planShown({}, release)).toBeUndefined();
  expect(planShown(job, { ...release, push: { commit: '', branch: '' } })).toBeUndefined();
});
