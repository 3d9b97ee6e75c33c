import { join } from 'node:path';
import { DescribeImagesCommand } from '@aws-sdk/client-ec2';
import { beforeAll, expect, test, vi } from 'vitest';
import { readPlatformFacts } from '../../../scripts/aws/read-facts.ts';
import { checkDrift } from '../../../scripts/drift/check-drift.ts';
import { provisionHost } from '../../../scripts/host/provision.ts';
import { deployPlatform } from '../../../scripts/platform/deploy/deploy-platform.ts';
import type { Report } from '../../../scripts/report/report.ts';
import { vendTenant } from '../../../scripts/tenant/vend.ts';
import { cloudAccount } from '../../builders/account.ts';
import { makeImage } from '../../builders/image.ts';
import { type PlatformRepository, platformRepository } from '../../builders/platform-repository.ts';
import { recorder } from '../../builders/recorder.ts';
import { writeTree } from '../../builders/repository.ts';
import { refusal, type WireCall, wire } from '../wire.ts';

/** Whatever AWS refuses to show is unknown, never clean, and the rest is looked at all the same. */

vi.setConfig({ testTimeout: 600_000, hookTimeout: 300_000 });
const account = '720000000013';
const cloud = cloudAccount(account);
const environment = 'dev' as const;
let repository: PlatformRepository;

beforeAll(async () => {
  repository = await platformRepository(account);
  await repository.certify(cloud.endpoint);
  await repository.writeTenant('shop', { project: 'acme/shop', hosts: { dev: ['shop.dev.example.com'] } });
  const where = { directory: repository.directory, environment, dryRun: false };
  await deployPlatform(cloud.runtime(), where);
  await vendTenant(cloud.runtime(), { ...where, tenant: 'shop' });
  const facts = await readPlatformFacts(cloud.aws, environment);
  const debian = new DescribeImagesCommand({ Owners: ['136693071363'] });
  const { Images } = await (await cloud.aws.ec2()).send(debian);
  const tags = { 'vendhost:source-ami': Images?.[0]?.ImageId ?? '' };
  const image = await makeImage({ ...cloud, environment, bucket: facts.bucket, facts, listeners: [] }, 'shop', {
    tags,
  });
  const directory = join(repository.directory, 'shop');
  await writeTree(directory, { 'vendhost.yml': 'instances: { min: 1, max: 1 }\ndatabase: none' });
  await provisionHost(cloud.runtime(), { tenant: 'shop', environment, directory, image, dryRun: false });
});

const nameOf = ({ service, operation }: WireCall) => `${service} ${operation.replace(/ .*/, '')}`;

const options = {
  environment,
  tenant: undefined,
  failOn: ['never'] as const,
  checks: undefined,
  ignore: undefined,
  shard: undefined,
  junit: undefined,
  page: undefined,
};

async function check(meddle: (call: WireCall) => ReturnType<typeof refusal> | undefined) {
  const AWS_ENDPOINT_URL = await wire(cloud.endpoint, async (call, next) => meddle(call) ?? (await next()));
  const runtime = recorder({ ...cloud.env, AWS_ENDPOINT_URL });
  await checkDrift(runtime, { ...options, directory: repository.directory });
  return (JSON.parse(runtime.printed()) as Report).sections;
}

/** The calls of a check; without a role or an account there is nothing to look at, and who changed a thing is not the result. */
async function callsOfCheck() {
  const calls = new Set<string>();
  const sections = await check((call) => {
    calls.add(nameOf(call));
    return undefined;
  });
  const rest = [...calls].filter((name) => !/^(sts|cloudtrail) /.test(name)).sort();
  return { calls: rest, states: new Map(sections.map(({ id, state }) => [id, state])) };
}

test.each([['AccessDenied'], ['InternalFailure']])('%s to each call of a check', async (code) => {
  const { calls, states } = await callsOfCheck();
  expect(calls.length).toBeGreaterThan(25);
  const wrong: unknown[] = [];
  for (const name of calls) {
    const sections = await check((call) => (nameOf(call) === name ? refusal(call, code, 'nothing today') : undefined));
    const changed = sections.filter(({ id, state }) => states.get(id) !== state);
    const isSeen = changed.length > 0 && changed.every(({ state }) => state === 'unknown');
    if (!isSeen) wrong.push({ name, changed: changed.map(({ id, state }) => [id, state]) });
  }
  expect(wrong).toEqual([]);
});

test('a stack that somebody deletes while it is looked at is unknown, and the others are looked at', async () => {
  const gone = (call: WireCall) =>
    call.operation === 'DescribeStackResourceDrifts' && call.body.includes('shop-entry')
      ? refusal(call, 'ValidationError', 'Stack [vendhost-dev-shop-entry] does not exist')
      : undefined;
  const sections = await check(gone);
  expect(sections.find(({ title }) => title === 'vendhost-dev-shop-entry')).toMatchObject({
    state: 'unknown',
    summary: expect.stringContaining('Stack [vendhost-dev-shop-entry] does not exist'),
    findings: [{ title: expect.stringContaining('with an error: 400 ValidationError') }],
  });
  expect(sections.find(({ title }) => title === 'vendhost-dev-shop-host')?.state).toBe('clean');
  const failed = await check((call) =>
    call.operation === 'DescribeAutoScalingGroups' ? refusal(call, 'InternalFailure', 'nothing today') : undefined,
  );
  const hosts = failed.find(({ id }) => id === 'dev/hosts');
  expect(hosts?.findings[0]?.title).toContain('AWS_UNAVAILABLE');
});

test.each([
  ['1/1', true],
  ['1/2', false],
])('an entry of the ignore file that matches nothing is named by the shard %s: %s', async (shard, isNamed) => {
  const entry = '{ finding: dev/stacks/nothing/Like, reason: It is a test of this, until: 2999-01-01 }';
  await writeTree(repository.directory, { 'unused.yml': `ignore: [${entry}]` });
  const runtime = recorder(cloud.env);
  await checkDrift(runtime, { ...options, directory: repository.directory, ignore: 'unused.yml', shard });
  expect(runtime.progress().join('\n').includes('names dev/stacks/nothing/Like, and nothing like it')).toBe(isNamed);
});
