import { beforeAll, expect, test, vi } from 'vitest';
import { type Commit, OrderedHost } from './ordered-host.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const config = `instances: { min: 1, max: 2 }
health_check: { grace_seconds: 0 }
database: none
`;
const reader: Commit = {
  config,
  answers: { '/': 200 },
  hook: [`python3 -c 'import json; print(json.load(open("/etc/vendhost/host.json"))["tenant"])'`],
};
/** As on AWS, where cloud-init has much to do before it runs user data. */
const late = ['mkdir -p /etc/local-cloud', 'echo 3 > /etc/local-cloud/user-data-delay'];
let host: OrderedHost;

beforeAll(async () => {
  host = await OrderedHost.make('100000000561');
});

test('a hook that reads host.json finds it on an instance that joins later, however late user data is', async () => {
  await host.push(reader, await host.image(...late));
  const before = (await host.group())?.inService ?? [];
  await host.scale(2);
  await vi.waitUntil(async () => (await host.group())?.inService.length === 2, { interval: 250, timeout: 120_000 });
  expect((await host.group())?.inService).toEqual(expect.arrayContaining([...before]));
  expect(await host.failedLaunches()).toEqual([]);
});
