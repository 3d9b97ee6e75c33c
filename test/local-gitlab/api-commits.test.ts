import { Gitlab } from '@gitbeaker/rest';
import { expect, onTestFinished, test } from 'vitest';
import { startLocalGitlab } from './api.ts';

const [old, main, next] = ['a', 'b', 'c'].map((letter) => letter.repeat(40)) as [string, string, string];

async function open() {
  const gitlab = await startLocalGitlab({ projects: ['acme/shop'] });
  onTestFinished(() => gitlab.stop());
  const [project] = gitlab.state.projects();
  if (project === undefined) throw new Error('no project');
  const { commits } = gitlab.state;
  commits.add(project, { id: old });
  commits.add(project, { id: main, requests: { 7: 'merged' } });
  commits.add(project, { id: next, branch: 'staging', parent: main, requests: { 8: 'opened' } });
  const client = (token: string) => new Gitlab({ host: gitlab.address, token });
  const job = new Gitlab({ host: gitlab.address, jobToken: gitlab.jobToken });
  return { gitlab, project, client, job, api: client(gitlab.token) };
}

/** The status and GitLab's words of a refusal. */
async function refusal(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => 'none',
    ({ cause }: { cause: { response: { status: number }; description: string } }) => [
      cause.response.status,
      cause.description,
    ],
  );
}

test('two commits are compared by what one has and the other has not', async () => {
  const { api } = await open();
  const ids = async (from: string, to: string) =>
    (await api.Repositories.compare('acme/shop', from, to)).commits?.map(({ id }) => id);
  expect([await ids(old, next), await ids(next, old), await ids(next, main)]).toEqual([[main, next], [], []]);
  expect(await api.Commits.allMergeRequests('acme/shop', main)).toMatchObject([{ iid: 7, state: 'merged' }]);
  expect(await refusal(api.Repositories.compare('acme/shop', old, 'd'.repeat(40)))).toEqual([404, '404 Ref Not Found']);
});

test('a status is one for each name and author until it has ended, and cannot be made pending twice', async () => {
  const { api, client, gitlab } = await open();
  const set = (state: 'pending' | 'success', who = api) =>
    who.Commits.editStatus('acme/shop', main, state, { name: 'vendhost', ref: 'dev' });
  const first = await set('pending');
  expect(await refusal(set('pending'))).toEqual([400, expect.stringContaining('via :enqueue from :pending')]);
  expect((await set('success')).id).toBe(first.id);
  expect((await set('success', client(gitlab.developerToken))).id).toBeGreaterThan(first.id);
  expect(await api.Commits.allStatuses('acme/shop', main)).toHaveLength(1);
});

test('a status is refused to Reporters, on protected branches to Developers, to jobs, and for what is not there', async () => {
  const { gitlab, project, client, job, api } = await open();
  const set = (who: typeof api, sha = main, description = '') =>
    refusal(who.Commits.editStatus('acme/shop', sha, 'success', { ref: 'dev', description }));
  expect(await set(client(gitlab.reporterToken))).toEqual([403, '403 Forbidden']);
  expect(await set(client(gitlab.developerToken))).toBe('none');
  gitlab.state.protectBranch(project, 'dev');
  expect(await set(client(gitlab.developerToken))).toEqual([403, '403 Forbidden']);
  expect(await set(job)).toEqual([401, '401 Unauthorized']);
  expect(await set(api, 'd'.repeat(40))).toEqual([404, '404 Commit Not Found']);
  expect(await set(api, main, 'x'.repeat(256))).toEqual([400, expect.stringContaining('too long')]);
});

test('a deployment is written by whoever may deploy, with the token of their job too', async () => {
  const { gitlab, project, client, job } = await open();
  const write = (who: typeof job, { environment = 'dev', ref = 'dev', sha = main } = {}) =>
    refusal(who.Deployments.create('acme/shop', environment, sha, ref, false, { status: 'success' }));
  expect(await write(job)).toBe('none');
  expect(await write(client(gitlab.reporterToken))).toEqual([403, '403 Forbidden']);
  expect(await write(job, { ref: 'gone' })).toEqual([400, expect.stringContaining('does not exist')]);
  expect(await write(job, { sha: 'd'.repeat(40) })).toEqual([400, expect.stringContaining('does not exist')]);
  gitlab.state.protectEnvironment(project, 'production');
  expect(await write(job, { environment: 'production' })).toEqual([403, '403 Forbidden']);
  expect(gitlab.state.commits.deployments(project)).toMatchObject([{ sha: main, environment: { name: 'dev' } }]);
});
