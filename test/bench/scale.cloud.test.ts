import { beforeAll, expect, test, vi } from 'vitest';
import { checkDrift } from '../../scripts/drift/check-drift.ts';
import { platformStatus } from '../../scripts/platform/status/platform-status.ts';
import type { Runtime } from '../../scripts/runtime.ts';
import { planTenants } from '../../scripts/tenant/register/plan-tenants.ts';
import { cloudAccount } from '../builders/account.ts';
import { makePlatform, type Platform } from '../builders/platform.ts';
import { platformRepository } from '../builders/platform-repository.ts';
import { recorder } from '../builders/recorder.ts';
import { fillGroups, fillRegister, nameOf, tenantFile } from '../builders/register.ts';
import { type Budgeted, mostOthers, overBudget, type Size, sizeOf } from './budgets.ts';
import { countCalls } from './count-calls.ts';

/** What the commands of a platform call, for 10 tenants and for 40: the rest of docs/scale.md is `npm run bench:scale`. */

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });
const environment = 'dev' as const;
const sizes = [10, 40] as const;
const options = {
  ...{ environment, tenant: undefined, failOn: ['never' as const], ignore: undefined, shard: undefined },
  ...{ junit: undefined, page: undefined },
} as const;

type Run = (runtime: Runtime, directory: string) => Promise<unknown>;
/** `tenant vend --dry-run` takes its time for templates: the bench has it. */
const commands: Readonly<Record<Exclude<Budgeted, 'tenant vend --dry-run'>, Run>> = {
  'tenant plan': (runtime, directory) => planTenants(runtime, { directory, tenant: undefined, environment }),
  'platform status': (runtime, directory) => platformStatus(runtime, { directory, environment }),
  'drift check --check ownership': (runtime, directory) =>
    checkDrift(runtime, { ...options, directory, checks: ['ownership'] }),
  'drift check': (runtime, directory) => checkDrift(runtime, { ...options, directory, checks: undefined }),
};

interface World {
  readonly size: Size;
  readonly directory: string;
  readonly platform: Platform;
}
let worlds: readonly World[];

beforeAll(async () => {
  worlds = await Promise.all(sizes.map((tenants, index) => world(tenants, `18600000000${index + 1}`)));
});

/** An environment with so many tenants, each with an Auto Scaling group that has no instances. */
async function world(tenants: number, account: string): Promise<World> {
  const { directory, writeTenant } = await platformRepository(account);
  const platform = await makePlatform(cloudAccount(account), { environment, balancers: 1 });
  const all = [...Array(tenants).keys()];
  for (const index of all) await writeTenant(nameOf(index), tenantFile(index, [environment]));
  await fillRegister(platform, directory, 0, tenants);
  await fillGroups(platform, tenants);
  return { size: sizeOf(tenants), directory, platform };
}

/** Runs a command on a counted wire; its result, and how many calls of each kind it made. */
async function run(command: keyof typeof commands, { directory, platform }: World) {
  const { address, counts, close } = await countCalls(platform.endpoint);
  try {
    const runtime = recorder({ ...platform.env, AWS_ENDPOINT_URL: address });
    await commands[command](runtime, directory);
    return { result: JSON.parse(runtime.printed()), counts: counts() };
  } finally {
    close();
  }
}

/** Kinds of calls that 30 more tenants add more than pages to. */
const byTenant: Readonly<Record<keyof typeof commands, readonly string[]>> = {
  'tenant plan': [],
  'platform status': ['GetObject'],
  'drift check --check ownership': ['GetObject'],
  'drift check': [
    'DescribeInstanceRefreshes',
    'DescribeLaunchTemplateVersions',
    'DescribeLifecycleHooks',
    'DescribeStackDriftDetectionStatus',
    'DescribeStackResourceDrifts',
    'DetectStackDrift',
    'GetDeploymentGroup',
    'GetObject',
    'ListStackResources',
  ],
};

test.each(Object.keys(commands) as (keyof typeof commands)[])('%s keeps to its budget', async (command) => {
  const [few, many] = await Promise.all(worlds.map((each) => run(command, each)));
  const [fewSize, manySize] = worlds.map(({ size }) => size);
  if (few === undefined || many === undefined || fewSize === undefined || manySize === undefined) throw new Error();
  expect(overBudget(command, fewSize, few.counts)).toEqual([]);
  expect(overBudget(command, manySize, many.counts)).toEqual([]);
  const grown = Object.keys(many.counts).filter((kind) => {
    return (many.counts[kind] ?? 0) - (few.counts[kind] ?? 0) > mostOthers;
  });
  expect(grown).toEqual(byTenant[command]);
});

test('the tenants that come as data are as their files say', async () => {
  const [, big] = worlds;
  if (big === undefined) throw new Error('no world');
  const plan = (await run('tenant plan', big)).result;
  expect(plan).toMatchObject({ differs: false, environments: [{ unread: [] }] });
  expect(plan.environments[0].rows).toHaveLength(40);
  const status = (await run('platform status', big)).result;
  const compared = { compared: true, maintenance: [], rules: 40, claims: 80, records: 40, files: 40, differences: [] };
  expect(status.environments[0].ownership).toEqual(compared);
});
