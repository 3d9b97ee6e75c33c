import { PutObjectCommand } from '@aws-sdk/client-s3';
import { beforeAll, expect, test, vi } from 'vitest';
import { ConditionalObjects } from '../../../scripts/aws/objects.ts';
import { readPlatformFacts, readTenantRecord } from '../../../scripts/aws/read-facts.ts';
import { openAws } from '../../../scripts/aws/session.ts';
import { keys, names } from '../../../scripts/config/names.ts';
import {
  auditRecordSchema,
  hostClaimSchema,
  releaseRecordSchema,
  revisionPushSchema,
} from '../../../scripts/config/stored.ts';
import { exitCodes } from '../../../scripts/errors.ts';
import { type ExplainNameOptions, explainName } from '../../../scripts/explain/explain-name.ts';
import { type PromoteOptions, promoteRelease } from '../../../scripts/promotion/promote-release.ts';
import { putParameter } from '../../builders/platform.ts';
import { recorder } from '../../builders/recorder.ts';
import { VirtualHost } from '../release/virtual-host.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });
const staging = new VirtualHost('650000000071', 'shop', 'staging');
const production = new VirtualHost('650000000071', 'shop', 'production');
const aws = openAws(recorder(production.env));
const gitlab = 'https://gitlab.example.test/acme/shop';

/** Variables of a job on a branch, in the pipeline with this number. */
function job(pipeline: number, branch: string, commit: string) {
  return {
    CI_PROJECT_URL: gitlab,
    CI_PROJECT_PATH: 'acme/shop',
    CI_PIPELINE_URL: `${gitlab}/-/pipelines/${pipeline}`,
    CI_JOB_URL: `${gitlab}/-/jobs/${pipeline}0`,
    CI_COMMIT_SHA: commit.repeat(40),
    CI_COMMIT_REF_NAME: branch,
    CI_COMMIT_AUTHOR: 'Ada <ada@example.com>',
    CI_COMMIT_MESSAGE: `Page ${commit}\n\nSee merge request acme/shop!${pipeline}`,
    GITLAB_USER_LOGIN: 'dora',
  };
}

/** Runs `release promote` from staging to production within this process. */
async function promote(options: Partial<PromoteOptions> = {}, variables: Readonly<Record<string, string>> = {}) {
  const runtime = recorder({ ...production.env, ...variables });
  const all = {
    ...production.place,
    from: undefined,
    revision: undefined,
    reason: 'tested',
    withImage: false,
    directory: '/nowhere',
    dryRun: false,
  };
  return await production.ended(runtime, promoteRelease(runtime, { ...all, ...options }));
}

async function explain(name: string, options: Partial<ExplainNameOptions> = {}) {
  const runtime = recorder(production.env);
  const all = { name, tenant: undefined, environment: undefined };
  const ended = await production.ended(runtime, explainName(runtime, { ...all, ...options }));
  const { chain = [], ...rest } = (ended.result ?? {}) as unknown as {
    chain?: { name: string; value: string; unknown?: string }[];
    environment?: string;
  };
  return { error: ended.error, ...rest, links: Object.fromEntries(chain.map((link) => [link.name, link])) };
}

async function stored() {
  const { bucket } = await readPlatformFacts(aws, 'production');
  const audit = new ConditionalObjects(aws, bucket, auditRecordSchema);
  const names = (await audit.list(keys.auditRecords('shop'))).sort();
  return {
    bucket,
    audit: await Promise.all(names.map(async (id) => (await audit.read(`audit/shop/${id}`))?.value)),
    push: async (revision: string) =>
      (await new ConditionalObjects(aws, bucket, revisionPushSchema).read(keys.pushOf(revision)))?.value,
    record: async (id: string) =>
      (await new ConditionalObjects(aws, bucket, releaseRecordSchema).read(keys.releaseRecord('shop', id)))?.value,
  };
}

let revision: string;
let tested: string;
let promoted: string;

beforeAll(async () => {
  await Promise.all([staging.make(), production.make({ approval: true })]);
  await Promise.all([staging.atRest(), production.atRest()]);
  revision = await staging.push('tested', {}, job(10, 'staging', 'a'));
});

test('what never ran in staging is not promoted', async () => {
  expect((await promote()).error).toMatchObject({ code: 'PROMOTION_MISSING' });
  expect((await promote({ from: 'production' })).error).toMatchObject({ code: 'USAGE' });
  expect((await promote({ environment: 'dev' })).error).toMatchObject({ code: 'USAGE' });
  const ofProduction = { VENDHOST_ID_TOKEN: 'token', VENDHOST_PLAN_ROLE_ARN: 'arn:aws:iam::650000000071:role/plan' };
  expect((await promote({}, ofProduction)).error).toMatchObject({
    code: 'PLAN_ROLE_MISSING',
    message: expect.stringContaining('VENDHOST_PLAN_ACCESS_SHOP_STAGING'),
  });
  expect(await explain(revision, { environment: 'staging' })).toMatchObject({
    environment: 'staging',
    links: { commit: { value: expect.stringContaining('aaaaaaaa') }, release: { value: 'none' } },
  });
});

test('a dry run says what it would do', async () => {
  const { result } = await staging.release(revision, { job: job(10, 'staging', 'a') });
  tested = result?.executionId ?? '';
  const before = await production.executions();
  const dry = await promote({ dryRun: true, revision: 'aaaaaaaa' });
  expect(dry).toMatchObject({ code: exitCodes.differs, result: { revisionKey: revision, status: 'start' } });
  expect([await production.executions(), (await stored()).audit]).toEqual([before, []]);
});

