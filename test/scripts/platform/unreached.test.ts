import { beforeAll, expect, test, vi } from 'vitest';
import { type PlatformRepository, platformRepository } from '../../builders/platform-repository.ts';
import { errorIn, vendhost } from '../command-line.ts';
import { refusal, type WireAnswer, type WireCall, wire } from '../wire.ts';

// Some commands load the CDK.
vi.setConfig({ testTimeout: 60_000 });

const account = '100000000001';
const xml = (operation: string, inside: string) =>
  `<${operation}Response><${operation}Result>${inside}</${operation}Result></${operation}Response>`;

/** An account in which nothing is, so that its environments can be looked at. */
const empty: Readonly<Record<string, string>> = {
  GetCallerIdentity: xml('GetCallerIdentity', `<Account>${account}</Account>`),
  GetParametersByPath: '{"Parameters":[]}',
  ListStacks: xml('ListStacks', '<StackSummaries></StackSummaries>'),
};

async function answer(call: WireCall): Promise<WireAnswer> {
  const body = empty[call.operation];
  if (body !== undefined) return { status: 200, body };
  if (call.operation === 'DescribeStacks') return refusal(call, 'ValidationError', 'Stack does not exist');
  if (call.operation === 'GetOpenIDConnectProvider') return refusal(call, 'NoSuchEntity');
  if (call.operation === 'DescribeCertificate') return refusal(call, 'ResourceNotFoundException');
  return refusal(call, 'AccessDenied', `not authorized to perform: ${call.service}:${call.operation}`);
}

let repository: PlatformRepository;
beforeAll(async () => {
  // The third environment is in an account that these credentials are not for.
  repository = await platformRepository(account, { production: '999999999999' });
});

async function run(...words: string[]) {
  const AWS_ENDPOINT_URL = await wire(undefined, answer);
  const env = { AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID: account, AWS_SECRET_ACCESS_KEY: 'secret' };
  return await vendhost(words, { env, cwd: repository.directory });
}

const environmentsIn = (stdout: string) =>
  (JSON.parse(stdout) as { environments: { environment: string }[] }).environments.map((each) => each.environment);
const unreached = {
  environment: 'production',
  code: 'ACCOUNT_WRONG',
  message: expect.stringContaining('999999999999'),
};

test('tenant plan shows the other environments, and fails for what is unknown', async () => {
  const ended = await run('tenant', 'plan', '--all', '--json');
  expect([ended.code, errorIn(ended)]).toEqual([1, 'REGISTER_UNREAD']);
  expect(environmentsIn(ended.stdout)).toEqual(['dev', 'staging', 'production']);
  expect(ended.stderr).toContain('production: unknown: ACCOUNT_WRONG: the credentials are for account');
});

test('tenant list shows the other environments', async () => {
  const ended = await run('tenant', 'list', '--all', '--json');
  expect([ended.code, errorIn(ended)]).toEqual([1, 'ACCOUNT_WRONG']);
  expect(JSON.parse(ended.stdout)).toEqual({ tenants: [], failed: [unreached] });
});

test.each([['status'], ['fleet']])('platform %s names it as unknown to people', async (verb) => {
  const ended = await run('platform', verb, '--all');
  expect(ended.stdout).toMatch(/production(: unknown| are not known): ACCOUNT_WRONG/);
});

test('platform status shows the other environments', async () => {
  const ended = await run('platform', 'status', '--all', '--json');
  expect([ended.code, errorIn(ended)]).toEqual([1, 'ACCOUNT_WRONG']);
  expect(environmentsIn(ended.stdout)).toEqual(['dev', 'staging']);
  expect(JSON.parse(ended.stdout)).toMatchObject({ healthy: false, failed: [unreached] });
});

test('drift check has a section that says nothing of it was checked', async () => {
  const ended = await run('drift', 'check', '--all', '--check', 'stacks', '--json');
  const { sections } = JSON.parse(ended.stdout) as { sections: { id: string; state: string }[] };
  expect(sections.map(({ id, state }) => [id, state])).toContainEqual(['production/account', 'unknown']);
  expect(sections.map(({ id }) => id.split('/')[0])).toEqual(expect.arrayContaining(['dev', 'staging']));
  expect(ended.code).toBe(1);
  const lenient = await run('drift', 'check', '--all', '--check', 'stacks', '--fail-on', 'drift');
  expect(lenient.stdout).toContain('the account of production: not checked: the credentials are for account');
});

test('one environment alone that cannot be reached is refused as ever', async () => {
  const ended = await run('tenant', 'plan', '--environment', 'production');
  expect([ended.code, errorIn(ended), ended.stdout]).toEqual([1, 'ACCOUNT_WRONG', '']);
});
