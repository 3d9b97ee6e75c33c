import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ConditionalObjects } from '../../../scripts/aws/objects.ts';
import { readTenantRecord } from '../../../scripts/aws/read-facts.ts';
import { provisionHost } from '../../../scripts/host/provision.ts';
import { readRules } from '../../../scripts/listener/listener-rules.ts';
import { bandOf } from '../../../scripts/listener/priority.ts';
import { claimPriority } from '../../../scripts/listener/priority-claim.ts';
import { vendTenant } from '../../../scripts/tenant/vend.ts';
import { clientConfig, Stacks } from '../../local-cloud/tests/stacks.ts';
import { makeRule } from '../listener/listener.ts';
import { type PlatformRepository, platformRepository } from '../platform/repository.ts';
import { recorder } from '../recorder.ts';
import { justBefore, type Meddler, wire } from '../wire.ts';
import { type HostPlatform, hostPlatform, tenantDirectory } from './platform.ts';

const environment = 'dev';
const account = '100000000308';
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });
let platform: HostPlatform;
let repository: PlatformRepository;

beforeAll(async () => {
  platform = await hostPlatform(account);
  repository = await platformRepository(account);
  await repository.writePlatform({ dev: { domain: 'example.test', load_balancers: 2 } });
});
afterAll(() => repository.remove());

async function vend(tenant: string, loadBalancer: number) {
  const hosts = { dev: [`${tenant}.example.test`] };
  await repository.writeTenant(tenant, { project: `acme/${tenant}`, load_balancer: loadBalancer, hosts });
  const runtime = platform.runtime();
  await vendTenant(runtime, { directory: repository.directory, tenant, environment, dryRun: false });
  return runtime.progress().map((line) => line.trim());
}

/** Provisions a tenant, while somebody meddles between two calls. */
async function provision(tenant: string, known?: string, meddle?: Meddler) {
  const image = known ?? (await platform.image(tenant));
  const directory = await tenantDirectory('instances: { min: 0, max: 1 }\ndatabase: none');
  const cloud = platform.env.AWS_ENDPOINT_URL ?? '';
  const AWS_ENDPOINT_URL = meddle === undefined ? cloud : await wire(cloud, meddle);
  const runtime = recorder({ ...platform.env, AWS_ENDPOINT_URL });
  await provisionHost(runtime, { tenant, environment, directory, image, dryRun: false });
  return JSON.parse(runtime.printed()) as { priority: number };
}

const recorded = async (tenant: string) => (await readTenantRecord(platform.aws, { tenant, environment })).loadBalancer;

/** The priorities that are claimed on a listener, whoever by. */
async function claimed(listenerArn: string): Promise<string[]> {
  const objects = new ConditionalObjects(platform.aws, platform.bucket, (value) => value as object);
  return (await objects.list(`claims/listener/${listenerArn.split('/').at(-1)}/`)).filter((key) => /^\d+/.test(key));
}

