import { DescribeImagesCommand, DescribeSnapshotsCommand } from '@aws-sdk/client-ec2';
import { ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { cloudAccount } from '../../../builders/account.ts';
import { makePlatform, type Platform } from '../../../builders/platform.ts';
import { repository } from '../../../builders/repository.ts';
import { recordTenant } from '../../../builders/tenant.ts';
import { errorIn, vendhost } from '../../command-line.ts';
import { justBefore, type Meddler, wire } from '../../wire.ts';

const words = ['image', 'bake', '--tenant', 'shop', '--environment', 'dev'];
const install = { 'infrastructure/install.sh': '#!/bin/bash\necho done\n' };
let platform: Platform;
beforeAll(async () => {
  platform = await makePlatform(cloudAccount('100000000323'), { network: true });
  await recordTenant(platform, 'shop');
});

interface Given {
  readonly vendhostYml?: string;
  readonly scripts?: Record<string, string>;
  readonly env?: Record<string, string>;
  readonly meddle?: Meddler;
}

async function bake({ vendhostYml = '', scripts = install, env = {}, meddle }: Given) {
  const cwd = await repository({ ...scripts, 'vendhost.yml': vendhostYml });
  const address = meddle === undefined ? {} : { AWS_ENDPOINT_URL: await wire(inject('localCloud').endpoint, meddle) };
  const given = { PATH: process.env.PATH, HOME: process.env.HOME, ...platform.env, ...address, ...env };
  return await vendhost(words, { cwd, env: given });
}

/** Images, snapshots and leases in the account, which is this file's own. */
async function made(): Promise<string[]> {
  const [ec2, s3] = await Promise.all([platform.aws.ec2(), platform.aws.s3()]);
  const [images, snapshots, leases] = await Promise.all([
    ec2.send(new DescribeImagesCommand({ Owners: ['self'] })),
    ec2.send(new DescribeSnapshotsCommand({ OwnerIds: ['self'] })),
    s3.send(new ListObjectsV2Command({ Bucket: platform.bucket, Prefix: 'claims/bakes/' })),
  ]);
  return [
    ...(images.Images ?? []).map(({ ImageId = '' }) => ImageId),
    ...(snapshots.Snapshots ?? []).map(({ SnapshotId = '' }) => SnapshotId),
    ...(leases.Contents ?? []).map(({ Key = '' }) => Key),
  ];
}

describe('image bake refuses', () => {
  let before: string[];
  beforeEach(async () => {
    before = await made();
  });

  test.each<[string, Given, string]>([
    ['no install.sh', { scripts: { 'infrastructure/preInstall.sh': '#!/bin/bash\n' } }, 'SCRIPTS_INVALID'],
    ['no Packer', { env: { PATH: '/nowhere' } }, 'PACKER_MISSING'],
    [
      'a builder that cannot run the instances',
      { vendhostYml: 'instances: { type: t4g.small }\nimage: { builder_type: t3.small }\n' },
      'ARCHITECTURE_MIXED',
    ],
    ['a builder that is not granted', { vendhostYml: 'image: { builder_type: m5.large }\n' }, 'LIMIT_EXCEEDED'],
    [
      'a publisher that is not granted',
      { vendhostYml: 'image: { source: { owner: "123456789012" } }\n' },
      'LIMIT_EXCEEDED',
    ],
    ['an AMI that is not there', { vendhostYml: 'image: { source: { name: "no-such-*" } }\n' }, 'SOURCE_AMI_MISSING'],
  ])('%s', async (_what, given, code) => {
    const ended = await bake(given);
    expect([ended.code, errorIn(ended)]).toEqual([1, code]);
    expect(await made()).toEqual(before);
  });

  test('a builder that ends as it starts, with the reason', async () => {
    const meddle: Meddler = async (call, next) => {
      const answer = await next();
      if (call.operation !== 'DescribeInstances' || !call.body.includes('instance-id')) return answer;
      const state =
        '<name>terminated</name></instanceState><stateReason><message>Volume limit exceeded</message></stateReason>';
      const body = String(answer.body).replace(/<name>(pending|running)<\/name>\s*<\/instanceState>/, state);
      return { ...answer, headers: {}, body };
    };
    const ended = await bake({ meddle });
    expect([ended.code, errorIn(ended)]).toEqual([1, 'BAKE_FAILED']);
    expect(ended.stderr).toMatch(
      /the builder i-\w+ ended as it started: Volume limit exceeded\nhint: ask the platform/,
    );
    expect(await made()).toEqual(before);
  });

  test('a record that another run wrote while this one baked; its own image is deleted', async () => {
    const s3 = await platform.aws.s3();
    const raced = justBefore(/^PUT \/[^/]+\/infrastructure\/shop\//, ({ operation }) => {
      const Key = operation.replace(/^PUT \/[^/]+\//, '').replace(/\?.*/, '');
      return s3.send(new PutObjectCommand({ Bucket: platform.bucket, Key, Body: '{}' }));
    });
    const ended = await bake({ meddle: raced });
    expect([ended.code, errorIn(ended)]).toEqual([1, 'RECORD_CHANGED']);
    expect(await made()).toEqual(before);
  });

  test('a volume smaller than that of the AMI', async () => {
    const grown: Meddler = async (call, next) => {
      const answer = await next();
      if (call.operation !== 'DescribeImages') return answer;
      return { ...answer, headers: {}, body: String(answer.body).replaceAll(/<volumeSize>\d+/g, '<volumeSize>64') };
    };
    const ended = await bake({ meddle: grown });
    expect([ended.code, errorIn(ended)]).toEqual([1, 'VOLUME_TOO_SMALL']);
    expect(await made()).toEqual(before);
  });

  test("an image that is encrypted with another key than the platform's, and deletes it", async () => {
    const other: Meddler = async (call, next) => {
      if (call.operation !== 'RunInstances') return await next();
      return await next(call.body.replaceAll(/&BlockDeviceMapping\.\d+\.Ebs\.KmsKeyId=[^&]+/g, ''));
    };
    const ended = await bake({ meddle: other });
    expect([ended.code, errorIn(ended)]).toEqual([1, 'IMAGE_UNENCRYPTED']);
    expect(await made()).toEqual(before);
  });
});
