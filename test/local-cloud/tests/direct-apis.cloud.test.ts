import { createHash } from 'node:crypto';
import {
  type Block,
  CompleteSnapshotCommand,
  EBSClient,
  GetSnapshotBlockCommand,
  ListChangedBlocksCommand,
  ListSnapshotBlocksCommand,
  PutSnapshotBlockCommand,
  StartSnapshotCommand,
  type StartSnapshotCommandInput,
} from '@aws-sdk/client-ebs';
import { DeleteSnapshotCommand, DescribeSnapshotsCommand, RegisterImageCommand } from '@aws-sdk/client-ec2';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { openAws } from '../../../scripts/aws/session.ts';
import { copyDisk } from '../../../scripts/image/copy/copy-disk.ts';
import type { WantedCopy } from '../../../scripts/image/copy/copy-plan.ts';
import { recorder } from '../../builders/recorder.ts';
import { callJson, clientConfig } from '../clients.ts';
import { Fleet } from './fleet.ts';

// https://docs.aws.amazon.com/ebs/latest/APIReference/API_Operations.html

const [account, other] = ['610000000061', '610000000062'];
const { endpoint } = inject('localCloud');
const fleet = new Fleet(endpoint, account);
const ebs = new EBSClient({ ...clientConfig(endpoint, account), maxAttempts: 1 });
const blockSize = 524_288;
const bytes = Buffer.alloc(blockSize, 'what is written');
const sum = (data: Uint8Array) => createHash('sha256').update(data).digest();
const refused = (name: string, Reason?: string) => ({ name, ...(Reason && { Reason }) });

let key: string;
let disk: string;
let image: string;

const createKey = async (of: string) => {
  const { KeyMetadata } = await callJson(endpoint, of, 'TrentService.CreateKey', {});
  return (KeyMetadata as { Arn: string }).Arn;
};
const list = async (SnapshotId: string) => await ebs.send(new ListSnapshotBlocksCommand({ SnapshotId }));
const start = async (more: Partial<StartSnapshotCommandInput> = {}) => {
  const { SnapshotId = '' } = await ebs.send(new StartSnapshotCommand({ VolumeSize: 1, ...more }));
  return SnapshotId;
};
const put = (SnapshotId: string, more: object = {}) =>
  ebs.send(
    new PutSnapshotBlockCommand({
      ...{ SnapshotId, BlockIndex: 0, BlockData: bytes, DataLength: blockSize, ChecksumAlgorithm: 'SHA256' },
      ...{ Checksum: sum(bytes).toString('base64'), ...more },
    }),
  );
const complete = (SnapshotId: string, ChangedBlocksCount: number, Checksum?: string) =>
  ebs.send(
    new CompleteSnapshotCommand({
      ...{ SnapshotId, ChangedBlocksCount },
      ...(Checksum && { Checksum, ChecksumAlgorithm: 'SHA256', ChecksumAggregationMethod: 'LINEAR' }),
    }),
  );

beforeAll(async () => {
  key = await createKey(account);
  const script = [
    '#!/bin/sh',
    'echo tested > /srv/mark',
    'chmod 750 /srv/mark',
    'rm -rf /usr/share/doc/sudo',
    'echo end',
  ];
  const { InstanceId } = await fleet.run({
    UserData: Buffer.from(script.join('\n')).toString('base64'),
    BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { VolumeSize: 8, Encrypted: true, KmsKeyId: key } }],
  });
  await fleet.consoleWith(InstanceId, 'end');
  const made = await fleet.createImage(InstanceId, 'tested');
  image = made.ImageId ?? '';
  disk = made.BlockDeviceMappings?.[0]?.Ebs?.SnapshotId ?? '';
});

