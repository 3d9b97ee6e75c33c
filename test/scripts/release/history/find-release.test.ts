import { expect, test } from 'vitest';
import { openAws } from '../../../../scripts/aws/session.ts';
import { keys } from '../../../../scripts/config/names.ts';
import { findRelease } from '../../../../scripts/release/history/find-release.ts';
import { planRollback } from '../../../../scripts/release/rollback/plan-rollback.ts';
import { recorder } from '../../../builders/recorder.ts';
import { answering } from '../../answering.ts';
import { wire } from '../../wire.ts';

const pipeline = { name: 'shop', region: 'eu-west-1', source: 'Revision', application: 'shop', group: 'shop' };
const store = { tenant: 'shop', bucket: 'bucket', pipeline };
const runs = { executionId: 'e-9', deploymentId: 'd-9', version: 'v9' };
const state = { executions: [{ id: 'e-9', status: 'Succeeded', version: 'v9' }], deployed: runs };

interface Made {
  readonly id: string;
  readonly commit: string;
  /** Prefix of the 64 characters of its hash. */
  readonly sha256: string;
  readonly status?: string;
}

/** Releases, newest first, one per page. */
async function history(made: readonly Made[]) {
  return await answering(({ operation, body }) => {
    if (operation === 'ListPipelineExecutions') {
      const { nextToken = '0' } = JSON.parse(body) as { nextToken?: string };
      const at = Number(nextToken);
      const { id, status = 'Succeeded' } = made[at] as Made;
      const next = at + 1 < made.length ? { nextToken: String(at + 1) } : {};
      return JSON.stringify({ pipelineExecutionSummaries: [{ pipelineExecutionId: id, status }], ...next });
    }
    const found = made.find(({ id }) => operation.startsWith(`GET /bucket/${keys.releaseRecord('shop', id)}`));
    const of = { branch: 'dev', author: '', message: '', mergeRequest: '', pipelineUrl: '', jobUrl: '', user: '' };
    const revision = keys.revision('shop', found?.sha256.padEnd(64, '0') ?? '');
    const { id: executionId, commit } = found ?? {};
    const record = { version: 1, executionId, revision, commit, image: '', startedAt: '2026-01-01', ...of };
    return found && JSON.stringify(record);
  });
}

const commit = (begin: string) => begin.padEnd(40, 'f');
const newer = { id: 'e-3', commit: commit('abcdef0123'), sha256: '3' };
const older = { id: 'e-1', commit: commit('abcdef0999'), sha256: '1' };

test.each([
  ['commits', [newer, older], [`commit ${newer.commit}`, `commit ${older.commit}`]],
  [
    'a commit and a revision',
    [newer, { id: 'e-1', commit: commit('1'), sha256: 'abcdef0' }],
    [`commit ${newer.commit}`, `revision ${'abcdef0'.padEnd(64, '0')}`],
  ],
])('a beginning that several have, %s, is refused: by all who look for a release', async (_what, made, details) => {
  const { aws } = await history(made);
  const refused = { code: 'NAME_AMBIGUOUS', details };
  await expect(findRelease(aws, store, 'abcdef0')).rejects.toMatchObject(refused);
  await expect(planRollback(aws, store, state, { to: 'abcdef0', pipelineUrl: undefined })).rejects.toMatchObject(
    refused,
  );
});

test('a prefix that matches one commit is enough, however many of its releases there are', async () => {
  const again = { ...older, id: 'e-2', sha256: '2', status: 'Failed' };
  const { aws } = await history([newer, again, older]);
  expect((await findRelease(aws, store, 'abcdef099')).id).toBe('e-2');
  const { to } = await planRollback(aws, store, state, { to: 'abcdef099', pipelineUrl: undefined });
  expect(to.revision).toBe(keys.revision('shop', '1'.padEnd(64, '0')));
});

test('for a complete name the history is read only as far back as needed', async () => {
  const { aws, calls } = await history([newer, older]);
  expect((await findRelease(aws, store, newer.commit)).id).toBe('e-3');
  expect(calls.filter(({ operation }) => operation === 'ListPipelineExecutions')).toHaveLength(1);
});

test('the id of an execution is found in the list: of all records, its own is read', async () => {
  const id = '00000001-0000-4000-8000-000000000000';
  const { aws, calls } = await history([newer, { ...older, id }]);
  expect(await findRelease(aws, store, id)).toMatchObject({ id, record: { commit: older.commit } });
  expect(calls.filter(({ service }) => service === 's3')).toHaveLength(1);
});

test('who reads far back reads many records side by side, and who wants the newest reads few', async () => {
  const made = Array.from({ length: 300 }, (_, index) => `e-${index}`);
  const answers: (() => void)[] = [];
  let most = 0;
  let records = 0;
  const AWS_ENDPOINT_URL = await wire(undefined, async ({ operation, body }) => {
    if (operation === 'ListPipelineExecutions') {
      const at = Number((JSON.parse(body) as { nextToken?: string }).nextToken ?? 0);
      const pipelineExecutionSummaries = made.slice(at, at + 100).map((id) => ({ pipelineExecutionId: id }));
      const next = at + 100 < made.length ? { nextToken: String(at + 100) } : {};
      return { status: 200, body: JSON.stringify({ pipelineExecutionSummaries, ...next }) };
    }
    records += 1;
    // All that are asked for at the same time are there before the first is answered.
    await new Promise<void>((resolve) => {
      answers.push(resolve);
      most = Math.max(most, answers.length);
      setTimeout(() => answers.shift()?.(), 20);
    });
    const missing = '<Error><Code>NoSuchKey</Code><Message>no such key</Message></Error>';
    return { status: 404, headers: { 'content-type': 'application/xml' }, body: missing };
  });
  const credentials = { AWS_ACCESS_KEY_ID: '100000000001', AWS_SECRET_ACCESS_KEY: 'a secret key' };
  const aws = openAws(recorder({ AWS_ENDPOINT_URL, AWS_REGION: 'eu-west-1', ...credentials }));
  expect((await findRelease(aws, store, undefined)).id).toBe('e-0');
  expect(records).toBe(5);
  await expect(findRelease(aws, store, 'abcdef0')).rejects.toMatchObject({ code: 'RELEASE_UNKNOWN' });
  expect(records).toBe(5 + made.length);
  expect(most).toBeGreaterThan(20);
  expect(most).toBeLessThanOrEqual(40);
});
