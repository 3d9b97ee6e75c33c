import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { noteMergeRequest } from '../../../scripts/merge-request/note-merge-request.ts';
import { planMergeRequest } from '../../../scripts/merge-request/plan-merge-request.ts';
import { writeNote } from '../../../scripts/merge-request/write-note.ts';
import type { Report, ReportSection } from '../../../scripts/report/report.ts';
import { recorder } from '../../builders/recorder.ts';
import { repository, soundTenant } from '../../builders/repository.ts';
import { startLocalGitlab } from '../../local-gitlab/api.ts';

const section = (id: string, title: string, findings: ReportSection['findings'] = []): ReportSection => ({
  ...{ id, title, findings },
  summary: 'as it is',
  state: findings.length === 0 ? 'clean' : 'found',
});
const change = (title: string) => ({ id: title, gravity: 'change' as const, title });
const report: Report = {
  title: 'Plan of shop in dev',
  summary: 'change: 1',
  sections: [section('dev/shop/host', 'dev: virtual host', [change('the launch template It changes')])],
  facts: { commit: 'abc' },
};
const target = { key: 'mr-plan/shop/dev', page: 'plan.html', target: undefined };

async function world(token: 'reporterToken' | 'readingToken' | 'none' = 'reporterToken') {
  const gitlab = await startLocalGitlab({ projects: ['acme/shop'] });
  onTestFinished(() => gitlab.stop());
  const [project] = gitlab.state.projects();
  if (project === undefined) throw new Error('no project');
  gitlab.state.discussions.addMergeRequest(project, 7);
  const env = {
    CI_API_V4_URL: gitlab.api,
    CI_SERVER_URL: gitlab.address,
    CI_JOB_URL: 'https://gitlab.example.com/acme/shop/-/jobs/4',
    ...(token === 'none' ? {} : { VENDHOST_GITLAB_TOKEN: gitlab[token] }),
  };
  const ofRequest = { ...env, CI_MERGE_REQUEST_IID: '7', CI_MERGE_REQUEST_PROJECT_PATH: 'acme/shop' };
  const notes = () => (gitlab.state.discussions.notes(project, 7) ?? []).map(({ body }) => body);
  return { gitlab, project, env, ofRequest, notes };
}

describe('the note of a plan', () => {
  test('is one, edited in place, and says what is gone', async () => {
    const { ofRequest, notes } = await world();
    const runtime = recorder(ofRequest);
    await writeNote(runtime, report, target);
    await writeNote(runtime, { ...report, sections: [section('dev/shop/host', 'dev: virtual host')] }, target);
    const [note = '', ...others] = notes();
    expect(others).toEqual([]);
    expect(note).toContain('Plan of shop in dev');
    expect(note).toContain('/-/jobs/4/artifacts/file/plan.html');
    expect(note).toMatch(/the launch template It changes/);
    expect(runtime.progress()).toEqual(['note in acme/shop!7: created', 'note in acme/shop!7: updated']);
  });

  test('of an earlier pipeline that ends later, or is run again, does not replace that of a later one', async () => {
    const { ofRequest, notes } = await world();
    const write = async (pipeline: string, title: string) => {
      const runtime = recorder({ ...ofRequest, CI_PIPELINE_ID: pipeline });
      await writeNote(runtime, { ...report, title }, target);
      return runtime.progress();
    };
    await write('99', 'first');
    await write('101', 'third');
    expect(await write('100', 'second')).toEqual([
      'the note in acme/shop!7 is of the later pipeline 101, and stays',
      'note in acme/shop!7: unchanged',
    ]);
    expect(notes()).toEqual([expect.stringContaining('## third')]);
    expect(await write('101', 'third again')).toEqual(['note in acme/shop!7: updated']);
  });

  test('of a branch that is promoted goes to the request into the next branch', async () => {
    const { gitlab, project, env, notes } = await world();
    gitlab.state.discussions.addMergeRequest(project, 8, 'master');
    const runtime = recorder({ ...env, CI_OPEN_MERGE_REQUESTS: 'acme/shop!7,acme/shop!8' });
    await writeNote(runtime, report, { ...target, target: 'master' });
    expect(notes()).toEqual([]);
    expect(gitlab.state.discussions.notes(project, 8)).toHaveLength(1);
  });

  test('is none without a token, and what is missing is said', async () => {
    const { ofRequest, notes } = await world('none');
    const runtime = recorder(ofRequest);
    await writeNote(runtime, report, target);
    expect(notes()).toEqual([]);
    expect(runtime.progress().join()).toMatch(
      /^warning: no note in the merge request: VENDHOST_GITLAB_TOKEN is not set/,
    );
  });

  test.each([
    ['answers POST with 502', { kind: 'bad-gateway', times: 100, on: /^POST/ }],
    ['answers with a page for people', { kind: 'sign-in-page', times: 100 }],
  ] as const)('a GitLab that %s is a warning, no failure', async (_, outage) => {
    const { gitlab, ofRequest, notes } = await world();
    gitlab.state.outages.add(outage);
    const runtime = recorder(ofRequest);
    await writeNote(runtime, report, target);
    expect(notes()).toEqual([]);
    expect(runtime.progress().at(-1)).toMatch(/^warning: no note in acme\/shop!7: GITLAB_/);
  });

  test('a token that may only read is a warning that says what it needs', async () => {
    const { ofRequest, notes } = await world('readingToken');
    const runtime = recorder(ofRequest);
    await writeNote(runtime, report, target);
    expect(notes()).toEqual([]);
    expect(runtime.progress().at(-1)).toMatch(/^warning: no note in acme\/shop!7: GITLAB_FORBIDDEN: .*scope api/);
  });

  test('outside of merge requests nobody is asked for a token', async () => {
    const runtime = recorder({});
    await writeNote(runtime, report, target);
    expect(runtime.progress()).toEqual([]);
  });
});