describe('reading', () => {
  let blocks: Block[];

  test('the blocks that have data, and each with its checksum', async () => {
    const { Blocks = [], ...rest } = await list(disk);
    blocks = Blocks;
    expect(rest).toMatchObject({ BlockSize: blockSize, VolumeSize: 8, ExpiryTime: expect.any(Date) });
    const indexes = blocks.map(({ BlockIndex }) => BlockIndex ?? -1);
    expect(indexes).toEqual([...new Set(indexes)].sort((a, b) => a - b));
    const [first] = blocks;
    const request = { SnapshotId: disk, BlockIndex: first?.BlockIndex, BlockToken: first?.BlockToken };
    const answer = await ebs.send(new GetSnapshotBlockCommand(request));
    const data = (await answer.BlockData?.transformToByteArray()) ?? new Uint8Array();
    expect([data.length, answer.DataLength, answer.ChecksumAlgorithm]).toEqual([blockSize, blockSize, 'SHA256']);
    expect(answer.Checksum).toBe(sum(data).toString('base64'));
  });

  test('tokens that are wrong, or older than the last list', async () => {
    const request = { SnapshotId: disk, BlockIndex: blocks[0]?.BlockIndex };
    const get = (BlockToken: string) => ebs.send(new GetSnapshotBlockCommand({ ...request, BlockToken }));
    await expect(get('bm90aGluZw==')).rejects.toMatchObject(refused('ValidationException', 'INVALID_BLOCK_TOKEN'));
    await list(disk);
    await expect(get(blocks[0]?.BlockToken ?? '')).rejects.toMatchObject(refused('ValidationException'));
    const page = new ListSnapshotBlocksCommand({ SnapshotId: disk, NextToken: 'bm90aGluZw==' });
    await expect(ebs.send(page)).rejects.toMatchObject(refused('ValidationException', 'INVALID_PAGE_TOKEN'));
  });

  test('what is not there, is of somebody else, or is not complete', async () => {
    const unknown = refused('ResourceNotFoundException', 'SNAPSHOT_NOT_FOUND');
    await expect(list('snap-00000000000000000')).rejects.toMatchObject(unknown);
    const stranger = new EBSClient(clientConfig(endpoint, other));
    const theirs = new ListSnapshotBlocksCommand({ SnapshotId: disk });
    await expect(stranger.send(theirs)).rejects.toMatchObject(unknown);
    await expect(list(await start())).rejects.toMatchObject(refused('ValidationException'));
  });

  test('a disk whose key cannot be used', async () => {
    await callJson(endpoint, account, 'TrentService.DisableKey', { KeyId: key });
    await expect(list(disk)).rejects.toMatchObject(refused('AccessDeniedException', 'DEPENDENCY_ACCESS_DENIED'));
    await expect(start({ Encrypted: true, KmsKeyArn: key })).rejects.toMatchObject(refused('ValidationException'));
    await callJson(endpoint, account, 'TrentService.EnableKey', { KeyId: key });
  });

  test('what is not supported says so', async () => {
    const compare = new ListChangedBlocksCommand({ FirstSnapshotId: disk, SecondSnapshotId: disk });
    await expect(ebs.send(compare)).rejects.toMatchObject({ name: 'UnsupportedOperation' });
  });
});

