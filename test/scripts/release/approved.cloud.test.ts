import { CreateDeploymentCommand, GetDeploymentGroupCommand } from '@aws-sdk/client-codedeploy';
import { PutApprovalResultCommand } from '@aws-sdk/client-codepipeline';
import { DeregisterImageCommand } from '@aws-sdk/client-ec2';
import {
  DeleteBucketPolicyCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { awsError } from '../../../scripts/aws/foreseen-errors.ts';
import { readPlatformFacts } from '../../../scripts/aws/read-facts.ts';
import { openAws } from '../../../scripts/aws/session.ts';
import { exitCodes, type VendhostError } from '../../../scripts/errors.ts';
import type { ChainLink } from '../../../scripts/explain/chain-links.ts';
import { explainName } from '../../../scripts/explain/explain-name.ts';
import { provisionHost } from '../../../scripts/host/provision.ts';
import { runTag } from '../../../scripts/image/bake-run.ts';
import { deployPlatform } from '../../../scripts/platform/deploy/deploy-platform.ts';
import { handOver } from '../../../scripts/promotion/hand-over.ts';
import { readPromoted } from '../../../scripts/promotion/read-promoted.ts';
import { type AnswerOptions, answerApproval, showWaiting } from '../../../scripts/release/approval/answer-approval.ts';
import { openStore } from '../../../scripts/release/history/open-store.ts';
import { readPipeline } from '../../../scripts/release/pipeline.ts';
import { rollBackRelease } from '../../../scripts/release/rollback/roll-back.ts';
import { readActions } from '../../../scripts/release/snapshot.ts';
import { startRelease } from '../../../scripts/release/start.ts';
import { pruneImages } from '../../../scripts/retention/images/prune-images.ts';
import { pruneRevisions } from '../../../scripts/retention/revisions/prune-revisions.ts';
import { pushRevision } from '../../../scripts/revision/push.ts';
import type { HostStatus } from '../../../scripts/status/host/host-status.ts';
import { showHost } from '../../../scripts/status/host/show-host.ts';
import { vendTenant } from '../../../scripts/tenant/vend.ts';
import type { CloudAccount } from '../../builders/account.ts';
import { makeBucket } from '../../builders/bucket.ts';
import { type EnforcingCloud, startEnforcingCloud } from '../../builders/enforcing-cloud.ts';
import { makeImage } from '../../builders/image.ts';
import type { Platform } from '../../builders/platform.ts';
import { type PlatformRepository, platformRepository } from '../../builders/platform-repository.ts';
import { repository } from '../../builders/repository.ts';
import { ageing, ageingLists, type Meddler, refusing, wire } from '../wire.ts';

/** Production as in examples/platform: releases wait for an approval, alarms write a mail, every role has its rights only. */
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });
const account = '100000000581';
const place = { environment: 'production', tenant: 'shop' } as const;
const name = 'vendhost-production-shop';
const commit = 'c0ffee00';
const approvalsProject = 'platform/approvals';
let enforcing: EnforcingCloud;
let files: PlatformRepository;
let person: CloudAccount;
let platform: Platform;

beforeAll(async () => {
  files = await platformRepository(account, { production: account });
  enforcing = await startEnforcingCloud(files.directory);
  await files.certify(enforcing.cloud.endpoint);
  await files.writePlatform(
    { production: { approval: true, nat: 'one', alerts: ['operations@example.com'] } },
    { approvals: { project: approvalsProject, branch: 'main' } },
  );
  await files.writeTenant('shop', { project: 'acme/shop', hosts: { production: ['shop.production.example.com'] } });
  person = enforcing.person(account);
  const options = { directory: files.directory, environment: place.environment, dryRun: false } as const;
  await deployPlatform(person.runtime(), options);
  await vendTenant(person.runtime(), { ...options, tenant: 'shop' });
  const facts = await readPlatformFacts(person.aws, place.environment);
  // It refuses everything that is not TLS, which the local cloud does not speak.
  await (await person.aws.s3()).send(new DeleteBucketPolicyCommand({ Bucket: facts.bucket }));
  platform = { ...person, environment: place.environment, bucket: facts.bucket, facts, listeners: [] };
});
afterAll(async () => {
  await enforcing?.cloud.stop();
});

