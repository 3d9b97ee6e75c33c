import {
  CopyImageCommand,
  CreateImageCommand,
  DeleteSnapshotCommand,
  DeregisterImageCommand,
  DescribeImagesCommand,
  DescribeInstanceTypeOfferingsCommand,
  DescribeSnapshotsCommand,
  DescribeVolumesCommand,
  DisableImageDeregistrationProtectionCommand,
  EnableImageDeprecationCommand,
  EnableImageDeregistrationProtectionCommand,
  type Filter,
  type Image,
  ModifyImageAttributeCommand,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { callJson } from '../clients.ts';
import { Fleet } from './fleet.ts';

const account = '610000000042';
const { endpoint } = inject('localCloud');
const fleet = new Fleet(endpoint, account);
const other = new Fleet(endpoint, '610000000012');
const script = (...lines: string[]) =>
  Buffer.from(['#!/bin/sh', ...lines, 'echo end', ''].join('\n')).toString('base64');

let key: string;
let image: Image;

async function createKey(): Promise<string> {
  const { KeyMetadata } = await callJson(endpoint, account, 'TrentService.CreateKey', {});
  return (KeyMetadata as { Arn: string }).Arn;
}

async function snapshotOf(one: Image) {
  const id = String(one.BlockDeviceMappings?.[0]?.Ebs?.SnapshotId);
  const { Snapshots } = await fleet.ec2.send(new DescribeSnapshotsCommand({ SnapshotIds: [id] }));
  return Snapshots?.[0];
}

async function names(...Filters: Filter[]): Promise<(string | undefined)[]> {
  const { Images } = await fleet.ec2.send(new DescribeImagesCommand({ Owners: ['self'], Filters }));
  return (Images ?? []).map((one) => one.Name).sort();
}

beforeAll(async () => {
  key = await createKey();
  const { InstanceId } = await fleet.run({
    UserData: script(
      'echo baked > /srv/mark',
      'chmod 750 /srv/mark',
      'mkdir -p /opt/thing',
      'rm -rf /usr/share/doc/sudo',
    ),
    BlockDeviceMappings: [
      {
        DeviceName: '/dev/xvda',
        Ebs: { VolumeSize: 12, VolumeType: 'gp3', Iops: 3500, Throughput: 200, Encrypted: true, KmsKeyId: key },
      },
    ],
    TagSpecifications: [{ ResourceType: 'volume', Tags: [{ Key: 'disk', Value: 'builder' }] }],
  });
  await fleet.consoleWith(InstanceId, 'end');
  const answer = await fleet.ec2.send(
    new CreateImageCommand({
      InstanceId,
      Name: 'lantern-1',
      Description: 'first',
      TagSpecifications: [
        { ResourceType: 'image', Tags: [{ Key: 'vendhost:tenant', Value: 'lantern' }] },
        { ResourceType: 'snapshot', Tags: [{ Key: 'of', Value: 'lantern' }] },
      ],
    }),
  );
  image = await fleet.available(answer.ImageId);
});

describe('an image', () => {
  test('has the disk of its instance, encrypted with the same key, without a copy', async () => {
    expect(image.BlockDeviceMappings).toEqual([
      {
        DeviceName: '/dev/xvda',
        Ebs: expect.objectContaining({
          VolumeSize: 12,
          VolumeType: 'gp3',
          Iops: 3500,
          Throughput: 200,
          Encrypted: true,
          DeleteOnTermination: true,
        }),
      },
    ]);
    expect(await snapshotOf(image)).toMatchObject({
      Encrypted: true,
      KmsKeyId: key,
      VolumeSize: 12,
      Tags: [{ Key: 'of', Value: 'lantern' }],
    });
    const filter = { Name: 'tag:disk', Values: ['builder'] };
    const { Volumes } = await fleet.ec2.send(new DescribeVolumesCommand({ Filters: [filter] }));
    expect(Volumes).toMatchObject([{ Encrypted: true, KmsKeyId: key, State: 'in-use' }]);
  });

  test('boots with what was written, and without what was removed; a new volume is encrypted too', async () => {
    const { InstanceId } = await fleet.run({
      ImageId: image.ImageId,
      UserData: script(
        'echo "mark $(cat /srv/mark) $(stat -c %a /srv/mark) $(ls -d /opt/thing)"',
        'echo "doc $(ls -d /usr/share/doc/sudo 2>&1 | grep -c "No such")"',
        'echo "id $(cat /var/lib/cloud/data/instance-id)"',
      ),
    });
    const text = await fleet.consoleWith(InstanceId, 'end');
    expect(text).toContain('mark baked 750 /opt/thing\n');
    expect(text).toContain('doc 1\n');
    expect(text).toContain(`id ${InstanceId}\n`);
    const filter = { Name: 'attachment.instance-id', Values: [String(InstanceId)] };
    const { Volumes } = await fleet.ec2.send(new DescribeVolumesCommand({ Filters: [filter] }));
    expect(Volumes).toMatchObject([{ Encrypted: true, Size: 12 }]);
  });

  test('has a name nobody else in the account has', async () => {
    const { InstanceId } = await fleet.run();
    const again = fleet.ec2.send(new CreateImageCommand({ InstanceId, Name: 'lantern-1' }));
    await expect(again).rejects.toMatchObject({ name: 'InvalidAMIName.Duplicate' });
    const bad = fleet.ec2.send(new CreateImageCommand({ InstanceId, Name: 'a:b' }));
    await expect(bad).rejects.toMatchObject({ name: 'InvalidAMIName.Malformed' });
  });

  test('is found by wildcard, tag and state; an unknown filter is refused', async () => {
    expect(await names({ Name: 'name', Values: ['lantern-?'] }, { Name: 'state', Values: ['available'] })).toContain(
      'lantern-1',
    );
    expect(await names({ Name: 'tag:vendhost:tenant', Values: ['lantern'] })).toContain('lantern-1');
    expect(await names({ Name: 'name', Values: ['nothing-*'] })).toEqual([]);
    await expect(names({ Name: 'nmae', Values: ['x'] })).rejects.toMatchObject({ name: 'InvalidParameterValue' });
  });

  test('belongs to its account until it is shared', async () => {
    await expect(other.image(image.ImageId)).rejects.toMatchObject({ name: 'InvalidAMIID.NotFound' });
    const share = { ImageId: image.ImageId, LaunchPermission: { Add: [{ UserId: '610000000012' }] } };
    await fleet.ec2.send(new ModifyImageAttributeCommand(share));
    expect(await other.image(image.ImageId)).toMatchObject({ Name: 'lantern-1', OwnerId: account });
  });

  test('remembers IMDSv2 and its deprecation', async () => {
    const at = new Date(Date.UTC(2036, 0, 2, 3, 4));
    const { ImageId } = image;
    await fleet.ec2.send(new ModifyImageAttributeCommand({ ImageId, ImdsSupport: { Value: 'v2.0' } }));
    await fleet.ec2.send(new EnableImageDeprecationCommand({ ImageId, DeprecateAt: at }));
    expect(await fleet.image(ImageId)).toMatchObject({
      ImdsSupport: 'v2.0',
      DeprecationTime: '2036-01-02T03:04:00.000Z',
    });
    expect((await fleet.start({ ImageId })).MetadataOptions?.HttpTokens).toBe('required');
  });
});

test('CopyImage copies the disk and encrypts it again', async () => {
  const second = await createKey();
  const { ImageId } = await fleet.ec2.send(
    new CopyImageCommand({
      SourceImageId: image.ImageId,
      SourceRegion: 'eu-west-1',
      Name: 'lantern-copy',
      KmsKeyId: second,
      Encrypted: true,
    }),
  );
  const copy = await fleet.available(ImageId);
  expect(await snapshotOf(copy)).toMatchObject({ Encrypted: true, KmsKeyId: second });
  const { InstanceId } = await fleet.run({ ImageId, UserData: script('echo "mark $(cat /srv/mark)"') });
  expect(await fleet.consoleWith(InstanceId, 'end')).toContain('mark baked\n');
});

test('a launch template gives the settings, the request has the last word', async () => {
  const ebs = { VolumeSize: 20, Encrypted: true, KmsKeyId: key };
  const LaunchTemplateId = await fleet.launchTemplate('settings', {
    ImageId: image.ImageId,
    InstanceType: 't3.small',
    BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: ebs }],
  });
  const { Instances } = await fleet.ec2.send(
    new RunInstancesCommand({
      LaunchTemplate: { LaunchTemplateId },
      InstanceType: 't3.medium',
      MinCount: 1,
      MaxCount: 1,
    }),
  );
  expect(Instances).toMatchObject([{ InstanceType: 't3.medium', ImageId: image.ImageId }]);
  const ids = [String(Instances?.[0]?.BlockDeviceMappings?.[0]?.Ebs?.VolumeId)];
  const { Volumes } = await fleet.ec2.send(new DescribeVolumesCommand({ VolumeIds: ids }));
  expect(Volumes).toMatchObject([{ Size: 20, Encrypted: true, KmsKeyId: key }]);
});

