import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudWatchLogsClient, DescribeLogStreamsCommand, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  BatchGetBuildsCommand,
  CodeBuildClient,
  ListBuildsForProjectCommand,
  ListProjectsCommand,
} from '@aws-sdk/client-codebuild';
import { ListPipelineExecutionsCommand } from '@aws-sdk/client-codepipeline';
import { DeleteBucketPolicyCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { readPlatformFacts } from '../../../scripts/aws/read-facts.ts';
import { intakeOf, names } from '../../../scripts/config/names.ts';
import { checkDrift } from '../../../scripts/drift/check-drift.ts';
import { provisionHost } from '../../../scripts/host/provision.ts';
import { prepareBake } from '../../../scripts/image/bake/prepare.ts';
import { bakeKeyTag } from '../../../scripts/image/image-faults.ts';
import { writeRecord } from '../../../scripts/image/record.ts';
import { deployPlatform } from '../../../scripts/platform/deploy/deploy-platform.ts';
import type { Report } from '../../../scripts/report/report.ts';
import { readStack } from '../../../scripts/stack/stack-state.ts';
import { vendTenant } from '../../../scripts/tenant/vend.ts';
import type { CloudAccount } from '../../builders/account.ts';
import { type EnforcingCloud, startEnforcingCloud } from '../../builders/enforcing-cloud.ts';
import { type GitServer, startGitServer } from '../../builders/git-server.ts';
import { makeImage } from '../../builders/image.ts';
import { type PlatformRepository, platformRepository } from '../../builders/platform-repository.ts';
import { writeTree } from '../../builders/repository.ts';
import { script } from '../../builders/revision.ts';
import { clientConfig } from '../../local-cloud/clients.ts';
import { executeApiUrl } from '../../local-cloud/execute-api.ts';
import { type LocalGitlab, startLocalGitlab } from '../../local-gitlab/api.ts';
import { headersOf, payload } from './payloads.ts';

/** With IAM enforced: a tenant with two projects and no runner, each built for its half, then with others, and with jobs again. */
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });
const account = '193000000001';
const place = { environment: 'dev', tenant: 'shop' } as const;
const paths = { infrastructure: 'acme/machine', software: 'acme/shop' } as const;
type Half = keyof typeof paths;
let enforcing: EnforcingCloud;
let files: PlatformRepository;
let gitlab: LocalGitlab;
let server: GitServer;
let person: CloudAccount;
let repositories: string;
let address: string;
let bucket: string;

