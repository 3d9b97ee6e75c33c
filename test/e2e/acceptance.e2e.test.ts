import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DescribeDBInstancesCommand, RDSClient } from '@aws-sdk/client-rds';
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { ListSecretsCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { execaNode } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { Report } from '../../scripts/report/report.ts';
import { issueCertificate } from '../local-cloud/certificate.ts';
import { cleanGit, git, projectRoot } from '../local-gitlab/platform.ts';
import { defaultGitlab } from '../local-gitlab/workspace.ts';
import { images, stacks } from './aws.ts';
import { startWorld, type World } from './world.ts';

const account = '777777777777';
const credentials = { accessKeyId: account, secretAccessKey: 'local-cloud' };
const project = 'acme/shop';
let world: World;
let home: string;
let remote: string;

beforeAll(async () => {
  world = await startWorld();
  home = join(world.directory, 'kit');
  remote = join(home, 'git-host', `${project}.git`);
  await mkdir(remote, { recursive: true });
  await git(remote, ['init', '--quiet', '--bare']);
  await git(remote, ['config', 'receive.advertisePushOptions', 'true']);
  const domain = 'accept.example.com';
  const settings = {
    ...{ account, region: 'eu-west-1', domain, gitlab: defaultGitlab, project },
    certificate: await issueCertificate(world.cloud.endpoint, account, domain, `*.${domain}`),
    balancer: world.cloud.router,
  };
  await writeFile(join(home, 'acceptance.yml'), stringify(settings));
  const [shop] = world.gitlab.state.projects();
  if (shop === undefined) throw new Error('the local GitLab has no project');
  world.gitlab.state.pipelines.serve(shop.id, {
    commitOf: async (branch) =>
      await git(remote, ['rev-parse', '--verify', `refs/heads/${branch}`]).catch(() => undefined),
    start: (options) => world.pushAgain({ ...options, tenantRepository: remote }),
  });
}, 180_000);
afterAll(() => world?.stop());

/** Starts the kit as somebody does in a shell. */
function kit(words: readonly string[], more: Readonly<Record<string, unknown>> = {}) {
  const file = join(home, 'acceptance.yml');
  return execaNode(join(projectRoot, 'test/acceptance/acceptance.ts'), ['--config', file, '--report', home, ...words], {
    ...{ cwd: projectRoot, extendEnv: false, reject: false, all: true, stdin: 'ignore', timeout: 600_000 },
    env: {
      ...cleanGit,
      ...world.cloud.env(account),
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: `url.file://${join(home, 'git-host')}/.insteadOf`,
      GIT_CONFIG_VALUE_0: `${defaultGitlab}/`,
      CI_API_V4_URL: world.gitlab.api,
      VENDHOST_GITLAB_TOKEN: world.gitlab.token,
      HOME: home,
      PATH: process.env.PATH,
      TMPDIR: home,
    },
    ...more,
  });
}

const left = async () => {
  const client = { region: 'eu-west-1', endpoint: world.cloud.endpoint, credentials };
  const { DBInstances = [] } = await new RDSClient(client).send(new DescribeDBInstancesCommand({}));
  const { Buckets = [] } = await new S3Client({ ...client, forcePathStyle: true }).send(new ListBucketsCommand({}));
  const { SecretList = [] } = await new SecretsManagerClient(client).send(new ListSecretsCommand({}));
  return {
    stacks: (await stacks(world, account)).map(({ stack }) => stack),
    images: (await images(world, account)).length,
    databases: DBInstances.length,
    buckets: Buckets.map(({ Name }) => Name),
    secrets: SecretList.map(({ Name }) => Name),
    variables: world.gitlab.variables(project).length,
  };
};
const nothing = { stacks: [], images: 0, databases: 0, buckets: [], secrets: [], variables: 0 };

/** Sends a signal when a line with this text comes. */
async function signalAt(running: ReturnType<typeof kit>, signals: Readonly<Record<string, NodeJS.Signals>>) {
  for await (const line of running.iterable({ from: 'all' })) {
    for (const [text, signal] of Object.entries(signals)) if (line.includes(text)) running.kill(signal);
  }
  return await running;
}

test('with wrong settings, without an answer, or stopped at once, it creates nothing', async () => {
  await writeFile(join(home, 'wrong.yml'), 'region: nowhere\n');
  const wrong = await kit(['--yes', '--config', join(home, 'wrong.yml')]);
  expect([wrong.exitCode, wrong.all]).toEqual([1, expect.stringContaining('region: "nowhere"')]);
  const unanswered = await kit([]);
  expect(unanswered.exitCode, unanswered.all).toBe(1);
  expect(unanswered.all).toContain('NAT gateway');
  expect(unanswered.all).toContain(`type the number of the account, ${account}`);
  const stopped = await signalAt(kit(['--yes']), { '■ Is everything there?': 'SIGINT' });
  expect(stopped.exitCode, stopped.all).toBe(130);
  expect(await left()).toEqual(nothing);
});

test('Ctrl-C has everything removed; what is left when that is killed, --cleanup removes', async () => {
  const killed = await signalAt(kit(['--yes']), {
    '■ First push': 'SIGINT',
    'removing stack vendhost-dev-shop-access': 'SIGKILL',
  });
  expect(killed.signal, killed.all).toBe('SIGKILL');
  expect((await left()).stacks).toContain('vendhost-dev-balancer');
  const cleaned = await kit(['--cleanup', '--yes']);
  expect(cleaned.exitCode, cleaned.all).toBe(0);
  expect(await left()).toEqual(nothing);
  const again = await kit(['--cleanup', '--yes']);
  expect([again.exitCode, again.all]).toEqual([1, expect.stringContaining('has removed everything')]);
});

test('the whole path passes, and leaves a report and nothing else', async () => {
  const { exitCode, all } = await kit(['--yes']);
  expect(exitCode, all).toBe(0);
  expect(await left()).toEqual(nothing);
  const report = JSON.parse(await readFile(join(home, 'acceptance.json'), 'utf8')) as Report;
  expect(report.sections.map(({ id, state }) => [id, state])).toEqual(
    ['platform', 'vend', 'first', 'second', 'drift', 'same', 'removal'].map((id) => [id, 'clean']),
  );
  expect(report.facts.Cloud).toBe('the local cloud: not AWS');
  expect(await readFile(join(home, 'acceptance.html'), 'utf8')).toContain('all 6 parts passed');
});
