import { beforeAll, describe, expect, test, vi } from 'vitest';
import { ConditionalObjects } from '../../../../scripts/aws/objects.ts';
import { readStoredRecord, readTenantRecord } from '../../../../scripts/aws/read-facts.ts';
import { names } from '../../../../scripts/config/names.ts';
import { priorityClaimSchema } from '../../../../scripts/config/stored.ts';
import { provisionHost } from '../../../../scripts/host/provision.ts';
import { readRules } from '../../../../scripts/listener/listener-rules.ts';
import { vendTenant } from '../../../../scripts/tenant/vend.ts';
import { cloudAccount } from '../../../builders/account.ts';
import { makeRule } from '../../../builders/balancer.ts';
import { makeImage } from '../../../builders/image.ts';
import { makePlatform, type Platform, putParameter } from '../../../builders/platform.ts';
import { type PlatformRepository, platformRepository } from '../../../builders/platform-repository.ts';
import { recorder } from '../../../builders/recorder.ts';
import { repository } from '../../../builders/repository.ts';
import { Stacks } from '../../../builders/stacks.ts';
import { clientConfig } from '../../../local-cloud/clients.ts';
import { justBefore, type Meddler, wire } from '../../wire.ts';

const environment = 'dev';
const account = '100000000308';
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });
let platform: Platform;
let first: string;
let second: string;
let platformFiles: PlatformRepository;

beforeAll(async () => {
  platform = await makePlatform(cloudAccount(account), { network: true, balancers: 2 });
  [first = '', second = ''] = platform.listeners;
  platformFiles = await platformRepository(account);
  await platformFiles.writePlatform({ dev: { load_balancers: 2 } });
});

/** Writes the tenant's file and vends it, while another writer acts between two calls. */
async function vend(
  tenant: string,
  loadBalancer: number,
  { port = 8080, meddle }: { port?: number; meddle?: Meddler } = {},
) {
  const hosts = { dev: [`${tenant}.dev.example.com`] };
  await platformFiles.writeTenant(tenant, { project: `acme/${tenant}`, load_balancer: loadBalancer, port, hosts });
  const AWS_ENDPOINT_URL = meddle === undefined ? platform.endpoint : await wire(platform.endpoint, meddle);
  const runtime = recorder({ ...platform.env, AWS_ENDPOINT_URL });
  await vendTenant(runtime, { directory: platformFiles.directory, tenant, environment, dryRun: false });
  const { environments: vended } = JSON.parse(runtime.printed()) as {
    environments: { priorities: { exact: number } }[];
  };
  return { lines: runtime.progress().map((line) => line.trim()), priority: vended[0]?.priorities.exact };
}

async function provision(tenant: string) {
  const image = await makeImage(platform, tenant);
  const directory = await repository({ 'vendhost.yml': 'instances: { min: 0, max: 1 }\ndatabase: none' });
  await provisionHost(platform.runtime(), { tenant, environment, directory, image, dryRun: false });
}

const recorded = async (tenant: string) => (await readTenantRecord(platform.aws, { tenant, environment })).loadBalancer;

/** The priorities that anybody has claimed on a listener. */
async function claimed(listenerArn: string): Promise<string[]> {
  const objects = new ConditionalObjects(platform.aws, platform.bucket, priorityClaimSchema);
  return (await objects.list(`claims/listener/${listenerArn.split('/').at(-1)}/`)).filter((key) => /^\d+/.test(key));
}

