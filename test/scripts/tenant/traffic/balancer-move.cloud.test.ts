import { DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { beforeAll, expect, inject, test, vi } from 'vitest';
import { ConditionalObjects } from '../../../../scripts/aws/objects.ts';
import { readPublishedFacts, readTenantRecord } from '../../../../scripts/aws/read-facts.ts';
import { names } from '../../../../scripts/config/names.ts';
import { priorityClaimSchema } from '../../../../scripts/config/stored.ts';
import { findTargetGroup, readTargetHealth } from '../../../../scripts/host/health/tenant-target-group.ts';
import { provisionHost } from '../../../../scripts/host/provision.ts';
import { readRules } from '../../../../scripts/listener/listener-rules.ts';
import { startRelease } from '../../../../scripts/release/start.ts';
import { pushRevision } from '../../../../scripts/revision/push.ts';
import type { BalancerMove } from '../../../../scripts/tenant/traffic/balancer.ts';
import { vendTenant } from '../../../../scripts/tenant/vend.ts';
import { cloudAccount } from '../../../builders/account.ts';
import { makeImage } from '../../../builders/image.ts';
import { kioskSoftware } from '../../../builders/kiosk-software.ts';
import { makePlatform, type Platform } from '../../../builders/platform.ts';
import { type PlatformRepository, platformRepository } from '../../../builders/platform-repository.ts';
import { recorder } from '../../../builders/recorder.ts';
import { repository } from '../../../builders/repository.ts';
import { ask } from '../../../e2e/ask.ts';
import { type Meddler, refusal, wire } from '../../wire.ts';

// A tenant with a virtual host changes its load balancer, while somebody asks the one that DNS leads to all the time.

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });
const account = '183000000001';
const place = { tenant: 'kiosk', environment: 'dev' } as const;
const host = 'mover.dev.example.com';
const config = {
  'vendhost.yml':
    'instances: { min: 2, max: 3 }\nhealth_check: { path: /index.html, grace_seconds: 60 }\ndatabase: none\n',
};
let platform: Platform;
let files: PlatformRepository;
/** The load balancer that DNS leads to. */
let dns: 1 | 2 = 1;

/** DNS names of the load balancers. */
let balancers: readonly string[];
const balancerDns = (number: number) => balancers[number - 1] ?? '';

async function status(number: number): Promise<number> {
  const { router } = inject('localCloud');
  return (await ask(router.http, host, '/index.html', undefined, balancerDns(number))).status;
}

interface VendOf {
  readonly dnsMoved?: boolean;
  readonly meddle?: Meddler;
}

async function vend(loadBalancer: number, { dnsMoved = false, meddle }: VendOf = {}) {
  await files.writeTenant(place.tenant, { project: 'acme/kiosk', load_balancer: loadBalancer, hosts: { dev: [host] } });
  const AWS_ENDPOINT_URL = meddle === undefined ? platform.endpoint : await wire(platform.endpoint, meddle);
  const runtime = recorder({ ...platform.env, AWS_ENDPOINT_URL });
  await vendTenant(runtime, { ...place, directory: files.directory, dryRun: false, dnsMoved });
  const [vended] = JSON.parse(runtime.printed()).environments as { balancer?: BalancerMove; changed: boolean }[];
  return vended;
}

async function provision(image?: string): Promise<void> {
  const directory = await repository(config);
  await provisionHost(platform.runtime(), { ...place, directory, image, dryRun: false });
}

async function release(text: string): Promise<string> {
  const directory = await repository({ ...config, ...kioskSoftware, 'software/index.html': text });
  const pushed = platform.runtime();
  await pushRevision(pushed, { ...place, directory, dryRun: false });
  const released = platform.runtime();
  await startRelease(released, { ...place, revision: JSON.parse(pushed.printed()).revisionKey, dryRun: false });
  return JSON.parse(released.printed()).status;
}

const targetGroup = (number: number) => findTargetGroup(platform.aws, names.targetGroup(place, 8080, number));

async function healthyIn(number: number): Promise<void> {
  const arn = (await targetGroup(number))?.TargetGroupArn ?? '';
  const healthy = async () => (await readTargetHealth(platform.aws, arn)).healthy.length;
  await expect.poll(healthy, { timeout: 120_000 }).toBe(2);
}

/** Numbers of the load balancers that the alarm on unhealthy instances watches. */
async function watched(): Promise<string[]> {
  const AlarmNames = [names.hostAlarm(names.tenantStack(place, 'host'), 'unhealthy-hosts')];
  const answer = await (await platform.aws.cloudWatch()).send(new DescribeAlarmsCommand({ AlarmNames }));
  const [alarm] = answer.MetricAlarms ?? [];
  const metrics = alarm?.Metrics?.map(({ MetricStat }) => MetricStat?.Metric) ?? [alarm];
  return metrics.flatMap((metric) => {
    const group = metric?.Dimensions?.find(({ Name }) => Name === 'TargetGroup')?.Value ?? '';
    return /-(\d+)\//.exec(group)?.[1] ?? [];
  });
}

async function balancersOfRecord() {
  const { loadBalancer, otherBalancers, plainBalancer } = await readTenantRecord(platform.aws, place);
  return { loadBalancer, otherBalancers, plainBalancer };
}