const vendhostYml = `instances: { min: 1, max: 1 }
database: { name: stock }
health_check: { path: /index.html, grace_seconds: 0 }
`;
const software = {
  'vendhost.yml': vendhostYml,
  'software/index.html': 'open\n',
  'software/appspec.yml': `version: 0.0
os: linux
files: [{ source: index.html, destination: /opt/shop }]
hooks:
  ApplicationStart: [{ location: start.sh, timeout: 30 }]
`,
  'software/start.sh': `#!/bin/bash
start-stop-daemon --start --background --make-pidfile --pidfile /run/shop.pid --oknodo --exec /usr/bin/python3 -- \\
  -m http.server 8080 --bind "$(hostname -i)" --directory /opt/shop
`,
};

/** A job of the tenant on the branch of production, and of the project that approves. */
async function job(user = 'ada', variables: Readonly<Record<string, string>> = {}) {
  const role = `arn:aws:iam::${account}:role/${name}-deploy`;
  const own = { AWS_REGION: 'eu-west-1', VENDHOST_ROLE_ARN: role, GITLAB_USER_LOGIN: user, CI_COMMIT_SHA: commit };
  return await enforcing.job({ projectPath: 'acme/shop', ref: 'master', userLogin: user }, { ...own, ...variables });
}

async function approver(
  user: string,
  subject: { projectPath?: string; ref?: string; jobId?: string } = {},
  own: Readonly<Record<string, string>> = {},
) {
  const where = { projectPath: approvalsProject, ref: 'main', userLogin: user, jobId: '77', ...subject };
  // Anyone who starts a pipeline may set any variable in it: only the token's claims count.
  const variables = { GITLAB_USER_LOGIN: 'somebody', CI_SERVER_URL: 'https://gitlab.example.test' };
  return await enforcing.job(where, { AWS_REGION: 'eu-west-1', VENDHOST_ACCOUNT: account, ...variables, ...own });
}

async function answer(runtime: Awaited<ReturnType<typeof job>>, options: Partial<AnswerOptions> = {}) {
  const all = {
    ...place,
    verb: 'approve',
    execution: undefined,
    revision: undefined,
    reason: 'tested',
    dryRun: false,
  } as const;
  const failed = await answerApproval(runtime, { ...all, ...options }).catch((error: unknown) => error);
  return awsError(failed, {}) ?? (failed as VendhostError | number | undefined);
}

async function release(user = 'ada') {
  const runtime = await job(user);
  const code = await startRelease(runtime, { ...place, revision, dryRun: false });
  return { code, result: JSON.parse(runtime.printed()), progress: runtime.progress() };
}

let revision: string;
let execution: string;

test('a release waits for its approval without a running job', async () => {
  const image = await makeImage(platform, place.tenant, { agent: true });
  const directory = await repository(software);
  await provisionHost(await job(), { ...place, directory, image, dryRun: false });
  const pushed = await job();
  await pushRevision(pushed, { ...place, directory, dryRun: false });
  ({ revisionKey: revision } = JSON.parse(pushed.printed()));
  const { code, result, progress } = await release();
  expect([code, result]).toEqual([
    exitCodes.waiting,
    expect.objectContaining({ status: 'waiting', revisionKey: revision, deploymentId: '' }),
  ]);
  expect(progress.at(-1)).toBe('Approval: waiting for approval');
  execution = result.executionId;
});

test('a repeat before the answer finds the same execution', async () => {
  const { code, result, progress } = await release();
  expect([code, result.executionId]).toEqual([exitCodes.waiting, execution]);
  expect(progress[0]).toBe(`following the execution ${execution} of ${name}`);
});

test("an approver sees what waits, with the tenant's own data apart from AWS's", async () => {
  const runtime = await approver('grace');
  await showWaiting(runtime, place);
  expect(JSON.parse(runtime.printed())).toEqual({
    ...{ executionId: execution, revisionKey: revision, version: expect.any(String), status: 'waiting' },
    ...{ runs: '', behind: '' },
    said: expect.objectContaining({ user: 'ada', commit }),
  });
});

