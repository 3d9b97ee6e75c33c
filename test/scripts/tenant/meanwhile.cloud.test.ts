import { CreateRoleCommand, DeleteRoleCommand } from '@aws-sdk/client-iam';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { ConditionalObjects } from '../../../scripts/aws/objects.ts';
import { keys } from '../../../scripts/config/names.ts';
import { hostClaimSchema } from '../../../scripts/config/stored.ts';
import { Cancelled } from '../../../scripts/errors.ts';
import { readStack } from '../../../scripts/stack/stack-state.ts';
import { cloudAccount } from '../../builders/account.ts';
import { makePlatform, type Platform } from '../../builders/platform.ts';
import { type PlatformRepository, platformRepository } from '../../builders/platform-repository.ts';
import { claimHost } from '../../builders/tenant.ts';
import { type LocalGitlab, startLocalGitlab } from '../../local-gitlab/api.ts';
import { errorIn, vendhost } from '../command-line.ts';
import { justBefore, type Meddler, wire } from '../wire.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });
const account = '100000000322';
const cloud = inject('localCloud');
const hosts = ['a.example.test', 'b.example.test'];
let platform: Platform;
let repository: PlatformRepository;
let gitlab: LocalGitlab;
beforeAll(async () => {
  platform = await makePlatform(cloudAccount(account), { network: true, balancers: 1 });
  repository = await platformRepository(account);
  await repository.writePlatform({ dev: { domain: 'example.test' } });
  gitlab = await startLocalGitlab({ projects: ['acme/shop'] });
});
afterAll(async () => {
  await gitlab.stop();
});

interface Parts {
  readonly signal?: AbortSignal;
  readonly env?: object;
  readonly hosts?: readonly string[];
}

/** Vends a tenant with both hosts, while somebody meddles between two calls. */
async function vend(tenant: string, meddle?: Meddler, parts: Parts = {}) {
  const { env, hosts: wanted = hosts, ...others } = parts;
  await repository.writeTenant(tenant, { project: `acme/${tenant}`, hosts: { dev: wanted } });
  const address = meddle === undefined ? {} : { AWS_ENDPOINT_URL: await wire(cloud.endpoint, meddle) };
  const words = ['tenant', 'vend', tenant, '--environment', 'dev'];
  return await vendhost(words, { env: { ...platform.env, ...address, ...env }, cwd: repository.directory, ...others });
}

async function owners(): Promise<(string | undefined)[]> {
  const objects = new ConditionalObjects(platform.aws, platform.bucket, hostClaimSchema);
  return await Promise.all(hosts.map(async (host) => (await objects.read(keys.hostClaim(host)))?.value.tenant));
}

// One story about two hosts: nobody has them until the last vend.
describe('hosts that were claimed a moment ago', () => {
  test('are given back when another tenant was faster with one of them', async () => {
    const Key = keys.hostClaim('b.example.test');
    const rival = justBefore(/^PUT .*b\.example\.test/, () => claimHost(platform, 'b.example.test', 'rival'));
    const ended = await vend('slow', rival);
    expect([errorIn(ended), await owners()]).toEqual(['HOST_TAKEN', [undefined, 'rival']]);
    expect(await readStack(platform.aws, 'vendhost-dev-slow-access')).toBeUndefined();
    const claims = new ConditionalObjects(platform.aws, platform.bucket, hostClaimSchema);
    await claims.remove(Key, (await claims.read(Key))?.etag ?? '');
  });

  test('are given back when the roles cannot be deployed', async () => {
    const iam = await platform.aws.iam();
    const RoleName = 'vendhost-dev-unlucky-deploy';
    const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [] });
    await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }));
    expect(errorIn(await vend('unlucky'))).toBe('STACK_FAILED');
    expect(await owners()).toEqual([undefined, undefined]);
    await iam.send(new DeleteRoleCommand({ RoleName }));
  });

  test('stay with a tenant whose vend was cancelled: CloudFormation may finish it', async () => {
    const stop = new AbortController();
    const cancel = justBefore('DescribeStackEvents', async () => stop.abort(new Cancelled('SIGTERM')));
    const ended = await vend('shop', cancel, { signal: stop.signal });
    expect([ended.code, errorIn(ended)]).toEqual([143, 'CANCELLED']);
    expect(await owners()).toEqual(['shop', 'shop']);
  });
});

test('a host removed from the file that another tenant claimed meanwhile stays with that tenant', async () => {
  const taken = justBefore('UpdateStack', () => claimHost(platform, 'b.example.test', 'rival'));
  expect((await vend('shop', taken, { hosts: hosts.slice(0, 1) })).code).toBe(0);
  expect(await owners()).toEqual(['shop', 'rival']);
});

test('a band whose every number is claimed', async () => {
  const claims = Array.from({ length: 1000 }, (_, index) => `${40_001 + index}.json`);
  const full: Meddler = async ({ operation }, next) => {
    const prefix = /^GET .*[?&]prefix=([^&]*claims%2Flistener[^&]*)/.exec(operation)?.[1];
    if (prefix === undefined) return await next();
    const keys = claims.map((name) => `<Contents><Key>${decodeURIComponent(prefix)}${name}</Key></Contents>`);
    return {
      status: 200,
      body: `<ListBucketResult><IsTruncated>false</IsTruncated>${keys.join('')}</ListBucketResult>`,
    };
  };
  const ended = await vend('crowd', full, { hosts: ['*.a.b.c.d.e.f.g.h.example.test'] });
  expect([ended.code, errorIn(ended)]).toEqual([1, 'PRIORITIES_EXHAUSTED']);
});

test('variables of several environments that are outdated: only those of this one are updated', async () => {
  const project = gitlab.state.project('acme/shop');
  if (project === undefined) throw new Error('no project');
  for (const scope of ['dev', 'production']) {
    gitlab.state.createVariable(project, { key: 'AWS_REGION', value: 'eu-south-1', environment_scope: scope });
  }
  gitlab.state.protectBranch(project, 'dev');
  const access = { CI_API_V4_URL: gitlab.api, VENDHOST_GITLAB_TOKEN: gitlab.token };
  expect((await vend('shop', undefined, { env: access, hosts: hosts.slice(0, 1) })).stderr).toContain(
    'GitLab variable AWS_REGION (dev): update',
  );
  const regions = gitlab.variables('acme/shop').filter(({ key }) => key === 'AWS_REGION');
  expect(regions.map(({ environment_scope, value }) => [environment_scope, value])).toEqual([
    ['dev', 'eu-west-1'],
    ['production', 'eu-south-1'],
  ]);
});