describe('writing', () => {
  test('a start is known by its token', async () => {
    const ClientToken = 'once';
    const id = await start({ ClientToken });
    expect(await start({ ClientToken })).toBe(id);
    await expect(start({ ClientToken, VolumeSize: 2 })).rejects.toMatchObject(refused('ConflictException'));
  });

  test.each<[string, Partial<StartSnapshotCommandInput>, string]>([
    ['a key without encryption', { Encrypted: false }, 'INVALID_PARAMETER_VALUE'],
    ['too large', { VolumeSize: 65_537 }, 'INVALID_VOLUME_SIZE'],
    [
      'a parent with encryption',
      { Encrypted: true, ParentSnapshotId: 'snap-00000000000000000' },
      'INVALID_PARAMETER_VALUE',
    ],
    ['too soon given up', { Timeout: 9 }, 'INVALID_PARAMETER_VALUE'],
  ])('%s: not started', async (_what, more, reason) => {
    await expect(start({ KmsKeyArn: key, ...more })).rejects.toMatchObject(refused('ValidationException', reason));
  });

  test.each<[string, object]>([
    ['of other bytes', { BlockData: Buffer.alloc(blockSize, 'else') }],
    ['that is too short', { BlockData: bytes.subarray(1), DataLength: blockSize - 1 }],
    ['beyond the disk', { BlockIndex: 2048 }],
  ])('a block %s is not written', async (_what, more) => {
    await expect(put(await start(), more)).rejects.toMatchObject(refused('ValidationException'));
  });

  test('a snapshot that is not whole is not completed; one that is takes no more', async () => {
    const id = await start({ Encrypted: true, KmsKeyArn: key });
    await put(id);
    const whole = sum(sum(bytes)).toString('base64');
    await expect(complete(id, 2, whole)).rejects.toMatchObject(refused('ValidationException'));
    await expect(complete(id, 1, sum(bytes).toString('base64'))).rejects.toMatchObject(refused('ValidationException'));
    const registration = new RegisterImageCommand({
      ...{ Name: 'of-a-pending-one', RootDeviceName: '/dev/xvda' },
      BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { SnapshotId: id } }],
    });
    await expect(fleet.ec2.send(registration)).rejects.toMatchObject({ name: 'IncorrectState' });
    await complete(id, 1, whole);
    await expect(put(id)).rejects.toMatchObject(refused('ValidationException'));
    await expect(complete(id, 1, whole)).rejects.toMatchObject(refused('ValidationException'));
  });

  test('what was deleted meanwhile is not there', async () => {
    const id = await start();
    await fleet.ec2.send(new DeleteSnapshotCommand({ SnapshotId: id }));
    await expect(put(id)).rejects.toMatchObject(refused('ResourceNotFoundException'));
  });
});

test('an image whose blocks were copied to another account and region has the same files', async () => {
  const [from, to] = [openIn(account, 'eu-west-1'), openIn(other, 'eu-central-1')];
  const encryptionKey = await keyIn(other, 'eu-central-1');
  const wanted = {
    ...{ place: { tenant: 'shop', environment: 'production' }, from: 'staging', account, encryptionKey },
    source: { ImageId: image },
  } as unknown as WantedCopy;
  const copy = { wanted, run: '0badf00d', traces: { images: [], snapshots: [] } };
  const id = await copyDisk(recorder(), { from, to }, copy, disk);
  const ec2 = await to.ec2();
  const { Snapshots } = await ec2.send(new DescribeSnapshotsCommand({ SnapshotIds: [id] }));
  expect(Snapshots).toMatchObject([
    { State: 'completed', Encrypted: true, KmsKeyId: encryptionKey, OwnerId: other, VolumeSize: 8 },
  ]);
  const { ImageId } = await ec2.send(
    new RegisterImageCommand({
      ...{ Name: 'copied', RootDeviceName: '/dev/xvda', VirtualizationType: 'hvm', Architecture: 'x86_64' },
      BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { SnapshotId: id } }],
    }),
  );
  const there = new Fleet(endpoint, other, 'eu-central-1');
  await there.available(ImageId);
  const script = ['#!/bin/sh', 'stat -c "%a" /srv/mark; cat /srv/mark; ls /usr/share/doc/sudo; echo end'];
  const { InstanceId } = await there.run({ ImageId, UserData: Buffer.from(script.join('\n')).toString('base64') });
  const printed = await there.consoleWith(InstanceId, 'end');
  expect(printed).toMatch(/750\s+tested\s+ls: cannot access/);
});

function openIn(of: string, region: string) {
  const env = { AWS_REGION: region, AWS_ACCESS_KEY_ID: of, AWS_SECRET_ACCESS_KEY: 'local-cloud' };
  return openAws(recorder({ ...env, AWS_ENDPOINT_URL: endpoint, VENDHOST_LOCAL_CLOUD: '1' }));
}

async function keyIn(of: string, region: string): Promise<string> {
  const answer = await fetch(endpoint, {
    method: 'POST',
    headers: {
      ...{
        connection: 'close',
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'TrentService.CreateKey',
      },
      authorization: `AWS4-HMAC-SHA256 Credential=${of}/20260101/${region}/kms/aws4_request`,
    },
    body: '{}',
  });
  return ((await answer.json()) as { KeyMetadata: { Arn: string } }).KeyMetadata.Arn;
}
