import { DescribeStackDriftDetectionStatusCommand, DetectStackDriftCommand } from '@aws-sdk/client-cloudformation';
import { ListPipelineExecutionsCommand } from '@aws-sdk/client-codepipeline';
import { DeleteRolePolicyCommand, ListRolePoliciesCommand } from '@aws-sdk/client-iam';
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteBucketPolicyCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { awsError } from '../../../../scripts/aws/foreseen-errors.ts';
import { readPlatformFacts } from '../../../../scripts/aws/read-facts.ts';
import { openAws } from '../../../../scripts/aws/session.ts';
import { keys } from '../../../../scripts/config/names.ts';
import { provisionHost } from '../../../../scripts/host/provision.ts';
import { deployPlatform } from '../../../../scripts/platform/deploy/deploy-platform.ts';
import { listReleases } from '../../../../scripts/release/history/list-releases.ts';
import { showRelease } from '../../../../scripts/release/history/show-release.ts';
import { startRelease } from '../../../../scripts/release/start.ts';
import { pushRevision } from '../../../../scripts/revision/push.ts';
import { vendTenant } from '../../../../scripts/tenant/vend.ts';
import type { CloudAccount } from '../../../builders/account.ts';
import { type EnforcingCloud, startEnforcingCloud } from '../../../builders/enforcing-cloud.ts';
import { makeImage } from '../../../builders/image.ts';
import { type PlatformRepository, platformRepository } from '../../../builders/platform-repository.ts';
import { repository } from '../../../builders/repository.ts';
import { script, zipped } from '../../../builders/revision.ts';
import { callJson } from '../../../local-cloud/clients.ts';

/** With IAM enforced: software written to a tenant's intake is released through CloudTrail, EventBridge and the tenant's pipeline. */
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });
const account = '100000000591';
const place = { environment: 'dev', tenant: 'shop' } as const;
const name = 'vendhost-dev-shop';
let enforcing: EnforcingCloud;
let files: PlatformRepository;
let person: CloudAccount;
let bucket: string;
/** A checkout of the tenant's project. */
let directory: string;

const page = (text: string) => ({
  'index.html': `${text}\n`,
  'appspec.yml': `version: 0.0
os: linux
files: [{ source: index.html, destination: /opt/shop }]
file_exists_behavior: OVERWRITE
hooks:
  ApplicationStart: [{ location: start.sh, timeout: 30 }]
`,
  'start.sh': script(
    'start-stop-daemon --start --background --make-pidfile --pidfile /run/shop.pid --oknodo --exec /usr/bin/python3 -- \\',
    '  -m http.server 8080 --bind "$(hostname -i)" --directory /opt/shop',
  ),
});

beforeAll(async () => {
  files = await platformRepository(account);
  enforcing = await startEnforcingCloud(files.directory);
  await files.certify(enforcing.cloud.endpoint);
  const hosts = (tenant: string) => ({ project: `acme/${tenant}`, hosts: { dev: [`${tenant}.dev.example.com`] } });
  await files.writeTenant('shop', { ...hosts('shop'), intake: 's3' });
  await files.writeTenant('blog', hosts('blog'));
  person = enforcing.person(account);
  const options = { directory: files.directory, environment: 'dev', dryRun: false } as const;
  await deployPlatform(person.runtime(), options);
  for (const tenant of ['shop', 'blog']) await vendTenant(person.runtime(), { ...options, tenant });
  const facts = await readPlatformFacts(person.aws, 'dev');
  ({ bucket } = facts);
  // It refuses everything that is not TLS, which the local cloud does not speak.
  await (await person.aws.s3()).send(new DeleteBucketPolicyCommand({ Bucket: bucket }));
  const platform = { ...person, environment: place.environment, bucket, facts, listeners: [] };
  const image = await makeImage(platform, place.tenant, { agent: true });
  const software = Object.entries(page('by a job')).map(([file, text]) => [`software/${file}`, text]);
  const health = 'health_check: { path: /index.html, grace_seconds: 0 }\n';
  const vendhostYml = `instances: { min: 1, max: 1 }\ndatabase: none\n${health}`;
  directory = await repository({ ...Object.fromEntries(software), 'vendhost.yml': vendhostYml });
  await provisionHost(await job(), { ...place, directory, image, dryRun: false });
});
afterAll(async () => {
  await enforcing?.cloud.stop();
});

