import { beforeAll, expect, test, vi } from 'vitest';
import { type Commit, OrderedHost } from './ordered-host.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 180_000 });

const config = (check: string) => `instances: { min: 2, max: 3 }
health_check: { ${check}, grace_seconds: 0 }
database: none
`;
const before: Commit = { config: config('path: /health'), answers: { '/': 200, '/health': 200 } };
let host: OrderedHost;

beforeAll(async () => {
  host = await OrderedHost.make('100000000341');
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
  expect(there.asked).toBeGreaterThan(10);
  expect(await host.healthCheck()).toEqual(check);
  expect(await host.parameters()).toMatchObject({ HealthCheckType: 'EC2' });

  const back = await host.probed(() => host.push(before));
  expect(back).toEqual({ asked: expect.any(Number), failed: [] });
  expect(await host.healthCheck()).toEqual({ path: '/health', status: '200' });
  expect((await host.group())?.inService).toEqual(instances);
  await host.provision(before);
  expect(await host.parameters()).toMatchObject({ HealthCheckType: 'ELB' });
});
