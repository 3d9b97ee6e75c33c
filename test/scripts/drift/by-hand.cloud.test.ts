import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DetectStackDriftCommand } from '@aws-sdk/client-cloudformation';
import { PutParameterCommand } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Report } from '../../../scripts/report/report.ts';
import { cloudAccount } from '../../builders/account.ts';
import { type PlatformRepository, platformRepository } from '../../builders/platform-repository.ts';
import { writeTree } from '../../builders/repository.ts';
import { type StackInput, Stacks } from '../../builders/stacks.ts';
import { clientConfig } from '../../local-cloud/clients.ts';
import { type LocalGitlab, startLocalGitlab } from '../../local-gitlab/api.ts';
import { errorIn, vendhost } from '../command-line.ts';
import { refusal, type WireCall, wire } from '../wire.ts';

/** What people change behind CloudFormation's back is found, told, and closed when it is repaired. */

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });
const account = '720000000012';
const cloud = cloudAccount(account);
const stacks = new Stacks(clientConfig(cloud.endpoint, account));
let repository: PlatformRepository;
let gitlab: LocalGitlab;

beforeAll(async () => {
  repository = await platformRepository(account);
  gitlab = await startLocalGitlab({ projects: ['acme/platform'] });
});
afterAll(async () => {
  await gitlab?.stop();
});

const tagsOf = (tenant: string, layer: string, others: Record<string, string> = {}) =>
  Object.entries({
    'vendhost:environment': 'dev',
    'vendhost:tenant': tenant,
    'vendhost:layer': layer,
    ...others,
  }).map(([Key, Value]) => ({ Key, Value }));
const parameter = (Name: string, Value: unknown = 'as deployed') => ({
  Type: 'AWS::SSM::Parameter',
  Properties: { Name, Type: 'String', Value },
});

/** A tenant's stacks, with what they need not to be missed. */
async function deploy(tenant: string, input: StackInput, others: Record<string, string> = {}): Promise<string> {
  const name = `vendhost-dev-${tenant}-access`;
  const made = await stacks.create(name, { ...input, tags: tagsOf(tenant, 'access', others) });
  expect(made).toMatchObject({ status: 'CREATE_COMPLETE', failures: [] });
  const entry = { Fact: parameter(`/${tenant}/entry`) };
  await stacks.create(`vendhost-dev-${tenant}-entry`, { resources: entry, tags: tagsOf(tenant, 'entry') });
  return name;
}

interface Checked {
  readonly code: number;
  readonly error: string | undefined;
  readonly report: Report;
  readonly stderr: string;
}

async function check(tenant: string, words: string[] = [], env: Record<string, string> = {}): Promise<Checked> {
  const line = ['drift', 'check', '--environment', 'dev', '--tenant', tenant, '--check', 'stacks', '--json', ...words];
  const ended = await vendhost(line, { env: { ...cloud.env, ...env }, cwd: repository.directory });
  const report = (ended.stdout === '' ? { sections: [] } : JSON.parse(ended.stdout)) as Report;
  return { code: ended.code, error: errorIn(ended), report, stderr: ended.stderr };
}

const section = ({ report }: Checked, title: string) => report.sections.find((each) => each.title === title);
const put = async (Name: string, Value: string) =>
  (await cloud.aws.ssm()).send(new PutParameterCommand({ Name, Value, Type: 'String', Overwrite: true }));

test('a change is found with the old and the new value and who made it, and is gone after the repair', async () => {
  const name = await deploy('shop', { resources: { Fact: parameter('/shop/fact') } });
  const env = {
    CI_PROJECT_ID: 'acme/platform',
    CI_SERVER_URL: gitlab.address,
    VENDHOST_GITLAB_TOKEN: gitlab.token,
    CI_JOB_URL: 'https://gitlab.example.test/acme/platform/-/jobs/1',
  };
  const project = gitlab.state.project('acme/platform');
  const issues = () => (project === undefined ? [] : gitlab.state.discussions.issues(project));

  const before = await check('shop', [], env);
  expect(before).toMatchObject({ code: 0, error: undefined });
  expect(section(before, name)).toMatchObject({ state: 'clean', summary: '1 in sync' });
  expect(issues()).toEqual([]);

  await put('/shop/fact', 'as changed');
  const during = await check('shop', ['--junit', 'reports/drift.xml', '--page', 'reports/drift.html'], env);
  expect(during.code).toBe(2);
  const [finding] = section(during, name)?.findings ?? [];
  expect(finding).toMatchObject({
    id: `dev/stacks/${name}/Fact`,
    values: [{ path: '/Value', from: 'as deployed', to: 'as changed' }],
    next: expect.stringContaining('vendhost tenant vend shop --environment dev'),
  });
  expect(finding?.details?.[1]).toMatch(/^CloudTrail: PutParameter by arn:aws:iam::720000000012:\S+ at \d{4}-/);
  expect(issues()).toMatchObject([{ title: `Drift: ${name}`, state: 'opened', labels: ['vendhost::drift'] }]);
  expect(issues()[0]?.description).toContain('as changed');
  const written = await readFile(join(repository.directory, 'reports/drift.xml'), 'utf8');
  expect(written).toContain(`<testcase classname="${name}" name="dev/stacks/${name}"`);
  expect(await readFile(join(repository.directory, 'reports/drift.html'), 'utf8')).toContain('as changed');

  const [first] = issues();
  await check('shop', [], env);
  expect(issues()).toEqual([first]);

  await put('/shop/fact', 'as deployed');
  expect((await check('shop', [], env)).code).toBe(0);
  expect(issues()).toMatchObject([{ state: 'closed' }]);
});

