import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { ConditionalObjects } from '../../../../scripts/aws/objects.ts';
import { readPlatformFacts } from '../../../../scripts/aws/read-facts.ts';
import { openAws } from '../../../../scripts/aws/session.ts';
import { keys } from '../../../../scripts/config/names.ts';
import { auditRecordSchema, releaseRecordSchema } from '../../../../scripts/config/stored.ts';
import { listReleases } from '../../../../scripts/release/history/list-releases.ts';
import { showRelease } from '../../../../scripts/release/history/show-release.ts';
import { recorder } from '../../../builders/recorder.ts';
import { startLocalGitlab } from '../../../local-gitlab/api.ts';
import { gate } from '../gate.ts';
import { VirtualHost } from '../virtual-host.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });
const host = new VirtualHost('650000000061', 'shop');
const aws = openAws(recorder(host.env));
const project = 'https://gitlab.example.test/acme/shop';
const commits = { 10: 'a'.repeat(40), 11: 'b'.repeat(40), 12: 'c'.repeat(40), 13: `${'b'.repeat(7)}${'d'.repeat(33)}` };
const authors = {
  10: 'Ada <ada@example.com>',
  11: 'Bob <bob@example.com>',
  12: 'Cem <cem@example.com>',
  13: 'Dan <dan@example.com>',
};

/** Variables of a job in the pipeline with this number. */
function job(pipeline: keyof typeof commits, number: number) {
  return {
    CI_PROJECT_URL: project,
    CI_PROJECT_PATH: 'acme/shop',
    CI_PIPELINE_URL: `${project}/-/pipelines/${pipeline}`,
    CI_JOB_URL: `${project}/-/jobs/${number}`,
    CI_COMMIT_SHA: commits[pipeline],
    CI_COMMIT_REF_NAME: 'dev',
    CI_COMMIT_AUTHOR: authors[pipeline],
    CI_COMMIT_MESSAGE: `Page ${pipeline}\n\nSee merge request acme/shop!${pipeline}`,
    GITLAB_USER_LOGIN: 'dora',
  };
}

async function stored() {
  const { bucket } = await readPlatformFacts(aws, 'dev');
  const all = async <T>(prefix: string, schema: ConstructorParameters<typeof ConditionalObjects<T>>[2]) => {
    const objects = new ConditionalObjects<T>(aws, bucket, schema);
    const names = (await objects.listAll(prefix)).sort();
    return (await Promise.all(names.map((name) => objects.read(`${prefix}${name}`)))).map((each) => each?.value);
  };
  return {
    audit: await all(keys.auditRecords('shop'), auditRecordSchema),
    record: async (id: string) =>
      (await new ConditionalObjects(aws, bucket, releaseRecordSchema).read(keys.releaseRecord('shop', id)))?.value,
  };
}

/** What `release list` prints as JSON. */
async function list(limit = 20) {
  const runtime = recorder(host.env);
  await listReleases(runtime, { ...host.place, limit });
  return JSON.parse(runtime.printed()) as {
    releases: { executionId: string; current: boolean; state: string }[];
    more: boolean;
  };
}

async function show(name: string | undefined) {
  const runtime = recorder(host.env);
  return await host.ended(runtime, showRelease(runtime, { ...host.place, name }));
}

/** A GitLab with the commits above, each of a merge request with the number of its pipeline. */
async function openGitlab() {
  const gitlab = await startLocalGitlab({ projects: ['acme/shop'] });
  onTestFinished(() => gitlab.stop());
  const [shop] = gitlab.state.projects();
  if (shop === undefined) throw new Error('no project');
  const { discussions, commits: known } = gitlab.state;
  for (const [iid, id] of Object.entries(commits)) {
    known.add(shop, { id, requests: { [Number(iid)]: 'merged' as const } });
    discussions.addMergeRequest(shop, Number(iid));
  }
  return {
    /** Variables of a job that may write. */
    env: { CI_API_V4_URL: gitlab.api, VENDHOST_GITLAB_TOKEN: gitlab.token, CI_JOB_TOKEN: gitlab.jobToken },
    notes: (iid: keyof typeof commits) => discussions.notes(shop, iid)?.map(({ body }) => body),
    statuses: () => known.statuses(shop).map(({ sha, status }) => [sha, status]),
    deployments: () => known.deployments(shop),
  };
}

let first: string;
let second: string;

beforeAll(async () => {
  await host.make();
  // A pipeline starts when it is made, and finds no revision.
  await host.atRest();
  first = await host.push('first');
  second = await host.push('second');
});