// One story: each test stands on the one before.
describe('a platform with two load balancers', () => {
  test('a tenant on the second has its rule and its claim there, and nothing on the first', async () => {
    const { priority } = await vend('shop', 2);
    expect(await recorded('shop')).toBe(2);
    expect(await readRules(platform.aws, second)).toEqual([
      { priority, targetGroups: ['vendhost-dev-shop--8080-2'], hosts: ['shop.dev.example.com'] },
    ]);
    expect(await claimed(second)).toEqual([`${priority}.json`]);
    expect(await readRules(platform.aws, first)).toEqual([]);
    expect(await claimed(first)).toEqual([]);
  });

  test('a tenant without a virtual host may change its port, and keeps its number', async () => {
    const { priority } = await vend('porter', 2, { port: 3000 });
    expect((await vend('porter', 2, { port: 8080 })).priority).toBe(priority);
    expect(await readRules(platform.aws, second)).toContainEqual({
      priority,
      targetGroups: ['vendhost-dev-porter--8080-2'],
      hosts: ['porter.dev.example.com'],
    });
  });

  test('a tenant with a virtual host cannot change its port, and is told how', async () => {
    await provision('shop');
    await expect(vend('shop', 2, { port: 3000 })).rejects.toMatchObject({
      code: 'PORT_FIXED',
      message: 'shop in dev listens on port 8080 and cannot move to 3000; nothing was changed',
      details: ['stack vendhost-dev-shop-host is CREATE_COMPLETE: its instances and its target group have port 8080'],
      hint: expect.stringContaining('set port: 8080 in tenants/shop.yml'),
    });
    expect(await recorded('shop')).toBe(2);
  });

  test('a virtual host whose rules an older version deployed cannot change its load balancer, and is told how', async () => {
    const name = names.tenantRecord({ tenant: 'shop', environment });
    const { port: _port, ...former } = JSON.parse(
      await readStoredRecord(platform.aws, { tenant: 'shop', environment }),
    );
    await putParameter(platform.aws, name, JSON.stringify(former));
    await expect(vend('shop', 1)).rejects.toMatchObject({
      code: 'LOAD_BALANCER_FIXED',
      message: 'shop in dev is served by load balancer 2 and cannot move to 1; nothing was changed',
      details: [expect.stringMatching(/^stack vendhost-dev-shop-host is CREATE_COMPLETE: /)],
      hint: expect.stringContaining('set load_balancer: 2 in tenants/shop.yml'),
    });
    await vend('shop', 2);
    expect(await recorded('shop')).toBe(2);
  });

  test('a tenant whose virtual host was never made, because its first creation failed, may move', async () => {
    const { priority } = await vend('mover', 1);
    expect(await claimed(first)).toEqual([`${priority}.json`]);
    const stacks = new Stacks(clientConfig(platform.endpoint, account));
    const role = {
      Type: 'AWS::IAM::Policy',
      Properties: { PolicyName: 'p', PolicyDocument: {}, Roles: ['no-such-role'] },
    };
    const failed = await stacks.create('vendhost-dev-mover-host', { resources: { Broken: role } });
    expect(failed.status).toBe('ROLLBACK_COMPLETE');
    expect((await vend('mover', 2)).lines).toContain('load balancer: 1 → 2');
    expect(await readRules(platform.aws, first)).toEqual([]);
    expect(await claimed(first)).toEqual([]);
  });

  test('one load balancer more than in platform.yml, and one more than exists', async () => {
    await expect(vend('blog', 3)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      details: [expect.stringContaining('load_balancer: 3 is wrong: must be at most 2, the load_balancers of dev')],
    });
    await platformFiles.writePlatform({ dev: { load_balancers: 3 } });
    await expect(vend('blog', 3)).rejects.toMatchObject({
      code: 'PLATFORM_MISSING',
      details: expect.arrayContaining(['missing or wrong: SSM parameter /vendhost/dev/listener-arn-3']),
    });
  });

  test('somebody adds the last rule while a tenant is vended: the platform team is told, moves it, and it works', async () => {
    for (let priority = 1; priority <= 99; priority += 1) {
      await makeRule(platform.aws, first, priority, `other-${priority}`);
    }
    const last = justBefore('CreateStack', () => makeRule(platform.aws, first, 500, 'the-last'));
    await expect(vend('cafe', 1, { meddle: last })).rejects.toMatchObject({
      code: 'LISTENER_FULL',
      message: 'load balancer 1 of dev has 100 rules, and AWS allows 100',
      details: [expect.stringMatching(/^vendhost-dev-cafe-entry: .*TooManyRules/)],
    });
    expect(await claimed(first)).toEqual(['100.json']);
    const { lines, priority } = await vend('cafe', 2);
    expect(lines).toContain('load balancer: 1 → 2');
    expect(await claimed(first)).toEqual([]);
    const rules = await readRules(platform.aws, second);
    expect(rules).toContainEqual({
      priority,
      targetGroups: ['vendhost-dev-cafe--8080-2'],
      hosts: ['cafe.dev.example.com'],
    });
  });

  test('a tenant whose load balancer is full claims nothing; on the other one it works', async () => {
    await expect(vend('blog', 1)).rejects.toMatchObject({
      code: 'LISTENER_FULL',
      message: 'load balancer 1 of dev has 100 rules, and AWS allows 100',
      hint: expect.stringContaining('set load_balancer: 2 in tenants/blog.yml'),
    });
    expect(await claimed(first)).toEqual([]);
    const { priority } = await vend('blog', 2);
    const rules = await readRules(platform.aws, second);
    expect(rules).toContainEqual({
      priority,
      targetGroups: ['vendhost-dev-blog--8080-2'],
      hosts: ['blog.dev.example.com'],
    });
    expect(await readRules(platform.aws, first)).toHaveLength(100);
  });

  test('a tenant keeps its rule on a load balancer that is full', async () => {
    const { length } = await readRules(platform.aws, second);
    for (let count = length; count < 100; count += 1) {
      await makeRule(platform.aws, second, 1000 + count, `filler-${count}`);
    }
    const { priority, lines } = await vend('shop', 2);
    expect(lines).toContain(`priority ${priority} (kept) for shop.dev.example.com`);
    const rules = await readRules(platform.aws, second);
    expect(rules).toContainEqual({
      priority,
      targetGroups: ['vendhost-dev-shop--8080-2'],
      hosts: ['shop.dev.example.com'],
    });
  });
});