/** How many rules and claimed numbers the tenant has on each load balancer. */
async function footprint() {
  const objects = new ConditionalObjects(platform.aws, platform.bucket, priorityClaimSchema);
  return await Promise.all(
    platform.listeners.map(async (listener) => {
      const claims = await objects.list(`claims/listener/${listener.split('/').at(-1)}/`);
      const rules = await readRules(platform.aws, listener);
      return { rules: rules.length, numbers: claims.filter((key) => /^\d+/.test(key)).length };
    }),
  );
}

const onlyOn = (number: 1 | 2) =>
  [1, 2].map((each) => (each === number ? { rules: 1, numbers: 1 } : { rules: 0, numbers: 0 }));
const onBoth = [1, 2].map(() => ({ rules: 1, numbers: 1 }));
const waits = (from: number, to: number, waitsFor: string) => ({
  balancer: { from, to, waitsFor, dns: { from: balancerDns(from), to: balancerDns(to) } },
});

/** Asks without a pause where DNS leads to while the work is done; every status that was answered. */
async function asking(work: () => Promise<void>): Promise<number[]> {
  const statuses: number[] = [];
  let isDone = false;
  const probing = (async () => {
    while (!isDone) statuses.push(await status(dns));
  })();
  try {
    await work();
  } finally {
    isDone = true;
    await probing;
  }
  return statuses;
}

/** Fails the update of the entry stack: the record is written by then. */
const killed: Meddler = async (call, next) =>
  call.operation === 'UpdateStack' && call.body.includes('-entry') ? refusal(call, 'AccessDenied') : await next();

beforeAll(async () => {
  platform = await makePlatform(cloudAccount(account), { network: true, balancers: 2 });
  files = await platformRepository(account);
  await files.writePlatform({ dev: { load_balancers: 2 } });
  const { values } = await readPublishedFacts(platform.aws, 'dev');
  balancers = [values['load-balancer-dns'] ?? '', values['load-balancer-dns-2'] ?? ''];
  await vend(1);
  await provision(await makeImage(platform, place.tenant, { agent: true }));
  expect(await release('open\n')).toBe('succeeded');
});

// One story: each test stands on the one before.
test('a move reverted half-way leaves nothing behind', async () => {
  const statuses = await asking(async () => {
    await expect(vend(2, { meddle: killed })).rejects.toMatchObject({
      message: expect.stringContaining('AccessDenied'),
    });
    expect(await footprint()).toEqual([
      { rules: 1, numbers: 1 },
      { rules: 0, numbers: 1 },
    ]);
    expect(await vend(2)).toMatchObject({ ...waits(1, 2, 'attach'), changed: true });
    expect(await vend(2)).toMatchObject({ ...waits(1, 2, 'attach'), changed: false });
    expect(await footprint()).toEqual(onBoth);
    expect(await balancersOfRecord()).toEqual({ loadBalancer: 1, otherBalancers: [2], plainBalancer: 1 });
    await provision();
    expect(await watched()).toEqual(['1', '2']);
    await healthyIn(2);
    expect(await vend(2)).toMatchObject(waits(1, 2, 'dns'));
    expect(await balancersOfRecord()).toEqual({ loadBalancer: 2, otherBalancers: [1], plainBalancer: 1 });
    expect(await status(2)).toBe(200);
    expect(await vend(1)).toMatchObject(waits(2, 1, 'dns'));
    expect(await vend(1, { dnsMoved: true })).toMatchObject(waits(2, 1, 'detach'));
    await provision();
    expect(await watched()).toEqual(['1']);
    const last = await vend(1);
    expect(last?.changed).toBe(true);
    expect(last?.balancer).toBeUndefined();
  });
  expect(new Set(statuses)).toEqual(new Set([200]));
  expect(await footprint()).toEqual(onlyOn(1));
  expect(await balancersOfRecord()).toEqual({ loadBalancer: 1 });
  expect(await targetGroup(2)).toBeUndefined();
});

test('the move: the load balancer that DNS points to answers at every step, even during a release', async () => {
  const statuses = await asking(async () => {
    expect(await vend(2)).toMatchObject(waits(1, 2, 'attach'));
    await provision();
    await healthyIn(2);
    expect((await targetGroup(2))?.HealthCheckPath).toBe('/index.html');
    expect(await vend(2)).toMatchObject(waits(1, 2, 'dns'));
    expect(await release('newer\n')).toBe('succeeded');
    expect(await vend(2)).toMatchObject(waits(1, 2, 'dns'));
    dns = 2;
    await expect(vend(2, { dnsMoved: true, meddle: killed })).resolves.toMatchObject(waits(1, 2, 'detach'));
    expect(await status(1)).toBe(200);
    // That DNS has moved is on record.
    expect(await vend(2)).toMatchObject(waits(1, 2, 'detach'));
    await provision();
    await expect(vend(2, { meddle: killed })).rejects.toMatchObject({
      message: expect.stringContaining('AccessDenied'),
    });
    await vend(2);
  });
  expect(new Set(statuses)).toEqual(new Set([200]));
  expect(await footprint()).toEqual(onlyOn(2));
  expect(await balancersOfRecord()).toEqual({ loadBalancer: 2, plainBalancer: 1 });
  expect(await targetGroup(1)).toBeUndefined();
  expect(await status(1)).toBe(503);
  const last = await vend(2);
  expect(last?.changed).toBe(false);
  expect(last?.balancer).toBeUndefined();
  expect(await release('newest\n')).toBe('succeeded');
});
