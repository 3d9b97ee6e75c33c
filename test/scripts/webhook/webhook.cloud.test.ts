import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, DescribeLogStreamsCommand, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  BatchGetBuildsCommand,
  CodeBuildClient,
  DeleteProjectCommand,
  ListBuildsForProjectCommand,
} from '@aws-sdk/client-codebuild';
import { ListPipelineExecutionsCommand } from '@aws-sdk/client-codepipeline';
import { IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { LambdaClient, UpdateFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import { DeleteBucketPolicyCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { readPlatformFacts } from '../../../scripts/aws/read-facts.ts';
import { keys, names } from '../../../scripts/config/names.ts';
import { checkDrift } from '../../../scripts/drift/check-drift.ts';
import { provisionHost } from '../../../scripts/host/provision.ts';
import { prepareBake } from '../../../scripts/image/bake/prepare.ts';
import { bakeKeyTag } from '../../../scripts/image/image-faults.ts';
import { writeRecord } from '../../../scripts/image/record.ts';
import { deployPlatform } from '../../../scripts/platform/deploy/deploy-platform.ts';
import type { Report } from '../../../scripts/report/report.ts';
import { readStack } from '../../../scripts/stack/stack-state.ts';
import { vendTenant } from '../../../scripts/tenant/vend.ts';
import { buildPush } from '../../../scripts/webhook/build-push.ts';
import { judgeDelivery, mostBodyBytes } from '../../../scripts/webhook/function/judge-delivery.ts';
import { tokenHash } from '../../../scripts/webhook/function/webhook-secret.ts';
import type { CloudAccount } from '../../builders/account.ts';
import { type EnforcingCloud, startEnforcingCloud } from '../../builders/enforcing-cloud.ts';
import { type GitServer, startGitServer } from '../../builders/git-server.ts';
import { makeImage } from '../../builders/image.ts';
import { type PlatformRepository, platformRepository } from '../../builders/platform-repository.ts';
import { writeTree } from '../../builders/repository.ts';
import { script } from '../../builders/revision.ts';
import { ask } from '../../e2e/ask.ts';
import { clientConfig } from '../../local-cloud/clients.ts';
import { executeApiUrl } from '../../local-cloud/execute-api.ts';
import { type LocalGitlab, startLocalGitlab } from '../../local-gitlab/api.ts';
import { headersOf, payload } from './payloads.ts';

/** With IAM enforced: a push that GitLab reports is built and released, and nothing else is. */
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });
const account = '175000000001';
const place = { environment: 'dev', tenant: 'shop' } as const;
let enforcing: EnforcingCloud;
let files: PlatformRepository;
let gitlab: LocalGitlab;
let server: GitServer;
let person: CloudAccount;
/** Repositories as GitLab keeps them, and a checkout of shop's. */
let repositories: string;
let checkout: string;
let address: string;
/** What vending says before the account has the webhook's stack. */
let tooEarly: unknown;

const page = (text: string) => ({
  'software/index.html': `${text}\n`,
  'software/appspec.yml': `version: 0.0
os: linux
files: [{ source: index.html, destination: /opt/shop }]
file_exists_behavior: OVERWRITE
hooks:
  ApplicationStart: [{ location: start.sh, timeout: 30 }]
`,
  'software/start.sh': script(
    'start-stop-daemon --start --background --make-pidfile --pidfile /run/shop.pid --oknodo --exec /usr/bin/python3 -- \\',
    '  -m http.server 8080 --bind "$(hostname -i)" --directory /opt/shop',
  ),
});

function git(...words: string[]): string {
  const who = ['-c', 'user.name=Jo', '-c', 'user.email=jo@example.com'];
  return execFileSync('git', [...who, ...words], { cwd: checkout, encoding: 'utf8' }).trim();
}

/** Commits and pushes; the commit's hash. */
async function push(text: string): Promise<string> {
  await writeTree(checkout, page(text));
  git('add', '--all');
  git('commit', '--quiet', '--message', text);
  git('push', '--quiet', join(repositories, 'acme/shop.git'), 'HEAD:refs/heads/dev');
  return git('rev-parse', 'HEAD');
}

const project = (tenant: string) => {
  const found = gitlab.state.project(`acme/${tenant}`);
  if (found === undefined) throw new Error(`no project of ${tenant}`);
  return found;
};
const hookOf = (tenant: string) => {
  const [hook] = gitlab.state.hooks.hooks(project(tenant));
  if (hook === undefined) throw new Error(`no webhook of ${tenant}`);
  return hook;
};

beforeAll(async () => {
  repositories = await mkdtemp(join(tmpdir(), 'vendhost-repositories-'));
  checkout = join(repositories, 'checkout');
  await mkdir(checkout, { recursive: true });
  execFileSync('git', ['init', '--quiet', '--bare', join(repositories, 'acme/shop.git')]);
  git('init', '--quiet');
  // Vending makes shop's project.
  gitlab = await startLocalGitlab({ projects: ['acme/blog'] });
  server = await startGitServer(repositories, (path, user, password) => {
    const found = gitlab.state.project(path);
    const tokens = found === undefined ? [] : gitlab.state.hooks.deployTokens(found);
    return tokens.some((each) => each.username === user && each.token === password);
  });
  files = await platformRepository(account);
  enforcing = await startEnforcingCloud(files.directory);
  await files.certify(enforcing.cloud.endpoint);
  const issuer = 'https://gitlab.example.test';
  const platformYml = { gitlab: server.address, issuer, audience: issuer };
  await files.writePlatform({}, platformYml);
  for (const tenant of ['shop', 'blog']) {
    const hosts = { dev: [`${tenant}.dev.example.com`] };
    await files.writeTenant(tenant, { project: `acme/${tenant}`, hosts, intake: 'webhook' });
  }
  person = enforcing.person(account);
  const options = { directory: files.directory, environment: 'dev', dryRun: false } as const;
  await deployPlatform(person.runtime(), options);
  await files.writePlatform({}, { ...platformYml, webhook: { image: 'runner:1' } });
  tooEarly = await vend('shop').catch((error: unknown) => error);
  await deployPlatform(person.runtime(), { ...options, layer: 'access' });
  for (const tenant of ['shop', 'blog']) await vend(tenant);
  const facts = await readPlatformFacts(person.aws, 'dev');
  // It refuses everything that is not TLS, which the local cloud does not speak.
  await (await person.aws.s3()).send(new DeleteBucketPolicyCommand({ Bucket: facts.bucket }));
  const health = 'health_check: { path: /index.html, grace_seconds: 0 }\n';
  await writeTree(checkout, {
    ...page('first'),
    'vendhost.yml': `instances: { min: 1, max: 1 }\ndatabase: none\n${health}`,
  });
  // As the build of a machine would, but without Packer.
  const runtime = person.runtime();
  const withPath = { ...runtime, env: { ...runtime.env, PATH: process.env.PATH } };
  const prepared = await prepareBake(withPath, person.aws, place, checkout);
  const platform = { ...person, environment: place.environment, bucket: facts.bucket, facts, listeners: [] };
  const tags = { [bakeKeyTag]: prepared.bakeKey };
  const image = await makeImage(platform, place.tenant, { agent: true, tags, recorded: false });
  await writeRecord(person.aws, prepared.owner, prepared.bakeKey, { imageId: image, inputs: prepared.inputs });
  await provisionHost(runtime, { ...place, directory: checkout, image, dryRun: false });
  const stack = await readStack(person.aws, names.webhookStack);
  address = executeApiUrl(enforcing.cloud.endpoint, stack?.outputs.Address ?? '');
});
afterAll(async () => {
  await enforcing?.cloud.stop();
  await server?.stop();
  await gitlab?.stop();
});

async function vend(tenant: string, options: { rotateWebhook?: boolean } = {}) {
  const runtime = person.runtime();
  const env = { ...runtime.env, VENDHOST_GITLAB_TOKEN: gitlab.token, CI_API_V4_URL: gitlab.api };
  const where = { directory: files.directory, environment: 'dev', dryRun: false, protectBranches: true } as const;
  await vendTenant({ ...runtime, env }, { ...where, tenant, ...options });
  return runtime;
}

/** The body of an event of shop's project. */
const event = (name: string, changes: object = {}) =>
  JSON.stringify({ ...JSON.parse(payload(name)), project_id: project('shop').id, ref: 'refs/heads/dev', ...changes });

/** Reports an event, as GitLab does; an id for each that is not said to be another one's. */
async function report(body: string, { tenant = 'shop', token = hookOf('shop').token, id = crypto.randomUUID() } = {}) {
  const headers = headersOf({ 'X-Gitlab-Token': token, 'Idempotency-Key': id }) as Record<string, string>;
  const answer = await fetch(`${address}/dev/${tenant}`, { method: 'POST', headers, body });
  return { status: answer.status, body: await answer.text() };
}

async function executions() {
  const command = new ListPipelineExecutionsCommand({ pipelineName: names.host(place) });
  return (await (await person.aws.codePipeline()).send(command)).pipelineExecutionSummaries ?? [];
}

/** Builds of a tenant: each with its status, newest first. */
async function builds(tenant = 'shop', which: 'intake' | 'machine' = 'intake') {
  const client = new CodeBuildClient(clientConfig(enforcing.cloud.endpoint, account));
  const projectName = names.buildProject({ environment: 'dev', tenant }, which);
  const { ids = [] } = await client.send(new ListBuildsForProjectCommand({ projectName }));
  if (ids.length === 0) return [];
  return (await client.send(new BatchGetBuildsCommand({ ids }))).builds?.map(({ buildStatus }) => buildStatus) ?? [];
}

/** What a build of shop's printed, for who reads why it failed. */
async function logOf(which: 'intake' | 'machine'): Promise<string> {
  const client = new CloudWatchLogsClient(clientConfig(enforcing.cloud.endpoint, account));
  const logGroupName = names.buildLogGroup(place, which);
  const { logStreams = [] } = await client.send(new DescribeLogStreamsCommand({ logGroupName }));
  const lines: string[] = [];
  for (const { logStreamName } of logStreams) {
    const read = new GetLogEventsCommand({ logGroupName, logStreamName, startFromHead: true });
    lines.push(...((await client.send(read)).events ?? []).map(({ message = '' }) => message));
  }
  return lines.join('');
}

/** What the load balancer answers for shop. */
async function pageOfShop(): Promise<string> {
  return (await ask(enforcing.cloud.router.https, 'shop.dev.example.com', '/index.html')).body;
}

/** The webhook's alarms that have gone off. */
async function alarms() {
  const client = new CloudWatchClient(clientConfig(enforcing.cloud.endpoint, account));
  const command = new DescribeAlarmsCommand({ AlarmNamePrefix: 'vendhost-webhook-', StateValue: 'ALARM' });
  return (await client.send(command)).MetricAlarms?.map(({ AlarmName }) => AlarmName);
}

/** What the drift check finds of the webhook's stack: names of resources. */
async function webhookDrift(): Promise<(string | undefined)[]> {
  const runtime = person.runtime();
  const options = { directory: files.directory, environment: 'dev', tenant: undefined, checks: ['stacks'] } as const;
  const unused = { ignore: undefined, shard: undefined, junit: undefined, page: undefined };
  await checkDrift(runtime, { ...options, ...unused, failOn: ['never'] });
  const { sections } = JSON.parse(runtime.printed()) as Report;
  const found = sections.find(({ id }) => id === 'dev/stacks/vendhost-webhook');
  expect(found?.state).not.toBe('unknown');
  return (found?.findings ?? []).map(({ id }) => id.split('/').at(-1)).toSorted();
}

/** Waits until there are so many builds, and none is under way. */
async function built(count: number) {
  await expect
    .poll(async () => (await builds()).filter((status) => status !== 'IN_PROGRESS').length, { timeout: 120_000 })
    .toBe(count);
  return await builds();
}

test('before the account has the webhook, its tenants cannot be vended', () => {
  expect(tooEarly).toMatchObject({ code: 'WEBHOOK_MISSING' });
});

test('a push is released: GitLab reports it, a build makes its revision, and the pipeline deploys that', async () => {
  const commit = await push('by a webhook');
  const answer = await report(event('push', { after: commit }));
  expect(answer).toEqual({ status: 202, body: JSON.stringify({ accepted: commit }) });
  expect(await built(1)).toEqual(['SUCCEEDED']);
  await expect
    .poll(async () => (await executions()).map(({ status, trigger }) => [status, trigger?.triggerType]), {
      timeout: 120_000,
    })
    .toEqual([
      ['Succeeded', 'CloudWatchEvent'],
      // CodePipeline starts one when it makes the pipeline.
      ['Failed', expect.anything()],
    ]);
  expect(await pageOfShop()).toBe('by a webhook\n');
});

describe('nothing is built', () => {
  test.each<[string, number, () => Parameters<typeof report>]>([
    ['for a wrong token', 401, () => [event('push'), { token: 'wrong' }]],
    ["for another tenant's token", 401, () => [event('push'), { token: hookOf('blog').token }]],
    ["for another tenant, with shop's token", 401, () => [event('push'), { tenant: 'blog' }]],
    ['for a tenant that is none', 401, () => [event('push'), { tenant: 'nobody' }]],
    ["for another project's event", 401, () => [event('push', { project_id: 999 })]],
    ['for another branch', 200, () => [event('push', { ref: 'refs/heads/feature' })]],
    ['for a tag', 200, () => [event('tag', { ref: 'refs/tags/dev' })]],
    ['for a deleted branch', 200, () => [event('deleted-branch')]],
    ['for a body that is too large', 413, () => [event('push', { padding: 'x'.repeat(mostBodyBytes) })]],
  ])('%s', async (_, status, call) => {
    expect((await report(...call())).status).toBe(status);
    expect([await builds(), await builds('blog')]).toEqual([['SUCCEEDED'], []]);
  });
});

test('a delivery that comes again, and an older push, release nothing', async () => {
  const older = git('rev-parse', 'HEAD');
  const newer = await push('newer');
  const id = crypto.randomUUID();
  for (const _ of [1, 2]) expect((await report(event('push', { after: newer }), { id })).status).toBe(202);
  await built(2);
  await expect.poll(async () => (await executions())[0]?.status, { timeout: 120_000 }).toBe('Succeeded');
  await expect.poll(async () => (await executions()).length).toBe(3);
  expect((await report(event('push', { after: older }))).status).toBe(202);
  // It ends well, having made nothing.
  expect(await built(3)).toEqual(['SUCCEEDED', 'SUCCEEDED', 'SUCCEEDED']);
  expect(await executions()).toHaveLength(3);
});

test('what the machine must be baked for is baked, provisioned and released by a build in the VPC, also after one that failed', async () => {
  await writeTree(checkout, { 'infrastructure/install.sh': '#!/bin/bash\necho more\n' });
  const commit = await push('with another machine');
  const id = crypto.randomUUID();
  const body = event('push', { after: commit });
  // What the first delivery of the event left, whose build fails: GitLab sends the same id when somebody resends it.
  const { token } = hookOf('shop');
  const secret = {
    branch: 'dev',
    projects: [{ projectId: project('shop').id, tokens: [{ sha256: tokenHash(token) }] }],
  };
  const judged = judgeDelivery(
    { headers: { 'x-gitlab-token': token, 'idempotency-key': id }, body },
    secret,
    new Date(),
  );
  if (judged.verdict !== 'accepted') throw new Error('not accepted');
  const { bucket } = await readPlatformFacts(person.aws, 'dev');
  const Key = keys.machineArchive('shop', judged.push.delivery, commit);
  await (await person.aws.s3()).send(new PutObjectCommand({ Bucket: bucket, Key, Body: 'no archive' }));
  const ended = async () => (await builds('shop', 'machine')).filter((status) => status !== 'IN_PROGRESS');
  await expect.poll(ended, { timeout: 120_000 }).toEqual(['FAILED']);
  await report(body, { id });
  expect((await built(4))[0]).toBe('SUCCEEDED');
  await expect.poll(ended, { timeout: 280_000, interval: 1000 }).toHaveLength(2);
  expect(await builds('shop', 'machine'), await logOf('machine')).toEqual(['SUCCEEDED', 'FAILED']);
  expect(await pageOfShop()).toBe('with another machine\n');
});

test('tokens are replaced, both ends at once, and neither is printed', async () => {
  const former = { hook: hookOf('blog'), tokens: gitlab.state.hooks.deployTokens(project('blog')) };
  const runtime = await vend('blog', { rotateWebhook: true });
  const hook = hookOf('blog');
  expect([hook.id, hook.url, hook.push_events_branch_filter]).toEqual([former.hook.id, former.hook.url, 'dev']);
  expect(hook.token).not.toBe(former.hook.token);
  const [token, ...others] = gitlab.state.hooks.deployTokens(project('blog'));
  expect(others).toEqual([]);
  expect(token?.token).not.toBe(former.tokens[0]?.token);
  const body = event('tag', { project_id: project('blog').id });
  for (const each of [hook.token, former.hook.token]) {
    expect((await report(body, { tenant: 'blog', token: each })).status).toBe(200);
  }
  for (const secret of [hook.token, token?.token ?? ''])
    expect([runtime.printed(), ...runtime.progress()].join(' ')).not.toContain(secret);
});

test('an accepted push that becomes no build sets off the alarm', async () => {
  const codeBuild = new CodeBuildClient(clientConfig(enforcing.cloud.endpoint, account));
  const name = names.buildProject({ environment: 'dev', tenant: 'blog' }, 'intake');
  await codeBuild.send(new DeleteProjectCommand({ name }));
  expect(await alarms()).toEqual([]);
  const body = event('push', { project_id: project('blog').id });
  expect((await report(body, { tenant: 'blog', token: hookOf('blog').token })).status).toBe(202);
  await expect.poll(alarms, { timeout: 120_000 }).toEqual(['vendhost-webhook-undelivered']);
});

test('what people change of the webhook itself is drift', async () => {
  expect(await webhookDrift()).toEqual([]);
  const RoleName = 'vendhost-webhook-start';
  const iam = new IAMClient(clientConfig(enforcing.cloud.endpoint, account));
  const all = { Effect: 'Allow', Action: 'codebuild:*', Resource: '*' };
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [all] });
  await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'start', PolicyDocument }));
  const lambda = new LambdaClient(clientConfig(enforcing.cloud.endpoint, account));
  const change = { FunctionName: 'vendhost-webhook-receive', Environment: { Variables: { SECRET_NAME: 'other' } } };
  await lambda.send(new UpdateFunctionConfigurationCommand(change));
  expect(await webhookDrift()).toEqual([expect.stringMatching(/^Receive/), expect.stringMatching(/^StartRole/)]);
});

test('a repository that does not let the build in', async () => {
  const runtime = person.runtime();
  const env = {
    ...runtime.env,
    PATH: process.env.PATH,
    VENDHOST_REPOSITORY: `${server.address}/acme/blog.git`,
    VENDHOST_PUSH: JSON.stringify({
      ...{ commit: 'a'.repeat(40), branch: 'dev', author: '', message: '', delivery: 'd'.repeat(64) },
    }),
  };
  const refused = await buildPush({ ...runtime, env }, place).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: 'CLONE_FAILED' });
});
