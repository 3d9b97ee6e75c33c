import { expect, test } from 'vitest';
import { actorOf } from '../../../scripts/gitlab/ci-context.ts';

const job = {
  GITLAB_USER_LOGIN: 'ada',
  GITLAB_USER_NAME: 'Ada L.',
  CI_SERVER_URL: 'https://gitlab.example.test',
  CI_JOB_URL: 'https://gitlab.example.test/acme/shop/-/jobs/7',
  CI_PIPELINE_URL: 'https://gitlab.example.test/acme/shop/-/pipelines/6',
  CI_PROJECT_PATH: 'acme/shop',
  CI_COMMIT_REF_NAME: 'dev',
};

function tokenOf(claims: object): string {
  return ['header', Buffer.from(JSON.stringify(claims)).toString('base64url'), 'signature'].join('.');
}

test('the ID token says who acts, not variables that whoever starts a pipeline can set', () => {
  const claims = {
    user_login: 'grace',
    project_path: 'platform/approvals',
    ref: 'main',
    job_id: '71',
    pipeline_id: '61',
  };
  expect(actorOf({ ...job, VENDHOST_ID_TOKEN: tokenOf(claims) })).toEqual({
    user: 'grace',
    name: 'Ada L.',
    job: 'https://gitlab.example.test/platform/approvals/-/jobs/71',
    pipeline: 'https://gitlab.example.test/platform/approvals/-/pipelines/61',
    project: 'platform/approvals',
    ref: 'main',
  });
});

test.each([undefined, '', 'token', 'a.b.c', tokenOf({ user_login: 7 })])(
  'a token that says nothing (%s): the variables do',
  (token) => {
    expect(actorOf({ ...job, VENDHOST_ID_TOKEN: token })).toEqual({
      ...{ user: 'ada', name: 'Ada L.', job: job.CI_JOB_URL, pipeline: job.CI_PIPELINE_URL },
      ...{ project: 'acme/shop', ref: 'dev' },
    });
  },
);