test('the image stays where the platform does not promote images, and where nobody knows it', async () => {
  expect((await promote({ withImage: true })).error).toMatchObject({ code: 'IMAGE_PROMOTION_OFF' });
  const record = await readTenantRecord(aws, production.place);
  const write = (value: object) => putParameter(aws, names.tenantRecord(production.place), JSON.stringify(value));
  await write({ ...record, imagesFrom: 'staging' });
  expect((await promote({ withImage: true })).error).toMatchObject({ code: 'IMAGE_NOT_PROMOTABLE' });
  await write(record);
});

test('what staging runs is copied and waits for the approval as any release, recorded with where it comes from', async () => {
  const { code, result } = await promote({}, job(12, 'master', 'c'));
  expect([code, result?.status, result?.revisionKey]).toEqual([exitCodes.waiting, 'waiting', revision]);
  promoted = result?.executionId ?? '';
  const { audit, push, record } = await stored();
  expect(await push(revision)).toMatchObject({ commit: 'a'.repeat(40), branch: 'staging' });
  expect(await record(promoted)).toMatchObject({
    ...{ revision, commit: 'a'.repeat(40), branch: 'staging', mergeRequest: `${gitlab}/-/merge_requests/10` },
    ...{ pipelineUrl: `${gitlab}/-/pipelines/12`, user: 'dora' },
    promotedFrom: { environment: 'staging', executionId: tested, commit: 'a'.repeat(40) },
  });
  expect(audit).toEqual([
    expect.objectContaining({
      ...{ action: 'release promote', target: revision, reason: 'tested' },
      after: expect.stringMatching(/^waiting: [0-9a-f]{8} of staging, execution /),
      by: expect.objectContaining({ user: 'dora', job: `${gitlab}/-/jobs/120` }),
    }),
  ]);
});

test('the job, run again after the approval, follows that release; then there is nothing to promote', async () => {
  await production.answer(promoted, 'Approved', 'fine');
  const again = await promote({}, job(12, 'master', 'c'));
  // The deployment may be over by now: then there is nothing left to follow.
  expect([again.code, again.error]).toEqual([undefined, undefined]);
  await production.atRest();
  const { code, result } = await promote({ dryRun: true });
  expect([code, result?.status]).toEqual([undefined, 'unchanged']);
  // And so says the job, run once more.
  expect((await promote({}, job(12, 'master', 'c'))).result).toMatchObject({ status: 'unchanged' });
});

test("the pipeline's own job `release` leaves what was promoted; that of the next pipeline does not", async () => {
  const own = await production.push('of master', {}, job(12, 'master', 'c'));
  const left = await production.release(own, { job: job(12, 'master', 'c') });
  expect([left.code, left.result]).toEqual([
    undefined,
    expect.objectContaining({ status: 'unchanged', executionId: promoted, revisionKey: revision }),
  ]);
  expect((await production.release(own, { job: job(13, 'master', 'c'), dryRun: true })).result?.status).toBe('start');
});

test('a host, a commit and an execution are explained from the commit to the approval', async () => {
  const { bucket } = await stored();
  const host = '*.production.example.com';
  await new ConditionalObjects(aws, bucket, hostClaimSchema).create(keys.hostClaim(host), { host, tenant: 'shop' });
  const expected = {
    commit: { value: expect.stringContaining('a'.repeat(40)) },
    author: { value: 'Ada <ada@example.com>' },
    'merge request': { value: `${gitlab}/-/merge_requests/10` },
    revision: { value: revision },
    release: { value: `execution ${promoted}` },
    'promoted from': { value: `staging, execution ${tested}` },
    approval: { value: expect.stringMatching(/^approved by .*: fine$/) },
    outcome: { value: 'succeeded, the instances have it' },
  };
  const asked = [explain('cart.production.example.com'), explain('aaaaaaaa', { tenant: 'shop' }), explain(revision)];
  for (const answer of await Promise.all([...asked, explain(promoted, { tenant: 'shop' })])) {
    expect(answer).toMatchObject({ environment: 'production', links: expected });
  }
  expect(await explain(tested, { tenant: 'shop' })).toMatchObject({ environment: 'staging' });
});

test.each(['cart.example.org', 'i-00000000', 'ami-00000000', `software/shop/${'0'.repeat(64)}.zip`])(
  'nobody has %s',
  async (name) => {
    expect((await explain(name)).error).toMatchObject({ code: 'NAME_UNKNOWN' });
  },
);

test('what is no name, and a hash without its tenant', async () => {
  expect((await explain('no name')).error).toMatchObject({ code: 'USAGE' });
  expect((await explain('aaaaaaaa')).error).toMatchObject({ code: 'USAGE' });
});

test('what staging does not run is refused, and so is what was written again since', async () => {
  expect((await promote({ revision: 'bbbbbbbb' })).error).toMatchObject({ code: 'PROMOTION_OUTDATED' });
  const { bucket } = await readPlatformFacts(aws, 'staging');
  await (await aws.s3()).send(new PutObjectCommand({ Bucket: bucket, Key: revision, Body: 'something else' }));
  expect((await promote()).error).toMatchObject({ code: 'PROMOTION_OUTDATED' });
});
