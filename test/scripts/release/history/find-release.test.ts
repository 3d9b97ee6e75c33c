import { expect, test } from 'vitest';
import { keys } from '../../../../scripts/config/names.ts';
import { findRelease } from '../../../../scripts/release/history/find-release.ts';
import { planRollback } from '../../../../scripts/release/rollback/plan-rollback.ts';
import { answering } from '../../answering.ts';

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
