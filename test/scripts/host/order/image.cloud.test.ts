import { beforeAll, expect, test, vi } from 'vitest';
import { type Commit, OrderedHost } from './ordered-host.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const config = `instances: { min: 2, max: 3 }
health_check: { grace_seconds: 0 }
database: none
`;
const runtime = (name: string) => `test -e /opt/runtime-${name}`;
const install = (...names: string[]) => names.map((name) => `touch /opt/runtime-${name}`);
const old: Commit = { config, answers: { '/': 200 }, hook: [runtime('old')] };
const next: Commit = { config, answers: { '/': 200, '/next': 200 }, hook: [runtime('new')] };
let host: OrderedHost;
let oldImage: string;

beforeAll(async () => {
  host = await OrderedHost.make('100000000563');
  oldImage = await host.image(...install('old'));
  await host.push(old, oldImage);
  await host.provision(old);
});

test('an image and hooks that need each other are refused by the roll-out, which nobody notices; in two pushes they pass', async () => {
  const newImage = await host.image(...install('new'));
  const refused = await host.probed(async () => {
    await expect(host.provision(next, newImage)).rejects.toMatchObject({ code: 'ROLL_OUT_FAILED' });
    await host.push(old, oldImage);
  });
  expect(refused.failed).toEqual([]);

  const both = await host.image(...install('old', 'new'));
  const moved = await host.probed(async () => {
    await host.push(next, both);
    await host.push(next, newImage);
  });
  expect(moved.failed).toEqual([]);
});
