import { expect, test } from 'vitest';
import { launchRequest, tagList } from '../../../../scripts/image/builder/launch.ts';
import { imageTags } from '../../../../scripts/image/make-image.ts';
import { facts } from '../../../builders/sample.ts';
import { parts } from '../parts.ts';

const own = {
  'vendhost:environment': 'dev',
  'vendhost:tenant': 'shop',
  'vendhost:layer': 'image',
  'vendhost:bake-run': '0a1b2c3d',
};

test('a builder is private, encrypted, tagged and takes IMDSv2 only, all in the call that creates it', () => {
  const tags = tagList({ ...own, Name: 'vendhost-dev-shop-0123456789ab-0a1b2c3d-builder' });
  expect(launchRequest(parts)).toEqual({
    ClientToken: 'vendhost-bake-0a1b2c3d',
    MinCount: 1,
    MaxCount: 1,
    ImageId: 'ami-0123456789abcdef0',
    InstanceType: 't3.small',
    KeyName: 'vendhost-bake-0a1b2c3d',
    IamInstanceProfile: { Name: 'vendhost-dev-builder' },
    NetworkInterfaces: [
      {
        DeviceIndex: 0,
        SubnetId: 'subnet-021b2c3d4e5f6071',
        AssociatePublicIpAddress: false,
        Groups: ['sg-builder'],
        DeleteOnTermination: true,
      },
    ],
    BlockDeviceMappings: [
      {
        DeviceName: '/dev/xvda',
        Ebs: {
          VolumeType: 'gp3',
          VolumeSize: 16,
          Iops: 3000,
          Throughput: 125,
          Encrypted: true,
          KmsKeyId: facts['key-arn'],
          DeleteOnTermination: true,
        },
      },
    ],
    MetadataOptions: { HttpEndpoint: 'enabled', HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
    UserData: 'IyEvYmluL3NoCnNodXRkb3duIC1oICsxMjAK',
    InstanceInitiatedShutdownBehavior: 'terminate',
    TagSpecifications: [
      { ResourceType: 'instance', Tags: tags },
      { ResourceType: 'volume', Tags: tags },
      { ResourceType: 'network-interface', Tags: tags },
    ],
  });
});

test('where the platform says so it has a public address', () => {
  const open = { ...facts, 'builder-access': 'public' as const };
  expect(launchRequest({ ...parts, facts: open }).NetworkInterfaces).toMatchObject([
    { SubnetId: 'subnet-011b2c3d4e5f6071', AssociatePublicIpAddress: true },
  ]);
});

test('an image says whose it is, of which run, source and commit', () => {
  const tags = {
    ...own,
    Name: 'vendhost-dev-shop-0123456789ab-0a1b2c3d',
    'vendhost:source-ami': 'ami-0123456789abcdef0',
  };
  expect(imageTags(parts)).toEqual({ ...tags, 'vendhost:commit': 'c0ffee' });
  expect(imageTags({ ...parts, commit: '' })).toEqual(tags);
});