test.each([
  { who: "the tenant's job with its own role", runtime: () => job(), code: 'ACCESS_DENIED' },
  {
    who: "the tenant's job that asks for the approver's",
    runtime: () => job('ada', { VENDHOST_ROLE_ARN: '', VENDHOST_ACCOUNT: account }),
    code: 'ROLE_REFUSED',
  },
  {
    who: 'a job of another branch of the approvals project',
    runtime: () => approver('grace', { ref: 'feature' }),
    code: 'ROLE_REFUSED',
  },
  { who: 'who started it', runtime: () => approver('ada'), code: 'OWN_RELEASE' },
])('$who does not approve', async ({ runtime, code }) => {
  expect(await answer(await runtime())).toMatchObject({ code });
  expect((await release()).code).toBe(exitCodes.waiting);
});

test('a release other than the one shown is not approved', async () => {
  const before = { execution: 'e0000000-0000-4000-8000-000000000000', revision: `software/shop/${'0'.repeat(64)}.zip` };
  expect(await answer(await approver('grace'), { execution: before.execution })).toMatchObject({
    code: 'APPROVAL_STALE',
    message: `${name} has no execution ${before.execution}: ${execution} waits now`,
  });
  expect(await answer(await approver('grace'), { execution, revision: before.revision })).toMatchObject({
    code: 'APPROVAL_STALE',
    message: `the execution ${execution} is for ${revision}, not for ${before.revision}: ${execution} waits now`,
  });
  // A job without the report of the job before: what waits now may be something else.
  for (const empty of [{ execution: '' }, { execution, revision: '' }]) {
    expect(await answer(await approver('grace'), empty)).toMatchObject({ code: 'APPROVAL_STALE' });
  }
  expect(await answer(await approver('grace'), { reason: ' ' })).toMatchObject({ code: 'USAGE' });
  expect(await answer(await approver('grace'), { dryRun: true })).toBe(exitCodes.differs);
  expect((await release()).code).toBe(exitCodes.waiting);
});

test('a job of the approvals project approves exactly that, is recorded, and the retried job follows the release', async () => {
  // A job that comes to its end after the answer, and before the record.
  const cut = await wire(enforcing.cloud.endpoint, refusing(/^PUT .*audit/, 'AccessDenied'));
  const killed = await approver('grace', {}, { AWS_ENDPOINT_URL: cut });
  expect(await answer(killed, { execution, revision })).toMatchObject({ code: 'ACCESS_DENIED' });
  expect(await answer(await approver('linus'), { execution, revision })).toMatchObject({ code: 'APPROVAL_STALE' });
  // The same again, twice: it is recorded, and once.
  const again = await approver('grace', { jobId: '78' });
  expect(await answer(again, { execution, revision })).toBeUndefined();
  expect(JSON.parse(again.printed())).toMatchObject({ executionId: execution, status: 'approved' });
  const third = await approver('grace', { jobId: '79' });
  expect(await answer(third, { execution, revision })).toBeUndefined();
  expect(third.progress().at(-1)).toMatch(/; it has its record$/);
  // The deployment may be over by now: then there is nothing left to follow.
  const { code, result } = await release();
  expect([code, result]).toEqual([
    undefined,
    expect.objectContaining({
      executionId: execution,
      revisionKey: revision,
      status: expect.stringMatching(/^(succeeded|unchanged)$/),
    }),
  ]);
  const jobUrl = (id: string) => `https://gitlab.example.test/${approvalsProject}/-/jobs/${id}`;
  const summary = `Approved by grace, ${jobUrl('77')}: tested`;
  const actions = await readActions(person.aws, await readPipeline(person.aws, name), execution);
  expect(actions.find(({ category }) => category === 'Approval')?.summary).toBe(summary);
  const s3 = await person.aws.s3();
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: platform.bucket, Prefix: 'audit/shop/' }));
  const records = await Promise.all(
    Contents.map(async ({ Key }) => {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: platform.bucket, Key }));
      return JSON.parse((await Body?.transformToString()) ?? '');
    }),
  );
  expect(records).toEqual([
    expect.objectContaining({
      ...{ action: 'release approve', target: `${execution} ${revision}`, reason: 'tested' },
      ...{ before: 'waiting for approval', after: `approved, and recorded later: ${summary}` },
      by: expect.objectContaining({ user: 'grace', job: jobUrl('78'), project: approvalsProject, ref: 'main' }),
    }),
  ]);
});