const hosts = { dev: ['shop.dev.example.com'] };
const machine = {
  'vendhost.yml':
    'instances: { min: 1, max: 1 }\ndatabase: none\nhealth_check: { path: /index.html, grace_seconds: 0 }\n',
  'infrastructure/install.sh': '#!/bin/bash\necho machine\n',
};
const software = (text: string) => ({
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

const checkoutOf = (half: Half) => join(repositories, half);

function git(half: Half, ...words: string[]): string {
  const who = ['-c', 'user.name=Jo', '-c', 'user.email=jo@example.com'];
  return execFileSync('git', [...who, ...words], { cwd: checkoutOf(half), encoding: 'utf8' }).trim();
}

/** Commits and pushes to the project of a half; the commit's hash. */
async function push(half: Half, tree: Readonly<Record<string, string>>): Promise<string> {
  await writeTree(checkoutOf(half), tree);
  git(half, 'add', '--all');
  git(half, 'commit', '--quiet', '--allow-empty', '--message', `a ${half}`);
  git(half, 'push', '--quiet', join(repositories, `${paths[half]}.git`), 'HEAD:refs/heads/dev');
  return git(half, 'rev-parse', 'HEAD');
}

const projectAt = (path: string) => {
  const found = gitlab.state.project(path);
  if (found === undefined) throw new Error(`no project ${path}`);
  return found;
};
const hooksOf = (path: string) => gitlab.state.hooks.hooks(projectAt(path));
const tokensOf = (path: string) => gitlab.state.hooks.deployTokens(projectAt(path));

async function vend(config: object, { dryRun = false, projectId }: { dryRun?: boolean; projectId?: number } = {}) {
  await files.writeTenant('shop', { hosts, ...config });
  const runtime = person.runtime();
  const env = { ...runtime.env, VENDHOST_GITLAB_TOKEN: gitlab.token, CI_API_V4_URL: gitlab.api };
  const where = { directory: files.directory, environment: 'dev', tenant: 'shop', protectBranches: true } as const;
  const code = await vendTenant({ ...runtime, env }, { ...where, dryRun, projectId });
  return { code, runtime };
}

beforeAll(async () => {
  repositories = await mkdtemp(join(tmpdir(), 'vendhost-halves-'));
  for (const half of ['infrastructure', 'software'] as const) {
    await mkdir(checkoutOf(half), { recursive: true });
    execFileSync('git', ['init', '--quiet', '--bare', join(repositories, `${paths[half]}.git`)]);
    git(half, 'init', '--quiet');
  }
  gitlab = await startLocalGitlab({ projects: ['acme/machine', 'acme/shop', 'acme/other'] });
  server = await startGitServer(repositories, (path, user, password) => {
    const found = gitlab.state.project(path);
    const tokens = found === undefined ? [] : gitlab.state.hooks.deployTokens(found);
    return tokens.some((each) => each.username === user && each.token === password);
  });
  files = await platformRepository(account);
  enforcing = await startEnforcingCloud(files.directory);
  await files.certify(enforcing.cloud.endpoint);
  const issuer = 'https://gitlab.example.test';
  const platformYml = { gitlab: server.address, issuer, audience: issuer, webhook: { image: 'runner:1' } };
  await files.writePlatform({}, platformYml);
  person = enforcing.person(account);
  await deployPlatform(person.runtime(), { directory: files.directory, environment: 'dev', dryRun: false });
  await vend({ projects: paths, intake: 'webhook' });
  const facts = await readPlatformFacts(person.aws, 'dev');
  bucket = facts.bucket;
  // It refuses everything that is not TLS, which the local cloud does not speak.
  await (await person.aws.s3()).send(new DeleteBucketPolicyCommand({ Bucket: bucket }));
  const directory = checkoutOf('infrastructure');
  await writeTree(directory, machine);
  // As the build of a machine would, but without Packer.
  const runtime = person.runtime();
  const withPath = { ...runtime, env: { ...runtime.env, PATH: process.env.PATH } };
  const prepared = await prepareBake(withPath, person.aws, place, directory);
  const platform = { ...person, environment: place.environment, bucket, facts, listeners: [] };
  const tags = { [bakeKeyTag]: prepared.bakeKey };
  const image = await makeImage(platform, place.tenant, { agent: true, tags, recorded: false });
  await writeRecord(person.aws, prepared.owner, prepared.bakeKey, { imageId: image, inputs: prepared.inputs });
  await provisionHost(runtime, { ...place, directory, image, dryRun: false });
  const stack = await readStack(person.aws, names.webhookStack);
  address = executeApiUrl(enforcing.cloud.endpoint, stack?.outputs.Address ?? '');
});
afterAll(async () => {
  await enforcing?.cloud.stop();
  await server?.stop();
  await gitlab?.stop();
});

/** Reports a push of a project, as GitLab does; with the token of another where that is said. */
async function report(half: Half, after: string, { tokenOf = half }: { tokenOf?: Half } = {}) {
  const project_id = projectAt(paths[half]).id;
  const body = JSON.stringify({ ...JSON.parse(payload('push')), project_id, ref: 'refs/heads/dev', after });
  const token = hooksOf(paths[tokenOf])[0]?.token ?? '';
  const headers = headersOf({ 'X-Gitlab-Token': token, 'Idempotency-Key': crypto.randomUUID() });
  const answer = await fetch(`${address}/dev/shop`, {
    method: 'POST',
    headers: headers as Record<string, string>,
    body,
  });
  return answer.status;
}

type Build = Parameters<typeof names.buildProject>[1];
const codeBuild = () => new CodeBuildClient(clientConfig(enforcing.cloud.endpoint, account));

async function builds(which: Build) {
  const { ids = [] } = await codeBuild().send(
    new ListBuildsForProjectCommand({ projectName: names.buildProject(place, which) }),
  );
  if (ids.length === 0) return [];
  const { builds: found = [] } = await codeBuild().send(new BatchGetBuildsCommand({ ids }));
  return found.map(({ buildStatus }) => buildStatus);
}

/** Waits until there are so many builds, and none is under way. */
async function ended(which: Build, count: number) {
  await expect
    .poll(async () => (await builds(which)).filter((status) => status !== 'IN_PROGRESS').length, { timeout: 240_000 })
    .toBe(count);
  return await builds(which);
}

/** What builds printed, for who reads why one failed. */
async function logOf(which: Build): Promise<string> {
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

/** What the drift check finds of the tenant in GitLab. */
async function drift(): Promise<string[]> {
  const runtime = person.runtime();
  const env = { ...runtime.env, VENDHOST_GITLAB_TOKEN: gitlab.token, CI_API_V4_URL: gitlab.api };
  const options = { directory: files.directory, environment: 'dev', tenant: 'shop', failOn: ['unknown'] } as const;
  const unused = { ignore: undefined, shard: undefined, junit: undefined, page: undefined };
  await checkDrift({ ...runtime, env }, { ...options, ...unused, checks: ['gitlab'] });
  const { sections } = JSON.parse(runtime.printed()) as Report;
  return sections.flatMap(({ findings }) => findings.map(({ id }) => id.replace('dev/gitlab/', '')));
}

async function executions() {
  const command = new ListPipelineExecutionsCommand({ pipelineName: names.host(place) });
  const { pipelineExecutionSummaries: all = [] } = await (await person.aws.codePipeline()).send(command);
  // CodePipeline starts one when it makes the pipeline.
  return all.filter(({ trigger }) => trigger?.triggerType === 'CloudWatchEvent').map(({ status }) => status);
}

async function objectsBelow(Prefix: string) {
  const { Contents = [] } = await (await person.aws.s3()).send(new ListObjectsV2Command({ Bucket: bucket, Prefix }));
  return Contents.map(({ Key = '' }) => Key);
}

test('each project has a webhook with a token of its own, and a deploy token; vended again, nothing changes', async () => {
  const [one, other] = [hooksOf('acme/machine'), hooksOf('acme/shop')];
  expect([one.length, other.length, tokensOf('acme/machine').length, tokensOf('acme/shop').length]).toEqual([
    1, 1, 1, 1,
  ]);
  expect(one[0]?.url).toBe(other[0]?.url);
  expect(one[0]?.token).not.toBe(other[0]?.token);
  expect((await vend({ projects: paths, intake: 'webhook' }, { dryRun: true })).code).toBeUndefined();
});

test("a push of the software's project makes a revision, whatever of the machine it has", async () => {
  const evil = { 'infrastructure/install.sh': '#!/bin/bash\necho evil\n', 'vendhost.yml': 'revision: {}\n' };
  const commit = await push('software', { ...software('by a webhook'), ...evil });
  expect(await report('software', commit)).toBe(202);
  expect(await ended(intakeOf('software'), 1), await logOf(intakeOf('software'))).toEqual(['SUCCEEDED']);
  await expect.poll(executions, { timeout: 120_000 }).toEqual(['Succeeded']);
  expect([await builds('machine'), await objectsBelow('infrastructure/shop/intake/')]).toEqual([[], []]);
});

test("a push of the infrastructure's project goes to the machine, and releases nothing", async () => {
  const before = await objectsBelow('software/shop/intake/');
  const commit = await push('infrastructure', software('of the wrong project'));
  expect(await report('infrastructure', commit)).toBe(202);
  expect(await ended(intakeOf('infrastructure'), 1), await logOf(intakeOf('infrastructure'))).toEqual(['SUCCEEDED']);
  expect(await ended('machine', 1), await logOf('machine')).toEqual(['SUCCEEDED']);
  expect([await objectsBelow('software/shop/intake/'), await executions()]).toEqual([before, ['Succeeded']]);
});

test('two projects that are pushed to at the same moment are both built', async () => {
  const [machine, shop] = [await push('infrastructure', {}), await push('software', software('at once'))];
  expect(await Promise.all([report('infrastructure', machine), report('software', shop)])).toEqual([202, 202]);
  expect(await ended(intakeOf('software'), 2), await logOf(intakeOf('software'))).toEqual(['SUCCEEDED', 'SUCCEEDED']);
  expect(await ended('machine', 2), await logOf('machine')).toEqual(['SUCCEEDED', 'SUCCEEDED']);
  await expect.poll(executions, { timeout: 120_000 }).toEqual(['Succeeded', 'Succeeded']);
});

test('what people change of the webhooks is found, half by half, and the next vend sets it again', async () => {
  expect(await drift()).toEqual([]);
  const state = gitlab.state.hooks;
  const [one, other] = [hooksOf('acme/machine')[0], hooksOf('acme/shop')[0]];
  if (one === undefined || other === undefined) throw new Error('no webhook');
  state.setHooks(projectAt('acme/machine'), [
    { ...one, alert_status: 'disabled' },
    { ...one, id: one.id + 1000 },
  ]);
  state.setHooks(projectAt('acme/shop'), [{ ...other, url: `${other.url}2` }]);
  state.setDeployTokens(projectAt('acme/shop'), []);
  expect(await drift()).toEqual([
    'shop/infrastructure/webhook/disabled',
    'shop/infrastructure/webhook/repeated',
    'shop/software/webhook/hook',
    'shop/software/webhook/deploy-token',
  ]);
  await vend({ projects: paths, intake: 'webhook' });
  expect(await drift()).toEqual([]);
  // No edit enables the disabled one, so that goes.
  expect(hooksOf('acme/machine')).toMatchObject([{ id: one.id + 1000, alert_status: 'executable' }]);
  state.setHooks(
    projectAt('acme/shop'),
    hooksOf('acme/shop').filter(({ url }) => url === one.url),
  );
});

describe('nothing is built', () => {
  test.each<[Half, Half]>([
    ['infrastructure', 'software'],
    ['software', 'infrastructure'],
  ])("of a push of the %s with the token of the %s's project", async (half, tokenOf) => {
    expect(await report(half, 'a'.repeat(40), { tokenOf })).toBe(401);
  });
});

test('the software moves to another project: the webhook and the token go from the former one', async () => {
  const moved = { ...paths, software: 'acme/other' };
  const kept = hooksOf('acme/machine')[0]?.token;
  await vend({ projects: moved, intake: 'webhook' }, { projectId: projectAt('acme/other').id });
  expect([hooksOf('acme/shop'), tokensOf('acme/shop')]).toEqual([[], []]);
  expect([hooksOf('acme/other').length, tokensOf('acme/other').length]).toEqual([1, 1]);
  expect(hooksOf('acme/machine')[0]?.token).toBe(kept);
  // Roles trust a project by path and number until a vend finds the subject of its tokens set.
  await vend({ projects: moved, intake: 'webhook' });
  const again = await vend({ projects: moved, intake: 'webhook' }, { dryRun: true });
  expect(again.code, again.runtime.printed()).toBeUndefined();
});

test('with jobs again there is neither webhook nor token nor build', async () => {
  const moved = { ...paths, software: 'acme/other' };
  expect((await vend({ projects: moved }, { dryRun: true })).code).toBe(2);
  await vend({ projects: moved });
  for (const path of ['acme/machine', 'acme/other']) expect([hooksOf(path), tokensOf(path)]).toEqual([[], []]);
  expect((await codeBuild().send(new ListProjectsCommand({}))).projects).toEqual([]);
  expect((await vend({ projects: moved }, { dryRun: true })).code).toBeUndefined();
});