// One story: each test stands on the one before.
describe('a platform with two load balancers', () => {
  test('a tenant on the second has its rule and its claim there, and nothing on the first', async () => {
    await vend('shop', 2);
    expect(await recorded('shop')).toBe(2);
    const { priority } = await provision('shop');
    const rules = await readRules(platform.aws, platform.secondListenerArn);
    expect(rules).toEqual([{ priority, targetGroups: ['vendhost-dev-shop--8080'] }]);
    expect(await claimed(platform.secondListenerArn)).toEqual([`${priority}.json`]);
    expect(await readRules(platform.aws, platform.listenerArn)).toEqual([]);
    expect(await claimed(platform.listenerArn)).toEqual([]);
  });

  test('a tenant with a virtual host cannot move, and is told how', async () => {
    await expect(vend('shop', 1)).rejects.toMatchObject({
      code: 'LOAD_BALANCER_FIXED',
      message: 'shop in dev is served by load balancer 2 and cannot move to 1; nothing was changed',
      details: ['stack vendhost-dev-shop-host is CREATE_COMPLETE: its target group belongs to load balancer 2'],
      hint: expect.stringContaining('set load_balancer: 2 in tenants/shop.yml'),
    });
    expect(await recorded('shop')).toBe(2);
  });

  test('a tenant whose virtual host was never made, because its first creation failed, may move', async () => {
    await vend('mover', 1);
    const stacks = new Stacks(clientConfig(platform.env.AWS_ENDPOINT_URL ?? '', account));
    const role = {
      Type: 'AWS::IAM::Policy',
      Properties: { PolicyName: 'p', PolicyDocument: {}, Roles: ['no-such-role'] },
    };
    const failed = await stacks.create('vendhost-dev-mover-host', { resources: { Broken: role } });
    expect(failed.status).toBe('ROLLBACK_COMPLETE');
    expect(await vend('mover', 2)).toContain('load balancer: 1 → 2');
  });

  test('one load balancer more than platform.yml says, and one more than there is', async () => {
    await expect(vend('blog', 3)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      details: [expect.stringContaining('load_balancer: 3 is wrong: must be at most 2, the load_balancers of dev')],
    });
    await repository.writePlatform({ dev: { domain: 'example.test', load_balancers: 3 } });
    await expect(vend('blog', 3)).rejects.toMatchObject({
      code: 'PLATFORM_MISSING',
      details: expect.arrayContaining(['missing or wrong: SSM parameter /vendhost/dev/listener-arn-3']),
    });
  });

  test('somebody makes the last rule while a host is deployed: the tenant is told, moves, and works', async () => {
    const listener = { bucket: platform.bucket, listenerArn: platform.listenerArn, loadBalancerArn: '' };
    for (let priority = 1; priority <= 99; priority += 1) {
      await makeRule(platform.aws, listener, priority, `other-${priority}`);
    }
    await vend('cafe', 1);
    const image = await platform.image('cafe');
    const last = justBefore('CreateStack', () => makeRule(platform.aws, listener, 500, 'the-last'));
    await expect(provision('cafe', image, last)).rejects.toMatchObject({
      code: 'LISTENER_FULL',
      message: 'load balancer 1 of dev has 100 rules, and AWS allows 100',
      details: [expect.stringMatching(/^vendhost-dev-cafe-host: .*TooManyRules/)],
    });
    expect(await vend('cafe', 2)).toContain('load balancer: 1 → 2');
    const { priority } = await provision('cafe', image);
    const rules = await readRules(platform.aws, platform.secondListenerArn);
    expect(rules).toContainEqual({ priority, targetGroups: ['vendhost-dev-cafe--8080'] });
  });

  test('a tenant whose load balancer is full claims nothing; it moves to the other one, and works', async () => {
    await vend('blog', 1);
    const { listenerArn, bucket } = platform;
    const claimant = { bucket, listenerArn, tenant: 'blog', band: bandOf('blog.example.test'), isOurs: () => false };
    const before = await claimed(listenerArn);
    await expect(provision('blog')).rejects.toMatchObject({
      code: 'LISTENER_FULL',
      message: 'load balancer 1 of dev has 100 rules, and AWS allows 100',
      hint: expect.stringContaining('set load_balancer: 2 in tenants/blog.yml'),
    });
    expect(await claimed(listenerArn)).toEqual(before);

    // As a provision leaves it that claimed before the last rule was made by somebody else.
    await claimPriority(platform.runtime(), platform.aws, claimant);
    expect(await claimed(listenerArn)).toEqual([...before, '100.json'].toSorted());
    expect(await vend('blog', 2)).toContain('load balancer: 1 → 2');
    expect(await recorded('blog')).toBe(2);
    expect(await claimed(listenerArn)).toEqual(before);

    const { priority } = await provision('blog');
    const rules = await readRules(platform.aws, platform.secondListenerArn);
    expect(rules).toContainEqual({ priority, targetGroups: ['vendhost-dev-blog--8080'] });
    expect(await readRules(platform.aws, listenerArn)).toHaveLength(100);
  });
});