/** A job of a tenant on the branch of the environment. */
async function job(tenant = 'shop', as: 'deploy' | 'plan' = 'deploy') {
  const role = `arn:aws:iam::${account}:role/vendhost-dev-${tenant}-${as}`;
  return await enforcing.job(
    { projectPath: `acme/${tenant}`, ref: 'dev' },
    { AWS_REGION: 'eu-west-1', VENDHOST_ROLE_ARN: role },
  );
}

async function executions(pipelineName = name) {
  const command = new ListPipelineExecutionsCommand({ pipelineName });
  return (await (await person.aws.codePipeline()).send(command)).pipelineExecutionSummaries ?? [];
}

/** Waits until the pipeline has had so many executions, and none is under way; newest first. */
async function ended(count: number) {
  await expect
    .poll(async () => (await executions()).filter(({ status }) => status !== 'InProgress').length, { timeout: 120_000 })
    .toBe(count);
  return await executions();
}

async function write(aws: CloudAccount['aws'], key: string, text = 'by hand') {
  const put = new PutObjectCommand({ Bucket: bucket, Key: key, Body: zipped(page(text)), IfNoneMatch: '*' });
  return await (await aws.s3()).send(put);
}

/** The newest releases, as the command shows them. */
async function releases() {
  const runtime = await job();
  await listReleases(runtime, { ...place, limit: 10 });
  return JSON.parse(runtime.printed()).releases;
}

/** The revision that the job pushed. */
let revision: string;

async function release() {
  const runtime = await job();
  await startRelease(runtime, { ...place, revision, dryRun: false });
}

test('a job releases as before, and its push starts nothing by itself', async () => {
  // CodePipeline starts one when it makes the pipeline.
  await ended(1);
  const pushed = await job();
  await pushRevision(pushed, { ...place, directory, dryRun: false });
  ({ revisionKey: revision } = JSON.parse(pushed.printed()));
  expect(await executions()).toHaveLength(1);
  await release();
  expect((await ended(2))[0]).toMatchObject({
    status: 'Succeeded',
    trigger: { triggerType: 'StartPipelineExecution' },
  });
});

test('a write to the intake starts one execution, which deploys that object', async () => {
  const key = `${keys.intake('shop')}c0ffee.zip`;
  const { VersionId } = await write(person.aws, key);
  const [newest] = await ended(3);
  expect(newest).toMatchObject({
    status: 'Succeeded',
    trigger: {
      triggerType: 'CloudWatchEvent',
      triggerDetail: `arn:aws:events:eu-west-1:${account}:rule/${name}-intake`,
    },
    sourceRevisions: [{ actionName: 'Revision', revisionId: VersionId }],
  });
  expect((await releases())[0]).toMatchObject({ state: 'succeeded', current: true, intake: true, revision: key });
  const shown = await job();
  await showRelease(shown, { ...place, name: newest?.pipelineExecutionId });
  expect(JSON.parse(shown.printed())).toMatchObject({ intake: true, revision: key });
});

test.each([
  { what: 'beside the intake', key: 'software/shop/by-hand.zip' },
  { what: 'of another kind', key: `${keys.intake('shop')}notes.txt` },
  { what: "of another tenant's, who has none", key: `${keys.intake('blog')}c0ffee.zip` },
  { what: 'that is there already', key: `${keys.intake('shop')}c0ffee.zip` },
])('a write $what starts nothing', async ({ key }) => {
  await write(person.aws, key).catch((error: Error) => expect(error.name).toBe('PreconditionFailed'));
  expect(await executions()).toHaveLength(3);
  expect(await executions('vendhost-dev-blog')).toHaveLength(1);
});

test.each(['shop', 'blog'])('a job of %s cannot write there, and that it tried starts nothing', async (tenant) => {
  const aws = openAws(await job(tenant));
  const failed = await write(aws, `${keys.intake('shop')}again.zip`).catch((error: unknown) => error);
  expect(awsError(failed, {})?.code).toBe('ACCESS_DENIED');
  const again = await write(aws, `${keys.intake('shop')}c0ffee.zip`).catch((error: unknown) => error);
  expect(awsError(again, {})?.code).toBe('ACCESS_DENIED');
  expect(await executions()).toHaveLength(3);
});

