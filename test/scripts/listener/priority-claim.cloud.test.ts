import { PutObjectCommand } from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, test } from 'vitest';
import { ConditionalObjects } from '../../../scripts/aws/objects.ts';
import { keys } from '../../../scripts/config/names.ts';
import { priorityClaimSchema } from '../../../scripts/config/stored.ts';
import { readRules } from '../../../scripts/listener/listener-rules.ts';
import { bandOf } from '../../../scripts/listener/priority.ts';
import {
  type Claimant,
  claimPriority,
  planPriority,
  planReleases,
  releasePriorities,
} from '../../../scripts/listener/priority-claim.ts';
import { cloudAccount } from '../../builders/account.ts';
import { makeBalancer, makeRule } from '../../builders/balancer.ts';
import { makeBucket } from '../../builders/bucket.ts';

const { aws, runtime: newRuntime } = cloudAccount('100000000312');
const runtime = newRuntime();
const bucket = 'claims-of-listeners';
const listenerId = (listenerArn: string) => listenerArn.split('/').at(-1) ?? '';

beforeAll(async () => makeBucket(await aws.s3(), bucket));

const makeListener = async (name: string) => (await makeBalancer(aws, name))['listener-arn'];

function claimant(listenerArn: string, tenant: string, host = `${tenant}.example.com`): Claimant {
  return { bucket, listenerArn, tenant, band: bandOf(host), isOurs: (rule) => rule.targetGroups.includes(tenant) };
}

/** What the bucket holds: tenants by the numbers they claimed. */
async function claimed(listenerArn: string): Promise<Record<number, string>> {
  const objects = new ConditionalObjects(aws, bucket, priorityClaimSchema);
  const prefix = `claims/listener/${listenerId(listenerArn)}/`;
  const found: Record<number, string> = {};
  for (const name of await objects.list(prefix)) {
    found[Number.parseInt(name, 10)] = (await objects.read(prefix + name))?.value.tenant ?? '';
  }
  return found;
}

describe('claimPriority', () => {
  test('fifty tenants at once get fifty numbers without a gap', async () => {
    const listener = await makeListener('fifty');
    const tenants = Array.from({ length: 50 }, (_, index) => `tenant-${index}`);
    const choices = await Promise.all(tenants.map((tenant) => claimPriority(runtime, aws, claimant(listener, tenant))));
    const numbers = choices.map(({ priority }) => priority);
    expect(numbers.toSorted((a, b) => a - b)).toEqual(tenants.map((_, index) => index + 1));
    expect(await claimed(listener)).toEqual(Object.fromEntries(tenants.map((name, index) => [numbers[index], name])));
  });

  test('ten jobs of one tenant, among others, end with one number and no claim too many', async () => {
    const listener = await makeListener('ten-jobs');
    const jobs = [...Array<string>(10).fill('shop'), 'cafe', 'bank', 'mill'];
    const choices = await Promise.all(jobs.map((tenant) => claimPriority(runtime, aws, claimant(listener, tenant))));
    const ofShop = new Set(choices.slice(0, 10).map(({ priority }) => priority));
    expect(ofShop.size).toBe(1);
    const holders = await claimed(listener);
    expect(Object.values(holders).toSorted()).toEqual(['bank', 'cafe', 'mill', 'shop']);
    expect(Object.keys(holders)).toEqual(['1', '2', '3', '4']);
  });
});

