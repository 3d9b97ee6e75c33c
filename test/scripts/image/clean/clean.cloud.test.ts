import { PutObjectCommand } from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { keys } from '../../../../scripts/config/names.ts';
import { readLeases } from '../../../../scripts/image/bake/lease.ts';
import { cloudAccount } from '../../../builders/account.ts';
import { finish, holdLease, leaveTraces, tracesOf } from '../../../builders/bake-traces.ts';
import { makePlatform, type Platform } from '../../../builders/platform.ts';
import { repository } from '../../../builders/repository.ts';
import { recordTenant } from '../../../builders/tenant.ts';
import { errorIn, vendhost } from '../../command-line.ts';
import { ageing, type Meddler, refusing, wire } from '../../wire.ts';

let platform: Platform;

beforeAll(async () => {
  platform = await makePlatform(cloudAccount('100000000391'), { network: true });
});

interface Given {
  readonly words?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly meddle?: Meddler;
}

async function clean(tenant: string, { words = [], env = {}, meddle }: Given = {}) {
  const address = meddle === undefined ? {} : { AWS_ENDPOINT_URL: await wire(inject('localCloud').endpoint, meddle) };
  const place = ['--tenant', tenant, '--environment', 'dev'];
  return await vendhost(['image', 'clean', ...place, ...words], { env: { ...platform.env, ...address, ...env } });
}

describe('vendhost image clean', () => {
  test('each kind of thing that a dead run left is removed, and nothing else', async () => {
    const dead = await leaveTraces(platform, 'mill', 'dead0001');
    const [living, foreign] = [
      await leaveTraces(platform, 'mill', 'a11fe001'),
      await leaveTraces(platform, 'inn', 'dead0002'),
    ];
    await holdLease(platform, 'mill', 'a11fe001', 'https://gitlab.example.test/jobs/1');
    const before = await tracesOf(platform, 'inn');
    const expected = [
      `instance ${dead.instance}`,
      `key pair ${dead.keyPair}`,
      `security group ${dead.group}`,
      `image ${dead.image}`,
      `snapshot ${dead.snapshot}`,
    ];
    const planned = await clean('mill', { words: ['--dry-run', '--json'] });
    expect(planned.code, planned.stderr).toBe(2);
    const { leftovers } = JSON.parse(planned.stdout) as { leftovers: string[] };
    expect(leftovers).toEqual(expect.arrayContaining(expected.map((line) => `${line} (run dead0001)`)));
    expect(leftovers.filter((line) => !line.includes('dead0001'))).toEqual([]);
    expect(await tracesOf(platform, 'mill'), 'a dry run changes nothing').toEqual(expect.arrayContaining(expected));

    const { code, stderr, stdout } = await clean('mill');
    expect(code, stderr).toBe(0);
    for (const line of expected) expect(stderr).toContain(`removed what run dead0001, which died, left: ${line}\n`);
    expect(stdout).toMatch(/^removed:\n/);
    const kept = await tracesOf(platform, 'mill');
    expect(kept).toEqual(expect.arrayContaining([`instance ${living.instance}`, `image ${living.image}`]));
    expect(kept).toContain(`snapshot ${living.snapshot}`);
    expect(kept.filter((line) => expected.includes(line))).toEqual([]);
    expect(await tracesOf(platform, 'inn'), "another tenant's").toEqual(before);
    expect(before).toContain(`instance ${foreign.instance}`);
    expect((await clean('mill')).stdout).toBe('bakes of mill in dev left nothing behind\n');
  });

  test('an image with a key stays when a record names it; without one it goes', async () => {
    const [recorded, unrecorded] = [
      await leaveTraces(platform, 'farm', 'feed0001'),
      await leaveTraces(platform, 'farm', 'feed0002'),
    ];
    await finish(platform, recorded.image, 'a'.repeat(64));
    await finish(platform, unrecorded.image, 'b'.repeat(64));
    await writeObject(keys.imageRecord('farm', 'a'.repeat(64)), '{}');
    const cleaned = await clean('farm');
    expect(cleaned.code, cleaned.stderr).toBe(0);
    const left = await tracesOf(platform, 'farm');
    expect(left.filter((line) => line.startsWith('image '))).toEqual([`image ${recorded.image}`]);
    expect(left.filter((line) => line.startsWith('snapshot '))).toHaveLength(1);
    expect(left).toHaveLength(2);
  });

  test("after this job's script its own run is over; another job's is not, until five minutes have passed", async () => {
    const [ours, theirs] = [
      await leaveTraces(platform, 'port', '0e5e0001'),
      await leaveTraces(platform, 'port', '7e115001'),
    ];
    await holdLease(platform, 'port', '0e5e0001', 'https://gitlab.example.test/jobs/1');
    await holdLease(platform, 'port', '7e115001', 'https://gitlab.example.test/jobs/2');
    const env = { CI_JOB_URL: 'https://gitlab.example.test/jobs/1' };
    expect((await clean('port', { env })).stderr).toContain(`instance ${ours.instance}\n`);
    expect(await tracesOf(platform, 'port')).toContain(`instance ${theirs.instance}`);
    expect(await leasesOf('port')).toEqual(['7e115001']);
    expect((await clean('port', { env, meddle: ageing(4.9) })).stdout).toContain('nothing');
    expect((await clean('port', { env, meddle: ageing(5.1) })).code).toBe(0);
    expect(await tracesOf(platform, 'port')).toEqual([]);
    expect(await leasesOf('port')).toEqual([]);
  });

  test('what cannot be removed is named, and keeps nothing else', async () => {
    const left = await leaveTraces(platform, 'quay', 'dead0003');
    const ended = await clean('quay', { meddle: refusing('DeleteKeyPair', 'UnauthorizedOperation', 'not you') });
    expect([ended.code, errorIn(ended)]).toEqual([1, 'LEFTOVERS_REMAIN']);
    expect(ended.stderr).toContain(
      `warning: cannot remove what run dead0003, which died, left: key pair ${left.keyPair}: not you; the next bake tries again\n`,
    );
    expect(await tracesOf(platform, 'quay')).toEqual([`key pair ${left.keyPair}`]);
    // What somebody else removed meanwhile is as good as removed.
    expect((await clean('quay')).code).toBe(0);
  });
});

