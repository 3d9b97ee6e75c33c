import { expect, test } from 'vitest';
import { releaseOf } from '../../../../scripts/release/history/release.ts';
import { releaseLines } from '../../../../scripts/release/history/release-lines.ts';
import { recordOf } from '../../../../scripts/release/history/release-record.ts';
import { releaseJson } from '../../../../scripts/release/history/release-words.ts';
import type { Action } from '../../../../scripts/release/snapshot.ts';

const start = Date.parse('2026-11-27T02:00:00Z');
const action = (stage: string, status: string, more: Partial<Action> = {}): Action => {
  const category = stage === 'Approval' ? 'Approval' : stage;
  return { stage, name: stage, category, provider: stage, status, start, update: start + 1000, ...more };
};
const execution = (status: string) => ({
  id: 'e-1',
  status,
  version: 'v',
  start,
  update: start + 5000,
  record: undefined,
});
const stateOf = (status: string, ...actions: Action[]) => {
  const { state, approval } = releaseOf(execution(status), { actions, current: undefined });
  return [state, approval?.outcome];
};
const ada = { updatedBy: 'arn:aws:sts::1:assumed-role/approver/ada', summary: 'fine' };

test.each([
  ['running', undefined, stateOf('InProgress', action('Source', 'InProgress'))],
  ['running', undefined, stateOf('Stopping')],
  ['waiting for approval', 'waiting', stateOf('InProgress', action('Approval', 'InProgress'))],
  ['running', 'approved', stateOf('InProgress', action('Approval', 'Succeeded', ada), action('Deploy', 'InProgress'))],
  ['succeeded', 'approved', stateOf('Succeeded', action('Approval', 'Succeeded', ada))],
  ['rejected', 'rejected', stateOf('Failed', action('Approval', 'Failed', ada))],
  ['rejected', 'expired', stateOf('Failed', action('Approval', 'Failed'))],
  ['failed', 'approved', stateOf('Failed', action('Approval', 'Succeeded', ada), action('Deploy', 'Failed'))],
  ['stopped', 'abandoned', stateOf('Stopped', action('Approval', 'Abandoned'))],
  ['superseded', undefined, stateOf('Superseded')],
  ['stopped', undefined, stateOf('Cancelled')],
])('%s, approval %s', (state, approval, found) => {
  expect(found).toEqual([state, approval]);
});

const push = {
  commit: 'c0ffee00c0ffee',
  branch: 'dev',
  author: 'Ada <ada@example.com>',
  message: 'A page\n\nMore',
  mergeRequest: '',
};
const job = {
  CI_PIPELINE_URL: 'https://lab/acme/shop/-/pipelines/12',
  CI_JOB_URL: 'https://lab/j/34',
  GITLAB_USER_LOGIN: 'bob',
};
const started = {
  place: { tenant: 'shop', environment: 'dev' },
  bucket: 'bucket',
  executionId: 'e-1',
  revision: 'software/shop/0a.zip',
  rollback: { push, of: 'e-0' },
};
const record = recordOf(job, started, { push, image: 'ami-1', startedAt: new Date(start) });
const deployment = {
  id: 'd-1',
  status: 'Succeeded',
  targets: [{ instance: 'i-1', status: 'Succeeded', events: [{ name: 'Install', status: 'Succeeded' }] }],
};

test('all details of a release, for people', () => {
  const actions = [action('Approval', 'Succeeded', ada)];
  const release = releaseOf({ ...execution('Succeeded'), record }, { actions, current: 'e-1' });
  const pushed = { ...push, commit: 'decade00', author: 'Eve' };
  const shown = { release, actions, deployment, rollback: undefined, pushed, console: 'https://console' };
  expect(releaseLines(shown, start)).toEqual([
    'release e-1: succeeded, the instances have it',
    '  started       2026-11-27 02:00:00 UTC, took 5 s',
    '  rollback of   e-0',
    '  revision      software/shop/0a.zip',
    '  commit        c0ffee00c0ffee on dev',
    '  author        Ada <ada@example.com>',
    '  message       A page / More',
    '  image         ami-1',
    '  started by    bob',
    '  diff          https://lab/acme/shop/-/commit/c0ffee00c0ffee',
    '  pipeline      https://lab/acme/shop/-/pipelines/12',
    '  job           https://lab/j/34',
    '  first pushed  as commit decade00 by Eve',
    '  approval      approved by ada: fine (2026-11-27 02:00:01 UTC)',
    '  console       https://console',
    '  Approval: succeeded at 2026-11-27 02:00:01 UTC, 1 s',
    '  deployment d-1: succeeded',
    '    i-1  succeeded, 1 of 1 events succeeded',
  ]);
});

test('a release that Vendhost did not start has no record, and one in progress has no end', () => {
  const release = releaseOf(execution('InProgress'), { actions: [], current: undefined });
  const shown = {
    release,
    actions: [],
    deployment: undefined,
    rollback: undefined,
    pushed: undefined,
    console: 'https://c',
  };
  expect(releaseLines(shown, start + 2000)).toEqual([
    'release e-1: running',
    '  started  2026-11-27 02:00:00 UTC, took 2 s so far',
    '  console  https://c',
    '  no record says what it released: Vendhost did not start it, or an older version did',
  ]);
  expect(releaseJson(release)).toEqual({
    executionId: 'e-1',
    state: 'running',
    current: false,
    start: '2026-11-27T02:00:00.000Z',
    version: 'v',
    record: undefined,
  });
});
