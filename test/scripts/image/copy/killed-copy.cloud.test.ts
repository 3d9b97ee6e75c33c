import { createHash } from 'node:crypto';
import {
  CompleteSnapshotCommand,
  GetSnapshotBlockCommand,
  ListSnapshotBlocksCommand,
  PutSnapshotBlockCommand,
  StartSnapshotCommand,
} from '@aws-sdk/client-ebs';
import { DescribeImagesCommand, DescribeSnapshotsCommand, type Image, RegisterImageCommand } from '@aws-sdk/client-ec2';
import { beforeAll, expect, test, vi } from 'vitest';
import { poll } from '../../../../scripts/aws/poll.ts';
import { type Aws, openAws } from '../../../../scripts/aws/session.ts';
import { tags } from '../../../../scripts/config/names.ts';
import { tagList } from '../../../../scripts/image/builder/launch.ts';
import { applySweep, readSweep } from '../../../../scripts/image/clean/sweep.ts';
import { copyImage } from '../../../../scripts/image/copy/copy-image.ts';
import { type WantedCopy, wantedCopy } from '../../../../scripts/image/copy/copy-plan.ts';
import { readRecord } from '../../../../scripts/image/record.ts';
import { type CloudAccount, cloudAccount } from '../../../builders/account.ts';
import { makePlatform, type Platform } from '../../../builders/platform.ts';
import { type Recorder, recorder } from '../../../builders/recorder.ts';
import { isWrite } from '../../../faults/writes.ts';
import { callJson } from '../../../local-cloud/clients.ts';
import { ageing, type Meddler, openWire, refusal } from '../../wire.ts';

// A copy of an image with two disks is killed at each of its calls that write, before and after the call has its effect.

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });
const blockSize = 524_288;
const there = cloudAccount('241000000011');
const here = cloudAccount('241000000012');

let platform: Platform;
let wanted: WantedCopy;

beforeAll(async () => {
  platform = await makePlatform(here, { environment: 'production' });
  const [theirs, ours] = [await makeKey(there), await makeKey(here)];
  platform = { ...platform, facts: { ...platform.facts, 'key-arn': ours } };
  const disks = [await makeDisk(theirs, 1), await makeDisk(theirs, 2)];
  const ec2 = await there.aws.ec2();
  const { ImageId = '' } = await ec2.send(
    new RegisterImageCommand({
      ...{ Name: 'tested', Architecture: 'x86_64', RootDeviceName: '/dev/xvda', VirtualizationType: 'hvm' },
      BlockDeviceMappings: disks.map((SnapshotId, at) => ({
        DeviceName: at === 0 ? '/dev/xvda' : '/dev/sdf',
        Ebs: { SnapshotId, VolumeSize: 4 + at },
      })),
      TagSpecifications: [
        {
          ResourceType: 'image',
          Tags: tagList({ ...tags('staging', 'image', 'shop'), 'vendhost:bake-key': 'a'.repeat(64) }),
        },
      ],
    }),
  );
  const { Images: [image] = [] } = await ec2.send(new DescribeImagesCommand({ ImageIds: [ImageId] }));
  const { Snapshots = [] } = await ec2.send(new DescribeSnapshotsCommand({ SnapshotIds: disks }));
  const inputs = {
    ...{ place: 'staging/shop', scripts: {}, base: {}, template: {}, sourceAmi: 'ami-0a', architecture: 'x86_64' },
    ...{ volumeGib: 8, encryptionKey: theirs, packer: '1.6.6' },
  };
  wanted = wantedCopy(
    { id: ImageId, image, bakeKey: 'a'.repeat(64), record: { imageId: ImageId, inputs }, snapshots: Snapshots },
    {
      ...{ place: { tenant: 'shop', environment: 'production' }, from: 'staging', account: there.account },
      ...{ encryptionKey: ours, instanceType: 't3.small' },
    },
  );
});

async function makeKey({ endpoint, account }: CloudAccount): Promise<string> {
  const { KeyMetadata } = await callJson(endpoint, account, 'TrentService.CreateKey', {});
  return (KeyMetadata as { Arn: string }).Arn;
}

async function makeDisk(key: string, gib: number): Promise<string> {
  const ebs = await there.aws.ebs();
  const { SnapshotId = '' } = await ebs.send(
    new StartSnapshotCommand({
      ...{ VolumeSize: gib, Encrypted: true, KmsKeyArn: key },
      Tags: tagList(tags('staging', 'image', 'shop')),
    }),
  );
  const indexes = [0, gib * 2048 - 1];
  for (const index of indexes) {
    const BlockData = Buffer.alloc(blockSize, `block ${index} of ${gib} GiB`);
    const Checksum = createHash('sha256').update(BlockData).digest('base64');
    const block = { BlockData, DataLength: blockSize, Checksum, ChecksumAlgorithm: 'SHA256' } as const;
    await ebs.send(new PutSnapshotBlockCommand({ SnapshotId, BlockIndex: index, ...block }));
  }
  await ebs.send(new CompleteSnapshotCommand({ SnapshotId, ChangedBlocksCount: indexes.length }));
  const check = async () => {
    const { Snapshots = [] } = await (await there.aws.ec2()).send(
      new DescribeSnapshotsCommand({ SnapshotIds: [SnapshotId] }),
    );
    return Snapshots[0]?.State === 'completed' ? true : undefined;
  };
  const { signal } = new AbortController();
  await poll({ what: `${SnapshotId} to be complete`, pace: there.aws.pace, limitMs: 60_000, signal, check });
  return SnapshotId;
}