test('what was approved cannot be answered again', async () => {
  expect(await answer(await approver('grace'))).toMatchObject({
    code: 'NOTHING_WAITS',
    message: `no release of ${name} waits for an approval`,
  });
  expect(await answer(await approver('grace'), { execution, verb: 'reject' })).toMatchObject({
    code: 'APPROVAL_STALE',
    message: `the execution ${execution} does not wait for an approval, it is succeeded: no release waits now`,
  });
  const token = crypto.randomUUID();
  const where = { pipelineName: name, stageName: 'Approval', actionName: 'Approve', token };
  const again = new PutApprovalResultCommand({ ...where, result: { status: 'Approved', summary: 'fine' } });
  await expect((await person.aws.codePipeline()).send(again)).rejects.toMatchObject({
    name: 'ApprovalAlreadyCompletedException',
  });
});

test('the read-only role shows the whole host', async () => {
  const access = `eu-west-1 arn:aws:iam::${account}:role/${name}-plan`;
  const subject = { projectPath: 'acme/shop', ref: 'feature' };
  const looking = await enforcing.job(subject, { VENDHOST_PLAN_ACCESS_SHOP_PRODUCTION: access });
  const code = await showHost(looking, place);
  const status = JSON.parse(looking.printed()) as HostStatus;
  // The image of this test was made of no base image.
  expect({ code, needs: status.needs.map(({ id }) => id) }).toEqual({ code: 2, needs: ['shop/base-unknown'] });
  expect(Object.entries(status).filter(([, part]) => Object.hasOwn(Object(part), 'unknown'))).toEqual([]);
  const { running, instances, database } = status;
  expect(instances).toMatchObject({ value: [{ state: 'InService', target: 'healthy', isCurrentImage: true }] });
  const revision = 'value' in instances ? instances.value[0]?.revision : undefined;
  expect(revision).toMatch(/^[0-9a-f]{64}$/);
  expect(running).toMatchObject({ value: { state: 'succeeded', revision } });
  expect(database).toMatchObject({ value: { class: 'db.t3.micro', status: 'available', standby: true, pending: [] } });
});

test('the read-only role explains a host, its instance and image, and a commit', async () => {
  const access = `eu-west-1 arn:aws:iam::${account}:role/${name}-plan`;
  const subject = { projectPath: 'acme/shop', ref: 'feature' };
  const explain = async (asked: string) => {
    const looking = await enforcing.job(subject, { VENDHOST_PLAN_ACCESS_SHOP_PRODUCTION: access });
    await explainName(looking, { name: asked, ...place });
    return (JSON.parse(looking.printed()) as { chain: ChainLink[] }).chain;
  };
  const valueIn = (chain: ChainLink[], link: string) => chain.find((each) => each.name === link)?.value ?? '';
  const ofHost = await explain('shop.production.example.com');
  // GitLab's message of this test's commit is empty.
  expect(ofHost.filter(({ unknown }) => unknown !== undefined).map((each) => each.name)).toEqual(['merge request']);
  expect(valueIn(ofHost, 'revision')).toBe(revision);
  const [instance = ''] = valueIn(ofHost, 'instance').split(',');
  const [image = ''] = valueIn(ofHost, 'image').split(',');
  for (const asked of [instance, image, commit, execution]) {
    const chain = await explain(asked);
    expect([asked, valueIn(chain, 'release'), valueIn(chain, 'image')]).toEqual([
      asked,
      `execution ${execution}`,
      valueIn(ofHost, 'image'),
    ]);
    expect(valueIn(chain, 'approval')).toMatch(/: Approved by grace/);
  }
});

test('the read-only role reads a revision for a copy with another role', async () => {
  const access = { AWS_REGION: 'eu-west-1', VENDHOST_ROLE_ARN: `arn:aws:iam::${account}:role/${name}-plan` };
  const aws = openAws(await enforcing.job({ projectPath: 'acme/shop', ref: 'staging' }, access));
  const { store } = await openStore(aws, place);
  const { signal } = person.runtime();
  const promoted = await readPromoted(aws, store, { place, expected: execution }, signal);
  expect(promoted).toMatchObject({ revision, from: { environment: 'production', executionId: execution } });
  const elsewhere = { aws: person.aws, bucket: 'elsewhere-100000000581' };
  await makeBucket(await person.aws.s3(), elsewhere.bucket);
  expect(await handOver({ aws, bucket: store.bucket }, elsewhere, promoted, signal)).toBeGreaterThan(0);
  expect(await handOver({ aws, bucket: store.bucket }, elsewhere, promoted, signal)).toBe(0);
});