describe('on one listener', () => {
  let listener: string;
  beforeAll(async () => {
    listener = await makeListener('sticky');
    await makeRule(aws, listener, 2, 'legacy');
  });

  test('numbers are planned, claimed, kept, skipped where a hand-made rule stands, released and reused', async () => {
    expect(await planPriority(aws, claimant(listener, 'first'))).toEqual({ priority: 1, kept: false, claimed: false });
    expect(await claimed(listener)).toEqual({});
    expect(await claimPriority(runtime, aws, claimant(listener, 'first'))).toEqual({ priority: 1, kept: false });
    expect(await claimPriority(runtime, aws, claimant(listener, 'second'))).toEqual({ priority: 3, kept: false });
    expect(await claimPriority(runtime, aws, claimant(listener, 'first'))).toEqual({ priority: 1, kept: true });
    expect(await planReleases(aws, claimant(listener, 'first'))).toEqual([1]);
    expect(await releasePriorities(aws, claimant(listener, 'first'))).toEqual([1]);
    expect(await planReleases(aws, claimant(listener, 'first'))).toEqual([]);
    expect(await releasePriorities(aws, claimant(listener, 'first'))).toEqual([]);
    expect(await planPriority(aws, claimant(listener, 'second'))).toEqual({ priority: 3, kept: true, claimed: true });
    expect(await claimPriority(runtime, aws, claimant(listener, 'third'))).toEqual({ priority: 1, kept: false });
  });

  test('a job that died after writing the record is completed by the next one', async () => {
    const shop = claimant(listener, 'crashed');
    const key = keys.tenantPriority(listenerId(listener), 'crashed', 'exact');
    const Body = JSON.stringify({ tenant: 'crashed', priority: 9 });
    await (await aws.s3()).send(new PutObjectCommand({ Bucket: bucket, Key: key, Body }));
    expect(await planPriority(aws, shop)).toEqual({ priority: 9, kept: true, claimed: false });
    expect(await claimPriority(runtime, aws, shop)).toEqual({ priority: 9, kept: true });
    expect(await claimed(listener)).toMatchObject({ 9: 'crashed' });
  });

  test("a record that names another tenant's number does not take it", async () => {
    const key = keys.tenantPriority(listenerId(listener), 'greedy', 'exact');
    const Body = JSON.stringify({ tenant: 'greedy', priority: 3 });
    await (await aws.s3()).send(new PutObjectCommand({ Bucket: bucket, Key: key, Body }));
    const { priority } = await claimPriority(runtime, aws, claimant(listener, 'greedy'));
    expect(priority).not.toBe(3);
    expect(await claimed(listener)).toMatchObject({ 3: 'second', [priority]: 'greedy' });
  });

  test("somebody's rule on the tenant's number: the tenant moves, its old claim is given back", async () => {
    const moved = claimant(listener, 'moved');
    const before = await claimPriority(runtime, aws, moved);
    await makeRule(aws, listener, before.priority, 'intruder');
    const after = await claimPriority(runtime, aws, moved);
    expect(after).toEqual({ priority: before.priority + 1, kept: false });
    expect(Object.entries(await claimed(listener)).filter(([, tenant]) => tenant === 'moved')).toEqual([
      [String(after.priority), 'moved'],
    ]);
  });

  test('a wildcard has a number behind every exact name; the other one may be kept when it goes', async () => {
    const exact = await claimPriority(runtime, aws, claimant(listener, 'both'));
    const wild = await claimPriority(runtime, aws, claimant(listener, 'both', '*.both.example.com'));
    expect(wild.priority).toBe(47_001);
    expect(await planReleases(aws, claimant(listener, 'both'), [{ name: 'exact' }])).toEqual([47_001]);
    expect(await releasePriorities(aws, claimant(listener, 'both'), [{ name: 'exact' }])).toEqual([47_001]);
    expect(await claimPriority(runtime, aws, claimant(listener, 'both'))).toEqual({ ...exact, kept: true });
  });
});

test('all rules are read, with the names of their target groups', async () => {
  const listener = await makeListener('many-rules');
  await Promise.all(Array.from({ length: 12 }, (_, index) => makeRule(aws, listener, index + 1, `rule-${index}`)));
  const rules = await readRules(aws, listener);
  expect(rules.map(({ priority }) => priority).toSorted((a, b) => a - b)).toEqual(
    Array.from({ length: 12 }, (_, index) => index + 1),
  );
  expect(rules.find(({ priority }) => priority === 1)?.targetGroups).toEqual(['rule-0']);
});
