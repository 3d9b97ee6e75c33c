import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { execa } from 'execa';
import { atMost } from '../../scripts/aws/at-most.ts';
import { type Environment, environments } from '../../scripts/config/environment.ts';
import { keys, names } from '../../scripts/config/names.ts';
import { listenerId } from '../../scripts/listener/priority-claim.ts';
import { type CloudAccount, cloudAccount } from '../builders/account.ts';
import { makePlatform, type Platform, putParameter } from '../builders/platform.ts';
import { platformRepository } from '../builders/platform-repository.ts';
import { tenantRecord } from '../builders/sample.ts';
import { Stacks } from '../builders/stacks.ts';
import { clientConfig } from '../local-cloud/clients.ts';
import { startLocalCloud } from '../local-cloud/start.ts';
import { openWire } from '../scripts/wire.ts';

/**
 * `npm run bench:scale`: a register of 1,000 tenants (`BENCH_TENANTS`) in three environments, their stacks as data and their load balancers
 * full: how many calls the commands of a platform make, which must fit the budgets of docs/scale.md, and how long they take here.
 */
const tenants = Number(process.env.BENCH_TENANTS ?? 1000);
const perBalancer = 100;
const balancers = Math.ceil(tenants / perBalancer);
const account = '660000000017';
const atOnce = 8;

const pages = (things: number, size: number) => Math.max(1, Math.ceil(things / size));
/** Calls of an environment that each command may make, of those that grow; docs/scale.md has the same table. */
const budgets: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'platform status': {
    GetParametersByPath: pages(tenants, 10) + pages(40 + 4 * balancers, 10) + 1,
    DescribeStacks: pages(4 * tenants, 100) + 40,
    DescribeRules: balancers,
    ListStackResources: 0,
    'list keys': pages(2 * tenants, 1000) + pages(tenants, 1000) + balancers + 2,
    GetObject: 2 * tenants,
  },
  'tenant vend --dry-run': {
    GetParametersByPath: pages(40 + 4 * balancers, 10) + 1,
    GetParameter: 3,
    DescribeStacks: 8,
    DescribeRules: 2,
    'list keys': pages(tenants, 1000) + 2 + balancers,
    GetObject: 8,
  },
};

const cloud = await startLocalCloud();
const { directory, writePlatform, writeTenant } = await platformRepository(account, { production: account });
try {
  await writePlatform(Object.fromEntries(environments.map((each) => [each, { load_balancers: balancers }])));
  const person = cloudAccount(account, cloud);
  for (const environment of environments) await fill(person, environment);
  await atMost(atOnce, [...register()], ({ tenant, balancer }) =>
    writeTenant(tenant, {
      project: `acme/${tenant}`,
      load_balancer: balancer + 1,
      hosts: Object.fromEntries(environments.map((each) => [each, [`${tenant}.${each}.example.com`]])),
    }),
  );
  console.log(`${tenants} tenants in ${environments.length} environments, ${balancers} load balancers each`);
  const results = [
    await measure(person, 'platform status', ['platform', 'status', '--environment', 'dev']),
    await measure(person, 'tenant vend --dry-run', ['tenant', 'vend', 'tenant-0', '--environment', 'dev', '--dry-run']),
    await measure(person, 'platform status --all', ['platform', 'status', '--all']),
    await measure(person, 'drift check --check ownership', [
      'drift',
      'check',
      '--environment',
      'dev',
      '--check',
      'ownership',
    ]),
  ];
  process.exitCode = results.every(Boolean) ? 0 : 1;
} finally {
  await cloud.stop();
  await rm(directory, { recursive: true });
}

function* register() {
  for (let index = 0; index < tenants; index += 1) {
    yield { tenant: `tenant-${index}`, balancer: Math.floor(index / perBalancer), priority: (index % perBalancer) + 1 };
  }
}