test('long lists come in pages', async () => {
  const first = await fleet.ec2.send(new DescribeInstanceTypeOfferingsCommand({ MaxResults: 5 }));
  expect(first.InstanceTypeOfferings).toHaveLength(5);
  const { NextToken } = first;
  const second = await fleet.ec2.send(new DescribeInstanceTypeOfferingsCommand({ MaxResults: 5, NextToken }));
  const types = [...(first.InstanceTypeOfferings ?? []), ...(second.InstanceTypeOfferings ?? [])];
  expect(new Set(types.map((one) => one.InstanceType)).size).toBe(10);
});

test('a snapshot goes after its image', async () => {
  const { InstanceId } = await fleet.run();
  const { ImageId, BlockDeviceMappings } = await fleet.createImage(InstanceId, 'short-lived');
  const SnapshotId = BlockDeviceMappings?.[0]?.Ebs?.SnapshotId;
  const remove = () => fleet.ec2.send(new DeleteSnapshotCommand({ SnapshotId }));
  await expect(remove()).rejects.toMatchObject({ name: 'InvalidSnapshot.InUse' });
  await fleet.ec2.send(new DeregisterImageCommand({ ImageId }));
  await remove();
  await expect(fleet.image(ImageId)).rejects.toMatchObject({ name: 'InvalidAMIID.NotFound' });
  const again = fleet.ec2.send(new DeregisterImageCommand({ ImageId }));
  await expect(again).rejects.toMatchObject({ name: 'InvalidAMIID.Unavailable' });
});

test('an image that is protected stays until it is no longer; its snapshot can go in the same call', async () => {
  const { InstanceId } = await fleet.run();
  const { ImageId, BlockDeviceMappings } = await fleet.createImage(InstanceId, 'protected');
  const SnapshotId = BlockDeviceMappings?.[0]?.Ebs?.SnapshotId;
  await fleet.ec2.send(new EnableImageDeregistrationProtectionCommand({ ImageId }));
  expect(await fleet.image(ImageId)).toMatchObject({ DeregistrationProtection: 'enabled-without-cooldown' });
  const deregister = () => fleet.ec2.send(new DeregisterImageCommand({ ImageId, DeleteAssociatedSnapshots: true }));
  await expect(deregister()).rejects.toMatchObject({ name: 'OperationNotPermitted' });
  await fleet.ec2.send(new DisableImageDeregistrationProtectionCommand({ ImageId }));
  expect((await deregister()).DeleteSnapshotResults).toEqual([{ SnapshotId, ReturnCode: 'success' }]);
  const read = fleet.ec2.send(new DescribeSnapshotsCommand({ SnapshotIds: [SnapshotId ?? ''] }));
  await expect(read).rejects.toMatchObject({ name: 'InvalidSnapshot.NotFound' });
});
