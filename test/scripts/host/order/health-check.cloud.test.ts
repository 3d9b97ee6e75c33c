import { beforeAll, expect, test, vi } from 'vitest';
import type { Meddler } from '../../wire.ts';
import { type Commit, OrderedHost } from './ordered-host.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const config = (check: string) => `instances: { min: 2, max: 3 }
health_check: { ${check}, grace_seconds: 0 }
database: none
`;
const before: Commit = { config: config('path: /health'), answers: { '/': 200, '/health': 200 } };
let host: OrderedHost;

beforeAll(async () => {
  host = await OrderedHost.make('100000000560');
  await host.push(before, await host.image());
  // From here on Auto Scaling replaces what the load balancer calls unhealthy.
  await host.provision(before);
});

test.each<[string, Commit, { path: string; status: string }]>([
  [
    'path',
    { config: config('path: /healthz'), answers: { '/': 200, '/healthz': 200 } },
    { path: '/healthz', status: '200' },
  ],
  [
    'status',
    { config: config('path: /health, status: "204"'), answers: { '/': 200, '/health': 204 } },
    { path: '/health', status: '204' },
  ],
  [
    'path and status',
    { config: config('path: /up, status: "401"'), answers: { '/': 200, '/up': 401 } },
    { path: '/up', status: '401' },
  ],
])('%s and its software in one push, and taken back in another: nobody notices', async (_, commit, check) => {
  const instances = (await host.group())?.inService;
  expect(await host.parameters()).toMatchObject({ HealthCheckType: 'ELB' });

  const there = await host.probed(() => host.push(commit));
  expect(there).toEqual({ asked: expect.any(Number), failed: [] });
  // At the beginning, after the provision, and after the release.
  expect(there.asked).toBeGreaterThanOrEqual(3);
  expect(await host.healthCheck()).toEqual(check);
  expect(await host.parameters()).toMatchObject({ HealthCheckType: 'EC2' });

  const back = await host.probed(() => host.push(before));
  expect(back).toEqual({ asked: expect.any(Number), failed: [] });
  expect(await host.healthCheck()).toEqual({ path: '/health', status: '200' });
  expect((await host.group())?.inService).toEqual(instances);
  await host.provision(before);
  expect(await host.parameters()).toMatchObject({ HealthCheckType: 'ELB' });
});

test('a check that the software does not pass: the release says so, no instance is replaced, and a correction is enough', async () => {
  const instances = (await host.group())?.inService;
  const typo: Commit = { ...before, config: config('path: /helth') };
  // However late the load balancer finds out, the release looks after that.
  let isSet = false;
  const foundOut: Meddler = async (call, next) => {
    if (call.operation === 'DescribeTargetHealth' && isSet) await host.everyTargetIs('unhealthy');
    const answer = await next();
    if (call.operation === 'ModifyTargetGroup') isSet = call.body.includes('helth');
    return answer;
  };
  const wrong = await host.probed(async () => {
    await host.provision(typo);
    await expect(host.release(typo, foundOut)).rejects.toMatchObject({
      code: 'HEALTH_CHECK_FAILED',
      message: 'the revision is released, but GET /helth does not answer 200',
      details: expect.arrayContaining([
        expect.stringMatching(/^i-\w+: Health checks failed with these codes: \[404\]$/),
      ]),
    });
    await host.everyTargetIs('healthy');
    await expect(host.release(typo, foundOut)).rejects.toMatchObject({ code: 'HEALTH_CHECK_FAILED' });
    await host.everyTargetIs('healthy');
  });
  expect(wrong.failed).toEqual([]);
  expect(await host.healthCheck()).toEqual({ path: '/health', status: '200-499' });
  const corrected = await host.probed(() => host.push(before));
  expect(corrected.failed).toEqual([]);
  expect(await host.healthCheck()).toEqual({ path: '/health', status: '200' });
  expect((await host.group())?.inService).toEqual(instances);
});

test('a check in force that no instance passes is reverted by the next provision', async () => {
  const typo: Commit = { ...before, config: config('path: /helth') };
  await host.provision(typo);
  await host.setHealthCheck({ path: '/helth', status: '200' });
  const found = await host.probed(async () => {
    await host.everyTargetIs('unhealthy');
    await host.provision(typo);
    await host.everyTargetIs('healthy');
  });
  expect(found.failed).toEqual([]);
  expect(await host.healthCheck()).toEqual({ path: '/helth', status: '200-499' });
  await host.push(before);
  await host.provision(before);
  expect(await host.parameters()).toMatchObject({ HealthCheckType: 'ELB' });
});

test('new software that fails is rolled back to the old, which passes meanwhile; reverting the commit ends it', async () => {
  const broken: Commit = { config: config('path: /ready'), answers: { '/': 200, '/ready': 200 }, hook: ['exit 7'] };
  const failed = await host.probed(async () => {
    await host.provision(broken);
    await expect(host.release(broken)).rejects.toMatchObject({ code: 'RELEASE_FAILED' });
  });
  expect(failed.failed).toEqual([]);
  expect(await host.healthCheck()).toEqual({ path: '/health', status: '200-499' });
  const reverted = await host.probed(() => host.push(before));
  expect(reverted.failed).toEqual([]);
  expect(await host.healthCheck()).toEqual({ path: '/health', status: '200' });
});
