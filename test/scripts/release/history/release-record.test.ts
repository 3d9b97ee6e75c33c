import { expect, test } from 'vitest';
import { mergeRequestOf } from '../../../../scripts/gitlab/ci-context.ts';
import { recordOf, type StartedRelease } from '../../../../scripts/release/history/release-record.ts';

const push = { commit: 'c0ffee', branch: 'dev', author: 'Ada <ada@example.com>', message: 'A page', mergeRequest: '' };
const started: StartedRelease = {
  place: { tenant: 'shop', environment: 'dev' },
  bucket: 'bucket',
  executionId: 'e-2',
  revision: 'software/shop/a.zip',
};
const at = { push, image: 'ami-1', startedAt: new Date('2026-11-27T02:00:00Z') };

test('a record states what was pushed, and who started its release', () => {
  const job = { CI_PIPELINE_URL: 'https://lab/p/12', CI_JOB_URL: 'https://lab/j/34', GITLAB_USER_LOGIN: 'bob' };
  expect(recordOf(job, started, at)).toEqual({
    version: 1,
    executionId: 'e-2',
    revision: 'software/shop/a.zip',
    ...push,
    pipelineUrl: 'https://lab/p/12',
    jobUrl: 'https://lab/j/34',
    user: 'bob',
    image: 'ami-1',
    startedAt: '2026-11-27T02:00:00.000Z',
  });
});

test('outside a job nobody is named, and a rollback names what it rolls back', () => {
  expect(recordOf({}, { ...started, rollback: { push, of: 'e-1' } }, at)).toMatchObject({
    pipelineUrl: '',
    jobUrl: '',
    user: '',
    rollbackOf: 'e-1',
  });
});

const project = { CI_PROJECT_PATH: 'acme/shop', CI_PROJECT_URL: 'https://lab/acme/shop' };
test.each([
  [
    "Merge branch 'page' into 'dev'\n\nA page\n\nSee merge request acme/shop!7",
    'https://lab/acme/shop/-/merge_requests/7',
  ],
  ["Merge branch 'page' into 'dev'\n\nSee merge request acme/mill!7", ''],
  ['Say "See merge request acme/shop!7" in the page', ''],
  ['A page', ''],
])('the merge request of the message %j', (message, expected) => {
  expect(mergeRequestOf({ ...project, CI_COMMIT_MESSAGE: message })).toBe(expected);
});