describe('exit codes', () => {
  beforeAll(async () => {
    await deploy('mill', { resources: { Fact: parameter('/mill/fact') } });
    await put('/mill/fact', 'as changed');
  });

  test.each([
    [[], 2],
    [['--fail-on', 'unknown'], 0],
    [['--fail-on', 'never'], 0],
    [['--fail-on', 'drift'], 2],
  ])('of drift with %j: %i', async (words, code) => {
    expect((await check('mill', words)).code).toBe(code);
  });

  test('of what an ignore file names: 0; of an entry that has ended: 2', async () => {
    const entry = (until: string) =>
      `ignore: [{ finding: "dev/*-mill-access/Fact", property: /Value, reason: It is a test of this file, until: ${until} }]`;
    await writeTree(repository.directory, { 'now.yml': entry('2999-01-01'), 'then.yml': entry('2001-01-01') });
    expect((await check('mill', ['--ignore', 'now.yml'])).code).toBe(0);
    const ended = await check('mill', ['--ignore', 'then.yml']);
    expect(ended.code).toBe(2);
    expect(section(ended, 'drift-ignore.yml')).toMatchObject({ state: 'found', summary: '1 entry has ended' });
  });

  test.each([
    [['--shard', '3/2'], 'USAGE'],
    [['--ignore', 'absent.yml'], 'CONFIG_UNREADABLE'],
    [['--page', 'folder'], 'REPORT_UNWRITABLE'],
  ])('of %j: 1, %s', async (words, error) => {
    await mkdir(join(repository.directory, 'folder'), { recursive: true });
    expect(await check('mill', words)).toMatchObject({ code: 1, error });
  });
});

describe('what cannot be checked', () => {
  test('is unknown, and fails unless the job says that it need not', async () => {
    const secret = { Type: 'AWS::SecretsManager::Secret', Properties: { Name: 'dark', GenerateSecretString: {} } };
    await deploy('dark', { resources: { Fact: parameter('/dark/fact'), Secret: secret } });
    const AWS_ENDPOINT_URL = await wire(cloud.endpoint, async (call: WireCall, next) =>
      call.operation === 'DetectStackDrift' && call.body.includes('dark-access')
        ? refusal(call, 'AccessDenied', 'User: x is not authorized to perform: cloudformation:DetectStackDrift')
        : await next(),
    );
    const checked = await check('dark', [], { AWS_ENDPOINT_URL });
    expect(checked).toMatchObject({ code: 1, error: 'DRIFT_UNKNOWN' });
    expect(section(checked, 'vendhost-dev-dark-access')).toMatchObject({
      state: 'unknown',
      summary: 'not checked: x may not cloudformation:DetectStackDrift',
    });
    expect(section(checked, 'vendhost-dev-dark-entry')?.state).toBe('clean');
    expect((await check('dark', ['--fail-on', 'drift'], { AWS_ENDPOINT_URL })).code).toBe(0);
  });

  test('a tenant that is not vended is unknown', async () => {
    const checked = await check('nobody');
    expect(checked).toMatchObject({ code: 1, error: 'DRIFT_UNKNOWN' });
    expect(checked.report.sections).toMatchObject([
      { state: 'unknown', findings: [{ next: 'vendhost tenant vend nobody --environment dev' }] },
    ]);
  });

  test('a stack deleted by hand is found', async () => {
    await deploy('gone', { resources: { Fact: parameter('/gone/fact') } });
    await stacks.delete('vendhost-dev-gone-entry');
    const checked = await check('gone');
    expect(checked.code).toBe(2);
    expect(section(checked, 'vendhost-dev-gone-entry')).toMatchObject({ summary: 'the stack is not there' });
  });
});

test('a stack with more resources than a page has is compared whole, whoever started a detection before', async () => {
  const resources = Object.fromEntries(
    Array.from({ length: 130 }, (_, number) => [`Fact${number}`, parameter(`/big/${number}`)]),
  );
  const name = await deploy('big', { resources }, { 'local-cloud:drift-looks': '2' });
  await put('/big/127', 'as changed');
  await (await cloud.aws.cloudFormation()).send(new DetectStackDriftCommand({ StackName: name }));
  const [first, second] = await Promise.all([check('big'), check('big')]);
  for (const checked of [first, second]) {
    expect(section(checked, name)).toMatchObject({
      state: 'found',
      summary: '1 of 130 resources differ, 129 in sync',
      findings: [{ id: `dev/stacks/${name}/Fact127` }],
    });
  }
  expect(`${first.stderr}${second.stderr}`).toContain(`${name}: a detection runs already: waiting for its end`);
});

test('the value of a secret parameter is shown nowhere', async () => {
  const parameters = { Key: { Type: 'String', NoEcho: true } };
  const values = [{ ParameterKey: 'Key', ParameterValue: 'the old key' }];
  const resources = { Fact: parameter('/hidden/fact', { Ref: 'Key' }) };
  const name = await deploy('hidden', { resources, parameters, values });
  await put('/hidden/fact', 'the new key');
  const checked = await check('hidden');
  expect(section(checked, name)?.findings[0]?.values).toEqual([{ path: '/Value', from: '[masked]', to: '[masked]' }]);
  expect(JSON.stringify(checked.report)).not.toMatch(/the (old|new) key/);
});