/** The copy of a tenant of the case's own, for whom nothing was copied yet. */
async function copy(tenant: string, meddler: Meddler, signal = new AbortController().signal): Promise<string> {
  const { address, close } = await openWire(here.endpoint, meddler);
  try {
    const opened = (of: CloudAccount): Recorder => recorder({ ...of.env, AWS_ENDPOINT_URL: address }, { signal });
    const own = opened(here);
    const place = { tenant, environment: 'production' } as const;
    const target = { owner: { place, bucket: platform.bucket }, facts: platform.facts };
    const route = { from: openAws(opened(there)), to: openAws(own) };
    const image = await copyImage(own, route, target, { ...wanted, place });
    await applySweep(own, route.to, target.owner, await readSweep(route.to, target.owner, {}));
    return image;
  } finally {
    close();
  }
}

async function blocksOf(aws: Aws, SnapshotId = '') {
  const ebs = await aws.ebs();
  const { Blocks = [], VolumeSize } = await ebs.send(new ListSnapshotBlocksCommand({ SnapshotId }));
  const sums = Blocks.map(async ({ BlockIndex, BlockToken }) => {
    const { BlockData } = await ebs.send(new GetSnapshotBlockCommand({ SnapshotId, BlockIndex, BlockToken }));
    const bytes = (await BlockData?.transformToByteArray()) ?? '';
    return `${BlockIndex} ${createHash('sha256').update(bytes).digest('hex')}`;
  });
  return { VolumeSize, sums: await Promise.all(sums) };
}

/** There is one image of the tenant, which is on record and has what the original has, and nothing else. */
async function expectCopied(tenant: string, id: string, what: string): Promise<void> {
  const ec2 = await here.aws.ec2();
  const Filters = [{ Name: 'tag:vendhost:tenant', Values: [tenant] }];
  const { Images = [] } = await ec2.send(new DescribeImagesCommand({ Owners: ['self'], Filters }));
  const { Snapshots = [] } = await ec2.send(new DescribeSnapshotsCommand({ OwnerIds: ['self'], Filters }));
  expect([Images.map(({ ImageId }) => ImageId), Snapshots.length], what).toEqual([[id], 2]);
  const disksOf = ({ BlockDeviceMappings = [] }: Image) =>
    BlockDeviceMappings.map(({ DeviceName, Ebs }) => [DeviceName, Ebs?.VolumeSize]);
  expect(disksOf(Images[0] ?? {}), what).toEqual(disksOf(wanted.source));
  for (const [at, { Ebs }] of (Images[0]?.BlockDeviceMappings ?? []).entries()) {
    const original = wanted.source.BlockDeviceMappings?.[at]?.Ebs?.SnapshotId;
    expect(await blocksOf(here.aws, Ebs?.SnapshotId), what).toEqual(await blocksOf(there.aws, original));
  }
  const owner = { place: { tenant, environment: 'production' }, bucket: platform.bucket } as const;
  expect(await readRecord(here.aws, owner, wanted.bakeKey), what).toMatchObject({ imageId: id });
}

test('whatever call a copy is killed at, the next one ends right', async () => {
  const calls: string[] = [];
  const whole = await copy('whole', async (call, next) => {
    if (isWrite(call)) calls.push(call.operation);
    return await next();
  });
  await expectCopied('whole', whole, 'whole');
  expect(calls.length).toBeGreaterThan(12);
  for (const [at, operation] of calls.entries())
    for (const isDone of [false, true]) {
      const [tenant, what] = [`t${at}${isDone ? 'b' : 'a'}`, `killed ${isDone ? 'after' : 'before'} ${operation}`];
      const killed = new AbortController();
      let writes = -1;
      const kill: Meddler = async (call, next) => {
        if (isWrite(call)) writes += 1;
        if (writes < at) return await next();
        if (isDone && writes === at && !killed.signal.aborted) await next();
        killed.abort(new Error('killed'));
        return refusal(call, 'AccessDenied');
      };
      await copy(tenant, kill, killed.signal).catch(() => undefined);
      expect(killed.signal.aborted, what).toBe(true);
      // Its lease is taken for that of a dead job once it is five minutes old.
      await expectCopied(tenant, await copy(tenant, ageing(6)), what);
    }
});