test('before anything can be shown or rolled back', async () => {
  expect((await list()).releases).toEqual([expect.objectContaining({ state: 'failed', current: false })]);
  expect((await host.rollBack()).error).toMatchObject({ code: 'ROLLBACK_MISSING' });
});

test('a release is recorded with its push and its job', async () => {
  const { result } = await host.release(first, { job: job(10, 100) });
  expect(await (await stored()).record(result?.executionId ?? '')).toEqual({
    version: 1,
    executionId: result?.executionId,
    revision: first,
    commit: commits[10],
    branch: 'dev',
    author: authors[10],
    message: job(10, 100).CI_COMMIT_MESSAGE,
    mergeRequest: `${project}/-/merge_requests/10`,
    pipelineUrl: `${project}/-/pipelines/10`,
    jobUrl: `${project}/-/jobs/100`,
    user: 'dora',
    image: '',
    startedAt: expect.stringMatching(/^\d{4}-/),
  });
  expect((await host.rollBack()).error).toMatchObject({ code: 'ROLLBACK_MISSING' });
});

test('a rollback returns to the previous release and is recorded; a dry run shows from what to what', async () => {
  const { env, notes, statuses, deployments } = await openGitlab();
  const deploys = { CI_ENVIRONMENT_NAME: 'dev', CI_ENVIRONMENT_ACTION: 'start' };
  const taken = await host.release(second, { job: { ...job(11, 110), ...env, ...deploys } });
  expect([notes(10), notes(11)]).toEqual([[], [expect.stringMatching(/^- \*\*shop in dev\*\* since .*bbbbbbbb/m)]]);
  expect([statuses(), deployments()]).toEqual([[[commits[11], 'success']], []]);
  const before = await host.executions();
  expect((await host.rollBack({ dryRun: true })).code).toBe(2);
  expect(await host.executions()).toEqual(before);
  const operates = { CI_ENVIRONMENT_NAME: 'dev', CI_ENVIRONMENT_ACTION: 'access' };
  const { code, result, progress } = await host.rollBack({}, { ...job(12, 120), ...env, ...operates });
  expect(notes(11)).toEqual([expect.stringMatching(/^- \*\*shop in dev\*\* taken back .*aaaaaaaa/m)]);
  expect(deployments()).toMatchObject([{ sha: commits[10], status: 'success', environment: { name: 'dev' } }]);
  expect([code, result?.status, result?.revisionKey]).toEqual([undefined, 'succeeded', first]);
  expect(progress.slice(0, 2)).toEqual([
    expect.stringMatching(/^from {2}[0-9a-f]{8}, commit bbbbbbbb by Bob: Page 11$/),
    expect.stringMatching(/^to {4}[0-9a-f]{8}, commit aaaaaaaa by Ada: Page 10$/),
  ]);
  const { audit, record } = await stored();
  const executionId = result?.executionId ?? '';
  expect(await record(executionId)).toMatchObject({
    ...{ commit: commits[10], author: authors[10], revision: first, user: 'dora' },
    ...{ pipelineUrl: `${project}/-/pipelines/12`, rollbackOf: taken.result?.executionId },
  });
  expect(audit).toEqual([
    expect.objectContaining({
      action: 'release rollback',
      target: executionId,
      before: expect.stringContaining('commit bbbbbbbb by Bob'),
      after: expect.stringMatching(/^[0-9a-f]{8}, commit aaaaaaaa by Ada/),
      reason: 'wrong prices',
      by: expect.objectContaining({ user: 'dora', job: `${project}/-/jobs/120` }),
    }),
  ]);
});

test('a rerun of the job that rolled back does not roll back one more; another job finds no earlier release', async () => {
  const before = await host.executions();
  const again = await host.rollBack({}, job(12, 121));
  expect([again.code, again.result?.status]).toEqual([undefined, 'unchanged']);
  expect((await host.rollBack({}, job(11, 111))).error).toMatchObject({ code: 'ROLLBACK_MISSING' });
  expect((await host.rollBack({ to: commits[10] })).error).toMatchObject({ code: 'ALREADY_RELEASED' });
  // The pipeline that a person started to roll back has a job `release` as each has.
  const release = await host.release(second, { job: job(12, 122) });
  expect([release.code, release.result]).toMatchObject([undefined, { status: 'unchanged', revisionKey: first }]);
  expect(await host.executions()).toEqual(before);
});

