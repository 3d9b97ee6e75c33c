import { expect, onTestFinished, test } from 'vitest';
import { openAws } from '../../../../scripts/aws/session.ts';
import type { EndedRelease } from '../../../../scripts/release/gitlab/plan-shown.ts';
import { showInGitlab } from '../../../../scripts/release/gitlab/show-in-gitlab.ts';
import { recorder } from '../../../builders/recorder.ts';
import { startLocalGitlab } from '../../../local-gitlab/api.ts';

const [first, second] = ['a'.repeat(40), 'b'.repeat(40)] as const;
const pipeline = { name: 'shop', region: 'eu-west-1', source: 'Source', application: 'shop', group: 'shop' };
const where = { store: { tenant: 'shop', bucket: 'bucket', pipeline }, url: 'https://shop.dev.example.test' };
const rollback: EndedRelease = {
  place: { tenant: 'shop', environment: 'dev' },
  outcome: 'succeeded',
  push: { commit: first, branch: 'dev' },
  takesBack: second,
};

async function open() {
  const gitlab = await startLocalGitlab({ projects: ['acme/shop'] });
  onTestFinished(() => gitlab.stop());
  const [project] = gitlab.state.projects();
  if (project === undefined) throw new Error('no project');
  const { commits, discussions } = gitlab.state;
  commits.add(project, { id: first });
  commits.add(project, { id: second, requests: { 7: 'merged' } });
  discussions.addMergeRequest(project, 7);
  /** What GitLab has after a job has shown the release. */
  const shown = async (env: Readonly<Record<string, string | undefined>> = {}, release = rollback) => {
    const runtime = recorder({
      AWS_REGION: 'eu-west-1',
      CI_JOB_URL: 'https://gitlab.example.test/acme/shop/-/jobs/9',
      CI_PROJECT_PATH: 'acme/shop',
      CI_ENVIRONMENT_NAME: 'dev',
      CI_ENVIRONMENT_ACTION: 'access',
      CI_API_V4_URL: gitlab.api,
      CI_JOB_TOKEN: gitlab.jobToken,
      VENDHOST_GITLAB_TOKEN: gitlab.token,
      ...env,
    });
    await showInGitlab(runtime, openAws(runtime), release, where);
    return {
      said: runtime.progress(),
      statuses: commits.statuses(project).map(({ sha, name, status }) => [sha, name, status]),
      deployments: commits.deployments(project).map(({ sha, status, environment }) => [sha, status, environment.name]),
      notes: (discussions.notes(project, 7) ?? []).map(({ body }) => body),
    };
  };
  return { gitlab, project, shown };
}

test('a rollback: a status, a deployment, and a note in the merge requests that it rolls back', async () => {
  const { shown } = await open();
  expect(await shown()).toMatchObject({
    statuses: [[first, 'vendhost/shop/dev', 'success']],
    deployments: [[first, 'success', 'dev']],
    notes: [expect.stringMatching(/^- \*\*shop in dev\*\* taken back .*rollback to aaaaaaaa/m)],
  });
});

test('a release that waits, and still waits when its job is retried, is pending', async () => {
  const { shown } = await open();
  const waiting = { ...rollback, outcome: 'waiting' } as const;
  await shown({}, waiting);
  expect(await shown({}, waiting)).toMatchObject({
    said: [],
    statuses: [[first, 'vendhost/shop/dev', 'pending']],
    deployments: [],
    notes: [],
  });
});

test('a release that waited is shown once, however often its job is retried after the answer', async () => {
  const { shown } = await open();
  await shown({}, { ...rollback, outcome: 'waiting' });
  await shown({}, { ...rollback, outcome: 'unchanged' });
  expect(await shown({}, { ...rollback, outcome: 'unchanged' })).toMatchObject({
    statuses: [[first, 'vendhost/shop/dev', 'success']],
    deployments: [[first, 'success', 'dev']],
    notes: [expect.stringContaining('taken back')],
  });
});

test('without a token it says so, and still has its deployment', async () => {
  const { shown } = await open();
  expect(await shown({ VENDHOST_GITLAB_TOKEN: undefined })).toEqual({
    said: [
      "deployment of aaaaaaaa in GitLab's dev: success",
      'no commit status and no notes in merge requests: VENDHOST_GITLAB_TOKEN is not set (docs/gitlab.md)',
    ],
    statuses: [],
    deployments: [[first, 'success', 'dev']],
    notes: [],
  });
});

test('each refused write is a warning, and the rest is written', async () => {
  const { gitlab, project, shown } = await open();
  gitlab.state.protectEnvironment(project, 'dev');
  const { said, statuses, deployments, notes } = await shown({ VENDHOST_GITLAB_TOKEN: gitlab.reporterToken });
  expect([statuses, deployments, notes.length]).toEqual([[], [], 1]);
  expect(said).toEqual([
    expect.stringMatching(/no deployment in GitLab's dev: GITLAB_FORBIDDEN: .*allowed to deploy/),
    expect.stringMatching(/no status vendhost\/shop\/dev at the commit aaaaaaaa: GITLAB_FORBIDDEN: .*Developer/),
    expect.stringContaining('note in acme/shop!7: created'),
  ]);
});

test('a GitLab that is down, or does not know the commits, fails nothing', async () => {
  const { shown } = await open();
  const gone = { ...rollback, push: { commit: 'd'.repeat(40), branch: 'dev' } };
  const { said } = await shown({}, gone);
  expect(said.filter((line) => line.includes('GITLAB_'))).toHaveLength(3);
  const { said: down } = await shown({ CI_API_V4_URL: 'http://127.0.0.1:1/api/v4' });
  expect(down.filter((line) => line.includes('GITLAB_UNREACHABLE'))).toHaveLength(3);
});
