import { PutObjectCommand } from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { ConditionalObjects } from '../../../scripts/aws/objects.ts';
import { openAws } from '../../../scripts/aws/session.ts';
import { keys } from '../../../scripts/config/names.ts';
import { priorityClaimSchema } from '../../../scripts/config/stored.ts';
import { bandOf } from '../../../scripts/listener/priority.ts';
import { type Claimant, claimPriority, releasePriorities } from '../../../scripts/listener/priority-claim.ts';
import { cloudAccount } from '../../builders/account.ts';
import { makeBalancer } from '../../builders/balancer.ts';
import { makeBucket } from '../../builders/bucket.ts';
import { recorder } from '../../builders/recorder.ts';
import { justAfter, justBefore, type Meddler, refusal, refusing, wire } from '../wire.ts';

const cloud = inject('localCloud');
const { env, aws } = cloudAccount('100000000321');
const bucket = 'claims-meanwhile';
let listener: { readonly bucket: string; readonly listenerArn: string };
beforeAll(async () => {
  await makeBucket(await aws.s3(), bucket);
  listener = { bucket, listenerArn: (await makeBalancer(aws, 'meanwhile'))['listener-arn'] };
});

const listenerId = () => listener.listenerArn.split('/').at(-1) ?? '';

/** Claims while somebody meddles between two calls. */
async function claim(tenant: string, meddle: Meddler) {
  const runtime = recorder({ ...env, AWS_ENDPOINT_URL: await wire(cloud.endpoint, meddle) });
  const claimant: Claimant = { ...listener, tenant, band: bandOf(`${tenant}.example.com`), isOurs: () => false };
  return await claimPriority(runtime, openAws(runtime), claimant);
}

const write = async (Key: string, value: object) =>
  (await aws.s3()).send(new PutObjectCommand({ Bucket: listener.bucket, Key, Body: JSON.stringify(value) }));
const writeClaim = (tenant: string, priority: number) =>
  write(keys.priorityClaim(listenerId(), priority), { tenant, priority });
const writeRecord = (tenant: string, priority: number) =>
  write(keys.tenantPriority(listenerId(), tenant, 'exact'), { tenant, priority });

/** The numbers a tenant holds, and the one its record names. */
async function held(tenant: string) {
  const objects = new ConditionalObjects(aws, bucket, priorityClaimSchema);
  const prefix = `claims/listener/${listenerId()}/`;
  const numbers: number[] = [];
  for (const name of await objects.list(prefix)) {
    if ((await objects.read(prefix + name))?.value.tenant === tenant) numbers.push(Number.parseInt(name, 10));
  }
  const record = await objects.read(keys.tenantPriority(listenerId(), tenant, 'exact'));
  return { numbers, recorded: record?.value.priority };
}

describe('between two calls of a claim', () => {
  test('another job of the tenant moved on to another number: the claim of the first is removed', async () => {
    const moved = justAfter(/^PUT .*\/\d+\.json/, async () => {
      await writeRecord('shop', 500);
      await writeClaim('shop', 500);
    });
    expect(await claim('shop', moved)).toEqual({ priority: 500, kept: true });
    expect(await held('shop')).toEqual({ numbers: [500], recorded: 500 });
  });

  test('another tenant took the number: the next one is claimed, and nothing of the first is left', async () => {
    const { priority: free } = await claim('probe', async (_call, next) => next());
    const taken = justBefore(/^PUT .*\/\d+\.json/, () => writeClaim('rival', free + 1));
    expect(await claim('cafe', taken)).toEqual({ priority: free + 2, kept: false });
    expect(await held('cafe')).toEqual({ numbers: [free + 2], recorded: free + 2 });
    expect(await held('rival')).toMatchObject({ numbers: [free + 1] });
  });

  test('S3 is just doing another write to the number: it is claimed in the next round', async () => {
    let conflicts = 0;
    const busy: Meddler = async (call, next) => {
      if (!/^PUT .*\/\d+\.json/.test(call.operation) || conflicts > 0) return await next();
      conflicts += 1;
      return { ...refusal(call, 'ConditionalRequestConflict'), status: 409 };
    };
    const { priority } = await claim('bank', busy);
    expect([await held('bank'), conflicts]).toEqual([{ numbers: [priority], recorded: priority }, 1]);
  });

  test('another job of the tenant wrote the record first: its number is taken over', async () => {
    const faster = justBefore(/^PUT .*\/tenants\/mill\//, () => writeRecord('mill', 700));
    expect(await claim('mill', faster)).toEqual({ priority: 700, kept: true });
    expect(await held('mill')).toEqual({ numbers: [700], recorded: 700 });
  });
});

describe('between two calls of a release', () => {
  async function release(tenant: string, meddle: Meddler) {
    const runtime = recorder({ ...env, AWS_ENDPOINT_URL: await wire(cloud.endpoint, meddle) });
    return await releasePriorities(openAws(runtime), { ...listener, tenant });
  }

  test('S3 is just doing another write: the claim is removed at the next try', async () => {
    const { priority } = await claim('farm', async (_call, next) => next());
    let conflicts = 0;
    const busy: Meddler = async (call, next) => {
      if (!/^DELETE .*\/\d+\.json/.test(call.operation) || conflicts > 1) return await next();
      conflicts += 1;
      return { ...refusal(call, 'ConditionalRequestConflict'), status: 409 };
    };
    expect([await release('farm', busy), conflicts]).toEqual([[priority], 2]);
    expect(await held('farm')).toEqual({ numbers: [], recorded: undefined });
  });

  test('it ends early: the record still names what is to be released, and the next one does it', async () => {
    const { priority } = await claim('dock', async (_call, next) => next());
    const broken = refusing(/^DELETE .*\/\d+\.json/, 'AccessDenied');
    await expect(release('dock', broken)).rejects.toThrow('AccessDenied');
    expect(await held('dock')).toEqual({ numbers: [priority], recorded: priority });
    expect(await release('dock', async (_call, next) => next())).toEqual([priority]);
    expect(await held('dock')).toEqual({ numbers: [], recorded: undefined });
  });
});