describe('the note of several environments', () => {
  const ofPlatform = { plans: 'plans', title: 'Plan of the platform', key: 'mr-plan/platform' };

  test('says of an environment without a plan that it is not known, and not that its findings are gone', async () => {
    const { ofRequest, notes } = await world();
    const cwd = await repository({});
    await mkdir(join(cwd, 'plans'));
    const save = (environment: string, findings: ReportSection['findings'] = []) => {
      const sections = [section(`platform/${environment}`, environment, findings)];
      return writeFile(join(cwd, `plans/${environment}.json`), JSON.stringify({ ...report, sections }));
    };
    await Promise.all([save('dev'), save('staging', [change('the key It is deleted')])]);
    const options = { ...ofPlatform, environments: ['dev', 'staging'] as const, page: undefined };
    await noteMergeRequest(recorder(ofRequest, { cwd }), options);
    await rm(join(cwd, 'plans/staging.json'));
    const runtime = recorder(ofRequest, { cwd });
    await noteMergeRequest(runtime, options);
    const { sections } = JSON.parse(runtime.printed()).report as Report;
    expect(sections.map(({ id, state }) => [id, state])).toEqual([
      ['platform/dev', 'clean'],
      ['platform/staging', 'unknown'],
    ]);
    expect(notes()[0]).toContain('was found before: the key It is deleted');
    expect(notes()[0]).not.toContain('Gone since');
  });

  test('has a part for each, in their order, and what all checked once', async () => {
    const { ofRequest, notes } = await world();
    const cwd = await repository({});
    await mkdir(join(cwd, 'plans'));
    for (const environment of ['staging', 'dev', 'production']) {
      const sections = [section('platform/checks', 'Configuration'), section(`platform/${environment}`, environment)];
      await writeFile(join(cwd, `plans/${environment}.json`), JSON.stringify({ ...report, sections }));
    }
    const options = { ...ofPlatform, environments: ['dev'] as const, page: 'plan.html' };
    const runtime = recorder(ofRequest, { cwd });
    await noteMergeRequest(runtime, options);
    const joined = JSON.parse(runtime.printed()).report as Report;
    expect(joined.sections.map(({ id }) => id)).toEqual([
      'platform/checks',
      'platform/dev',
      'platform/staging',
      'platform/production',
    ]);
    expect(notes()).toHaveLength(1);
    expect(await readFile(join(cwd, 'plan.html'), 'utf8')).toContain('Plan of the platform');
  });

  test.each([
    ['no plan', {}],
    ['something else', { 'plans/dev.json': '[]' }],
    ['no JSON', { 'plans/dev.json': 'plan' }],
  ])('%s in the folder is refused', async (_, tree) => {
    const cwd = await repository(tree);
    const options = { ...ofPlatform, environments: [], page: undefined };
    await expect(noteMergeRequest(recorder({}, { cwd }), options)).rejects.toMatchObject({ code: 'PLAN_UNREADABLE' });
  });
});

describe('a job', () => {
  const place = { tenant: 'shop', environment: 'dev' } as const;

  test('whose files cannot be written has the plan in its log', async () => {
    const directory = await repository({ ...soundTenant, page: 'a file' });
    const runtime = recorder({ VENDHOST_ID_TOKEN: 'a-token', PATH: process.env.PATH }, { cwd: directory });
    await expect(planMergeRequest(runtime, { ...place, directory, page: 'page/plan.html' })).rejects.toMatchObject({
      code: 'REPORT_UNWRITABLE',
    });
    expect(runtime.printed()).toContain('Plan of shop in dev');
  });

  test('without the plan role says so, checks the repository, and does not fail', async () => {
    const directory = await repository(soundTenant);
    const runtime = recorder({ VENDHOST_ID_TOKEN: 'a-token', PATH: process.env.PATH }, { cwd: directory });
    expect(await planMergeRequest(runtime, { ...place, directory })).toBeUndefined();
    const { sections } = JSON.parse(runtime.printed()).report as Report;
    expect(Object.fromEntries(sections.map(({ id, state }) => [id, state]))).toMatchObject(
      Object.fromEntries(
        ['tenant', 'limits', 'image', 'host', 'traffic', 'release'].map((id) => [`dev/shop/${id}`, 'unknown']),
      ),
    );
    const [finding] = sections.find(({ id }) => id === 'dev/shop/tenant')?.findings ?? [];
    expect(finding?.id.split('/').at(-1)).toBe('PLAN_ROLE_MISSING');
    expect(finding?.title).toContain('VENDHOST_PLAN_ACCESS_SHOP_DEV');
  });

  test('that cannot write a file is refused', async () => {
    const directory = await repository({ ...soundTenant, taken: 'a file' });
    const runtime = recorder({ PATH: process.env.PATH, VENDHOST_ID_TOKEN: 'x' }, { cwd: directory });
    const options = { ...place, directory, page: 'taken/plan.html' };
    await expect(planMergeRequest(runtime, options)).rejects.toMatchObject({ code: 'REPORT_UNWRITABLE' });
  });
});