test('a job that was killed before it recorded the release and is rerun does not release again what it rolled back', async () => {
  const before = await host.executions();
  const { bucket } = await readPlatformFacts(aws, 'dev');
  const { releases } = await list();
  const rolledBack = releases.find(({ current }) => current)?.executionId ?? '';
  const Key = keys.releaseRecord('shop', rolledBack);
  await (await aws.s3()).send(new DeleteObjectCommand({ Bucket: bucket, Key }));
  const again = await host.rollBack({}, job(12, 122));
  expect([again.code, again.result?.status]).toEqual([undefined, 'unchanged']);
  expect(await host.executions()).toEqual(before);
  const { record } = await stored();
  expect(await record(rolledBack)).toMatchObject({
    ...{ revision: first, commit: commits[10], rollbackOf: expect.any(String) },
    pipelineUrl: `${project}/-/pipelines/12`,
  });
});

test("a name of no release, of another tenant's, or of one not in the bucket is refused", async () => {
  const code = async (to: string) => (await host.rollBack({ to })).error?.code;
  expect(await code('0123456')).toBe('RELEASE_UNKNOWN');
  expect(await code(first.replace('/shop/', '/mill/'))).toBe('USAGE');
  expect(await code('0'.repeat(64))).toBe('REVISION_MISSING');
  expect((await show('0123456')).error).toMatchObject({ code: 'RELEASE_UNKNOWN' });
});

test('a release is shown by its commit, and the newest without a name', async () => {
  const { releases, more } = await list(2);
  expect(more).toBe(true);
  expect(releases.map(({ state, current }) => [state, current])).toEqual([
    ['succeeded', true],
    ['succeeded', false],
  ]);
  const newest = (await show(undefined)).result;
  expect(newest).toMatchObject({ executionId: releases[0]?.executionId, current: true });
  expect((await show('bbbbbbbb')).result).toMatchObject({
    executionId: releases[1]?.executionId,
    record: { author: authors[11] },
    deployment: { status: 'Succeeded', targets: [{ status: 'Succeeded' }] },
  });
});

test('a release in progress is not rolled back without a target', async () => {
  const { wait, open } = await gate();
  const slow = await host.push('slow', { AfterInstall: [wait] });
  let begun: () => void = () => undefined;
  const isBegun = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const onProgress = (text: string) => text.includes('Source: succeeded') && begun();
  const ended = host.release(slow, { job: job(13, 130), onProgress });
  await isBegun;
  expect((await host.rollBack()).error).toMatchObject({ code: 'RELEASE_UNDERWAY' });
  open();
  expect((await ended).result?.status).toBe('succeeded');
});

test('a beginning that two commits have is refused, and a longer one is taken', async () => {
  expect((await show('bbbbbbb')).error).toMatchObject({
    code: 'NAME_AMBIGUOUS',
    details: [`commit ${commits[13]}`, `commit ${commits[11]}`],
  });
  expect((await show('bbbbbbbb')).result).toMatchObject({ record: { commit: commits[11] } });
});

test("a rerun of an older pipeline's release job is a rollback, even without the report of `package`", async () => {
  const { code, result, progress } = await host.release('', { job: job(11, 112) });
  expect([code, result?.status, result?.revisionKey]).toEqual([undefined, 'succeeded', second]);
  expect(progress[1]).toMatch(/^to {4}[0-9a-f]{8}, commit bbbbbbbb by Bob: Page 11$/);
  const { audit, record } = await stored();
  expect(await record(result?.executionId ?? '')).toMatchObject({
    ...{ revision: second, commit: commits[11], pipelineUrl: `${project}/-/pipelines/11` },
    rollbackOf: expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
  expect(audit).toHaveLength(2);
  const again = await host.release(second, { job: job(11, 113) });
  expect([again.code, again.result?.status]).toEqual([undefined, 'unchanged']);
  // A job that was killed before it wrote the record: rerun after the release, it reports that this was a rollback.
  const { bucket } = await readPlatformFacts(aws, 'dev');
  const executionId = result?.executionId ?? '';
  const written = await record(executionId);
  const Key = keys.releaseRecord('shop', executionId);
  await (await aws.s3()).send(new DeleteObjectCommand({ Bucket: bucket, Key }));
  expect((await host.release(second, { job: job(11, 114) })).result?.status).toBe('unchanged');
  expect(await record(executionId)).toEqual({
    ...written,
    ...{ jobUrl: `${project}/-/jobs/114`, startedAt: expect.any(String) },
  });
});