/** What vending and provisioning leave, as far as these commands read it. */
async function fill(person: CloudAccount, environment: Environment): Promise<void> {
  const platform = await makePlatform(person, { environment, balancers });
  const stacks = new Stacks(clientConfig(cloud.endpoint, account));
  const startedAt = performance.now();
  await atMost(atOnce, [...register()], async ({ tenant, balancer, priority }) => {
    const place = { tenant, environment };
    const host = `${tenant}.${environment}.example.com`;
    const listener = platform.listeners[balancer] ?? '';
    const id = listenerId({ listenerArn: listener });
    const record = { ...tenantRecord(place, account), hosts: [host], loadBalancer: balancer + 1 };
    await putParameter(person.aws, names.tenantRecord(place), JSON.stringify(record));
    await put(platform, keys.hostClaim(host), { host, tenant });
    await put(platform, keys.tenantHost(tenant, host), { host, tenant });
    await put(platform, keys.priorityClaim(id, priority), { tenant, priority });
    await put(platform, keys.tenantPriority(id, tenant, 'exact'), { tenant, priority, claimed: true });
    const rule = {
      Type: 'AWS::ElasticLoadBalancingV2::ListenerRule',
      Properties: {
        ListenerArn: listener,
        Priority: priority,
        Conditions: [{ Field: 'host-header', HostHeaderConfig: { Values: [host] } }],
        Actions: [{ Type: 'forward', TargetGroupArn: { Ref: 'Targets' } }],
      },
    };
    const group = { Port: 8080, Protocol: 'HTTP', VpcId: platform.facts['vpc-id'] };
    const targets = {
      Type: 'AWS::ElasticLoadBalancingV2::TargetGroup',
      Properties: { Name: names.targetGroup(place, record.port, record.loadBalancer), ...group },
    };
    const outputs = { ListenerRule: { Ref: 'Rule' } };
    const made = await stacks.create(names.tenantStack(place, 'entry'), {
      resources: { Targets: targets, Rule: rule },
      outputs,
    });
    if (made.status !== 'CREATE_COMPLETE') throw new Error(`${tenant}: ${made.status}: ${made.failures.join('; ')}`);
    const nothing = { Nothing: { Type: 'AWS::CloudFormation::WaitConditionHandle', Properties: {} } };
    for (const layer of ['access', 'data', 'host'] as const) {
      await stacks.create(names.tenantStack(place, layer), { resources: nothing });
    }
  });
  console.log(`${environment} was filled in ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
}

async function put({ aws, bucket }: Platform, Key: string, value: object): Promise<void> {
  await (await aws.s3()).send(new PutObjectCommand({ Bucket: bucket, Key, Body: JSON.stringify(value) }));
}

/** Runs a command, prints its calls and time, and says whether they fit the budget. */
async function measure({ env }: CloudAccount, name: string, words: readonly string[]): Promise<boolean> {
  const calls = new Map<string, number>();
  const { address, close } = await openWire(cloud.endpoint, async ({ operation }, next) => {
    const isList = operation.includes('list-type=2');
    const kind = isList ? 'list keys' : operation.startsWith('GET ') ? 'GetObject' : operation;
    calls.set(kind, (calls.get(kind) ?? 0) + 1);
    return await next();
  });
  const executable = join(import.meta.dirname, '../../scripts/vendhost.ts');
  const options = {
    env: { ...env, AWS_ENDPOINT_URL: address, PATH: process.env.PATH, HOME: directory },
    extendEnv: false,
    cwd: directory,
    reject: false,
    maxBuffer: 1_000_000_000,
  };
  const startedAt = performance.now();
  const { exitCode, stderr } = await execa(process.execPath, [executable, ...words], options);
  const seconds = (performance.now() - startedAt) / 1000;
  close();
  console.log(`\n${name}: ${seconds.toFixed(1)} s, exit code ${exitCode}`);
  if (exitCode !== 0 && exitCode !== 2) throw new Error(stderr);
  const budget = budgets[name] ?? {};
  const over: string[] = [];
  for (const [kind, count] of [...calls].sort(([, one], [, other]) => other - one)) {
    const most = budget[kind];
    if (most !== undefined && count > most) over.push(kind);
    console.log(`  ${kind.padEnd(28)} ${String(count).padStart(6)}${most === undefined ? '' : `  at most ${most}`}`);
  }
  if (over.length > 0) console.log(`  over the budget: ${over.join(', ')}`);
  return over.length === 0;
}