test('a bake whose sweep is refused bakes all the same, and says so', async () => {
  await recordTenant(platform, 'shop');
  await leaveTraces(platform, 'shop', 'dead0004');
  const directory = await repository({ 'infrastructure/install.sh': '#!/bin/bash\ntrue\n' });
  const words = ['image', 'bake', '--tenant', 'shop', '--environment', 'dev', '--directory', directory];
  const bake = async (meddle: Meddler) => {
    const AWS_ENDPOINT_URL = await wire(inject('localCloud').endpoint, meddle);
    const env = { PATH: process.env.PATH, HOME: process.env.HOME, ...platform.env, AWS_ENDPOINT_URL };
    return await vendhost(words, { env });
  };
  const baked = await bake(refusing(/^GET .*claims(%2F|\/)bakes(%2F|\/)shop(%2F|\/)(&|$)/, 'AccessDenied', 'not you'));
  expect(baked.code, baked.stderr).toBe(0);
  expect(baked.stderr).toContain('warning: cannot look for what earlier bakes left: not you\n');
  const found = await bake(async (_call, next) => await next());
  expect(found.stderr).toContain('removed what run dead0004, which died, left: instance');
  expect(found.stdout).toContain('image exists');
  expect((await tracesOf(platform, 'shop')).map((line) => line.split(' ')[0])).toEqual(['image', 'snapshot']);
});

async function leasesOf(tenant: string): Promise<string[]> {
  return (await readLeases(platform.aws, platform.bucket, tenant)).map(({ run }) => run);
}

async function writeObject(Key: string, Body: string): Promise<void> {
  await (await platform.aws.s3()).send(new PutObjectCommand({ Bucket: platform.bucket, Key, Body }));
}