test('undeployable software fails, and is in the history like any release', async () => {
  const put = { Bucket: bucket, Key: `${keys.intake('shop')}broken.zip`, Body: 'no archive' };
  await (await person.aws.s3()).send(new PutObjectCommand(put));
  expect((await ended(4))[0]).toMatchObject({ status: 'Failed', trigger: { triggerType: 'CloudWatchEvent' } });
  expect(
    (await releases()).map(({ state, intake = false }: { state: string; intake?: boolean }) => [state, intake]),
  ).toEqual([
    ['failed', true],
    ['succeeded', true],
    ['succeeded', false],
    ['failed', false],
  ]);
});

test("the tenant's own check finds the rule as in its stack, and reports a change", async () => {
  const client = await openAws(await job('shop', 'plan')).cloudFormation();
  const status = async () => {
    const { StackDriftDetectionId } = await client.send(new DetectStackDriftCommand({ StackName: `${name}-entry` }));
    const look = new DescribeStackDriftDetectionStatusCommand({ StackDriftDetectionId });
    await expect.poll(async () => (await client.send(look)).DetectionStatus).not.toBe('DETECTION_IN_PROGRESS');
    const { DetectionStatus, StackDriftStatus } = await client.send(look);
    return [DetectionStatus, StackDriftStatus];
  };
  expect(await status()).toEqual(['DETECTION_COMPLETE', 'IN_SYNC']);
  await callJson(enforcing.cloud.endpoint, account, 'AWSEvents.DisableRule', { Name: `${name}-intake` });
  expect(await status()).toEqual(['DETECTION_COMPLETE', 'DRIFTED']);
  await write(person.aws, `${keys.intake('shop')}later.zip`);
  expect(await executions()).toHaveLength(4);
});

test('an object uploaded in parts or copied is released as well, whatever its name', async () => {
  await callJson(enforcing.cloud.endpoint, account, 'AWSEvents.EnableRule', { Name: `${name}-intake` });
  const s3 = await person.aws.s3();
  const big = { Bucket: bucket, Key: `${keys.intake('shop')}Laden für +1 %41 (neu).zip` };
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand(big));
  const part = { ...big, UploadId, PartNumber: 1, Body: zipped(page('in parts')) };
  const { ETag } = await s3.send(new UploadPartCommand(part));
  // Nothing is whole yet.
  expect(await executions()).toHaveLength(4);
  const Parts = [{ ETag, PartNumber: 1 }];
  await s3.send(new CompleteMultipartUploadCommand({ ...big, UploadId, MultipartUpload: { Parts } }));
  expect((await ended(5))[0]).toMatchObject({ status: 'Succeeded' });
  const copy = `${keys.intake('shop')}店.zip`;
  const CopySource = encodeURI(`${bucket}/${keys.intake('shop')}c0ffee.zip`);
  await s3.send(new CopyObjectCommand({ Bucket: bucket, Key: copy, CopySource }));
  expect((await ended(6))[0]).toMatchObject({ status: 'Succeeded' });
  expect((await releases()).slice(0, 2).map((each: { revision: string }) => each.revision)).toEqual([copy, big.Key]);
});

test("a write that could start nothing is in the environment's queue, with the reason", async () => {
  const iam = await person.aws.iam();
  const RoleName = `${name}-intake`;
  const { PolicyNames = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName }));
  for (const PolicyName of PolicyNames) await iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName }));
  const key = `${keys.intake('shop')}lost.zip`;
  await write(person.aws, key);
  expect(await executions()).toHaveLength(6);
  const answer = await callJson(enforcing.cloud.endpoint, account, 'AmazonSQS.ReceiveMessage', {
    QueueUrl: `${enforcing.cloud.endpoint}/${account}/vendhost-dev-undelivered`,
    MessageAttributeNames: ['All'],
  });
  const [message, ...others] = (answer as { Messages: { Body: string; MessageAttributes: Record<string, unknown> }[] })
    .Messages;
  expect(others).toEqual([]);
  expect(JSON.parse(message?.Body ?? '').detail.requestParameters).toMatchObject({ key });
  expect(message?.MessageAttributes).toMatchObject({
    RULE_ARN: { StringValue: `arn:aws:events:eu-west-1:${account}:rule/${name}-intake` },
    ERROR_CODE: { StringValue: expect.stringContaining('AccessDenied') },
  });
});
