import { expect, test } from 'vitest';
import { createDeployToken, readDeployTokens, writeProjectHook } from '../../../scripts/gitlab/hooks/project-hooks.ts';
import { allowJobTokens } from '../../../scripts/gitlab/job-token-scope.ts';
import { protectBranch } from '../../../scripts/gitlab/protection.ts';
import { writeVariables } from '../../../scripts/gitlab/variables.ts';
import type { Outage } from '../../local-gitlab/outages.ts';
import { openLocalGitlab } from './open.ts';

const path = 'acme/shop';
const url = 'https://hook.example.test/dev/shop';
/** What a call meets once: a proxy's page, half an answer, a sign-in page; done or not. */
const lost = (on: RegExp, more: Partial<Outage> = {}): Outage => ({ kind: 'bad-gateway', times: 1, on, ...more });

test.each([
  ['bad-gateway', true],
  ['bad-gateway', false],
  ['half-an-answer', true],
  ['sign-in-page', false],
] as const)('a variable whose answer is lost is there once, with its value: %s, done: %s', async (kind, isDone) => {
  const { gitlab, api } = await openLocalGitlab();
  gitlab.state.outages.add(lost(/^POST .*variables$/, { kind, isDone }));
  await writeVariables(api, path, [{ key: 'A', value: '1', scope: 'dev', action: 'create' }]);
  expect(gitlab.variables(path)).toMatchObject([{ key: 'A', value: '1', environment_scope: 'dev' }]);
});

test('one that another vend made meanwhile gets the value all the same', async () => {
  const { gitlab, api } = await openLocalGitlab();
  await writeVariables(api, path, [{ key: 'A', value: 'theirs', scope: 'dev', action: 'create' }]);
  gitlab.state.outages.add(lost(/^POST .*variables$/));
  await writeVariables(api, path, [{ key: 'A', value: 'ours', scope: 'dev', action: 'create' }]);
  expect(gitlab.variables(path)).toMatchObject([{ key: 'A', value: 'ours' }]);
});

test('a webhook whose answer is lost is there once, and is looked for on every page', async () => {
  const { gitlab, project, api } = await openLocalGitlab();
  for (let count = 0; count < 101; count += 1) {
    await writeProjectHook(api, path, { url: `https://other.example.test/${count}`, branch: 'dev', token: 'other' });
  }
  gitlab.state.outages.add(lost(/^POST .*hooks$/, { isDone: true }));
  await writeProjectHook(api, path, { url, branch: 'dev', token: 'secret' });
  const own = gitlab.state.hooks.hooks(project).filter((hook) => hook.url === url);
  expect(own).toMatchObject([{ token: 'secret', push_events_branch_filter: 'dev', enable_ssl_verification: true }]);
});

test('a webhook that was not made is left to the next run: GitLab would take it twice', async () => {
  const { gitlab, project, api } = await openLocalGitlab();
  gitlab.state.outages.add(lost(/^POST .*hooks$/));
  const write = () => writeProjectHook(api, path, { url, branch: 'dev', token: 'secret' });
  await expect(write()).rejects.toMatchObject({ code: 'GITLAB_DOWN' });
  await write();
  expect(gitlab.state.hooks.hooks(project)).toHaveLength(1);
});

test.each([true, false])(
  'of deploy tokens whose answer is lost one stays, whose value is known; done: %s',
  async (isDone) => {
    const { gitlab, project, api } = await openLocalGitlab();
    const { id: former } = await createDeployToken(api, path, 'vendhost-dev-shop');
    const { id: other } = await createDeployToken(api, path, 'somebody-elses');
    gitlab.state.outages.add(lost(/^POST .*deploy_tokens$/, { isDone }));
    const made = await createDeployToken(api, path, 'vendhost-dev-shop');
    expect((await readDeployTokens(api, path)).map(({ id }) => id)).toEqual([former, other, made.id]);
    const stored = gitlab.state.hooks.deployTokens(project).find(({ id }) => id === made.id);
    expect(stored?.token).toBe(made.password);
  },
);

test('where GitLab does not answer the look either, the first error is what is said', async () => {
  const { gitlab, project, api } = await openLocalGitlab();
  gitlab.state.outages.add(lost(/^POST .*variables$/));
  gitlab.state.outages.add(lost(/^GET .*variables$/, { kind: 'forbidden' }));
  const write = writeVariables(api, path, [{ key: 'A', value: '1', scope: 'dev', action: 'create' }]);
  await expect(write).rejects.toMatchObject({ message: expect.stringMatching(/^cannot write the variable A .*502/) });
  expect(gitlab.state.variables(project)).toEqual([]);
});

test('two vends at once: what the other one has protected or allowed is done', async () => {
  const { gitlab, project, api } = await openLocalGitlab();
  const library = gitlab.state.addProject('platform/vendhost');
  for (let vend = 1; vend <= 2; vend += 1) {
    await protectBranch(api, path, 'dev');
    await allowJobTokens(api, library.id, project.id);
  }
  expect(gitlab.state.protectedBranches(project).map(({ name }) => name)).toEqual(['master', 'dev']);
  expect(gitlab.state.jobTokens(library).projects).toEqual([project.id]);
});

test('a branch that somebody protected meanwhile for Developers is refused', async () => {
  const { gitlab, project, api } = await openLocalGitlab();
  gitlab.state.protectBranch(project, 'dev', { push: 30 });
  await expect(protectBranch(api, path, 'dev')).rejects.toMatchObject({ code: 'GITLAB_REFUSED' });
});