test('the role that releases cannot deploy without the pipeline, so not without the approval', async () => {
  const group = { applicationName: name, deploymentGroupName: name };
  const { deploymentGroupInfo } = await (await person.aws.codeDeploy()).send(new GetDeploymentGroupCommand(group));
  const command = new CreateDeploymentCommand({ ...group, revision: deploymentGroupInfo?.targetRevision });
  const refused = await (await openAws(await job()).codeDeploy()).send(command).catch((error: unknown) => error);
  expect(awsError(refused, {})).toMatchObject({
    code: 'ACCESS_DENIED',
    message: expect.stringContaining('may not codedeploy:CreateDeployment'),
  });
});

test("the role of jobs takes a release back and prunes what is the tenant's, with its rights only, and nothing of others", async () => {
  const directory = await repository({ ...software, 'software/index.html': 'two\n' });
  const pushed = await job();
  await pushRevision(pushed, { ...place, directory, dryRun: false });
  const first = revision;
  ({ revisionKey: revision } = JSON.parse(pushed.printed()));
  const { result } = await release();
  const second = { execution: result.executionId, revision };
  expect(await answer(await approver('grace'), second)).toBeUndefined();
  expect((await release()).code).toBeUndefined();
  const back = await job();
  const rollback = { ...place, to: undefined, reason: 'wrong', keepImage: true, directory, dryRun: false };
  expect(await rollBackRelease(back, rollback)).toBe(exitCodes.waiting);
  const taken = JSON.parse(back.printed());
  expect(taken).toMatchObject({ status: 'waiting', revisionKey: first });
  const third = { execution: taken.executionId, revision: first };
  expect(await answer(await approver('grace'), { ...third, verb: 'reject', reason: 'not now' })).toBeUndefined();
  expect(await answer(await approver('grace'), third)).toMatchObject({ code: 'APPROVAL_STALE' });

  // Everything was made 25 hours ago.
  const [day, cloud] = [25 * 60, enforcing.cloud.endpoint];
  const images: string[] = [];
  for (const run of ['0000000a', '0000000b', '0000000c']) {
    images.push(await makeImage(platform, place.tenant, { tags: { [runTag]: run } }));
  }
  const rules = { ...place, keep: 1, olderThanDays: 0, dryRun: false };
  const later = async (meddle: Meddler) => await job('ada', { AWS_ENDPOINT_URL: await wire(cloud, meddle) });
  const ofImages = await later(ageing(day));
  const details = (error: VendhostError) => error.details;
  expect(await pruneImages(ofImages, rules).catch(details)).toBeUndefined();
  // Of those of one moment either may be the newest, which is kept.
  const removedOf = (runtime: { printed(): string }, all: readonly string[]) => {
    const lines = JSON.parse(runtime.printed()).removed as string[];
    return all.filter((each) => lines.some((line) => line.includes(each)));
  };
  expect(removedOf(ofImages, images)).toHaveLength(2);
  const three = await repository({ ...software, 'software/index.html': 'three\n' });
  const four = await repository({ ...software, 'software/index.html': 'four\n' });
  const keys: string[] = [];
  for (const each of [three, four]) {
    const runtime = await job();
    await pushRevision(runtime, { ...place, directory: each, dryRun: false });
    keys.push(JSON.parse(runtime.printed()).revisionKey);
  }
  const ofRevisions = await later(ageingLists(day));
  expect(await pruneRevisions(ofRevisions, rules).catch(details)).toBeUndefined();
  expect(removedOf(ofRevisions, keys)).toHaveLength(1);

  const own = openAws(await job());
  const code = async (work: Promise<unknown>) => {
    const error = await work.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    return awsError(error, {})?.code;
  };
  const [s3, ec2] = [await own.s3(), await own.ec2()];
  const foreign = await makeImage(platform, 'blog');
  const gone = [
    ec2.send(new DeregisterImageCommand({ ImageId: foreign })),
    ...[revision.replace('/shop/', '/blog/'), revision.replace(/zip$/, 'json'), 'claims/hosts/x.json'].map((Key) =>
      s3.send(new DeleteObjectCommand({ Bucket: platform.bucket, Key })),
    ),
    s3.send(new DeleteObjectCommand({ Bucket: platform.bucket, Key: revision, VersionId: 'null' })),
  ];
  expect(await Promise.all(gone.map(code))).toEqual(gone.map(() => 'ACCESS_DENIED'));
});
