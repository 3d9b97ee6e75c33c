import { expect, test } from 'vitest';
import { tags } from '../../../../scripts/config/names.ts';
import type { BakeInputs } from '../../../../scripts/config/stored.ts';
import type { VendhostError } from '../../../../scripts/errors.ts';
import { bakeKey } from '../../../../scripts/image/bake-key.ts';
import { tagList } from '../../../../scripts/image/builder/launch.ts';
import { registration } from '../../../../scripts/image/copy/copy-image.ts';
import { planCopy, type SourceImage, wantedCopy } from '../../../../scripts/image/copy/copy-plan.ts';

const inputs: BakeInputs = {
  place: 'staging/shop',
  scripts: { 'install.sh': 'x-1' },
  base: {},
  template: {},
  sourceAmi: 'ami-0a',
  architecture: 'x86_64',
  volumeGib: 8,
  encryptionKey: 'arn:aws:kms:eu-west-1:1:key/staging',
  packer: '1.6.6',
};
const target = {
  place: { tenant: 'shop', environment: 'production' },
  from: 'staging',
  account: '1',
  encryptionKey: 'arn:aws:kms:eu-west-1:1:key/production',
  instanceType: 't3.small',
} as const;
const image = {
  ImageId: 'ami-1',
  OwnerId: '1',
  State: 'available',
  Architecture: 'x86_64',
  RootDeviceName: '/dev/xvda',
  EnaSupport: true,
  PlatformDetails: 'Linux/UNIX',
  BlockDeviceMappings: [
    { DeviceName: '/dev/xvda', Ebs: { SnapshotId: 'snap-1', Encrypted: true, VolumeSize: 8, VolumeType: 'gp3' } },
  ],
  Tags: tagList({
    ...tags('staging', 'image', 'shop'),
    'vendhost:bake-key': 'a'.repeat(64),
    'vendhost:commit': 'c'.repeat(40),
  }),
} as const;
const snapshot = { SnapshotId: 'snap-1', Encrypted: true, KmsKeyId: inputs.encryptionKey };

function source(parts: object = {}, more: Partial<SourceImage> = {}): SourceImage {
  const whole = { ...image, ...parts } as unknown as NonNullable<SourceImage['image']>;
  return {
    ...{ id: 'ami-1', bakeKey: 'a'.repeat(64), snapshots: [snapshot], image: whole },
    ...{ record: { imageId: 'ami-1', inputs }, ...more },
  };
}

function faults(found: SourceImage): readonly string[] {
  try {
    wantedCopy(found, target);
    return [];
  } catch (error) {
    return (error as VendhostError).details ?? [];
  }
}

test('a copy has the bake key that a bake here of the same would have', () => {
  const wanted = wantedCopy(source(), target);
  const here = { ...inputs, place: 'production/shop', encryptionKey: target.encryptionKey };
  expect([wanted.inputs, wanted.bakeKey]).toEqual([here, bakeKey(here)]);
});

test.each([
  ['deregistered', source({}, { image: undefined }), /deregistered/],
  ['of another tenant', source({ Tags: tagList(tags('staging', 'image', 'blog')) }), /its tag vendhost:tenant is blog/],
  ['of another account', source({ OwnerId: '2' }), /belongs to the account 2/],
  ['not finished', source({ State: 'pending' }), /it is pending/],
  ['without a record', source({}, { record: undefined }), /no record of shop in staging/],
  ['with another key', source({}, { snapshots: [{ ...snapshot, KmsKeyId: 'default' }] }), /encrypted with default/],
  ['not encrypted', source({}, { snapshots: [{ ...snapshot, Encrypted: false }] }), /not encrypted/],
  ['that is billed', source({ PlatformDetails: 'Red Hat Enterprise Linux' }), /billed as Red Hat/],
  ['of another architecture', source({ Architecture: 'arm64' }), /it is arm64, and cannot start t3.small/],
  ['of Marketplace', source({ ProductCodes: [{ ProductCodeId: 'x' }] }), /product code/],
])('an image %s is not copied', (_what, found, words) => {
  expect(faults(found)).toEqual(expect.arrayContaining([expect.stringMatching(words)]));
});

test('only a copy of exactly this image is used', () => {
  const wanted = wantedCopy(source(), target);
  const promotedFrom = { environment: 'staging', image: 'ami-1', account: '1', job: '', at: '' };
  const own = { imageId: 'ami-2', inputs: wanted.inputs, faults: [], promotedFrom };
  expect(planCopy(wanted, own)).toEqual({ kind: 'use', imageId: 'ami-2', bakeKey: wanted.bakeKey });
  const copied = { kind: 'copy', wanted };
  expect(planCopy(wanted, undefined)).toEqual(copied);
  expect(planCopy(wanted, { ...own, promotedFrom: undefined })).toEqual(copied);
  expect(planCopy(wanted, { ...own, promotedFrom: { ...promotedFrom, image: 'ami-0' } })).toEqual(copied);
  expect(planCopy(wanted, { ...own, faults: ['EC2 does not know it'] })).toEqual(copied);
});

test('a disk that starts empty has the key of the environment that the copy is for', () => {
  const empty = { DeviceName: '/dev/sdg', Ebs: { Encrypted: true, KmsKeyId: 'arn:theirs', VolumeSize: 4 } };
  const wanted = wantedCopy(source({ BlockDeviceMappings: [...image.BlockDeviceMappings, empty] }), target);
  const { BlockDeviceMappings } = registration(wanted, '0badf00d', new Map([['snap-1', 'snap-2']]));
  expect(BlockDeviceMappings?.[1]).toEqual({
    ...{ DeviceName: '/dev/sdg', Ebs: { Encrypted: true, KmsKeyId: target.encryptionKey, VolumeSize: 4 } },
  });
});

test('the copy is registered as its source is, with the copies of its disks', () => {
  const wanted = wantedCopy(source(), target);
  const request = registration(wanted, '0badf00d', new Map([['snap-1', 'snap-2']]));
  expect(request).toEqual({
    Name: `vendhost-production-shop-${wanted.bakeKey.slice(0, 12)}-0badf00d`,
    Description: 'ami-1 of staging',
    ...{ VirtualizationType: 'hvm', ImdsSupport: 'v2.0', Architecture: 'x86_64', RootDeviceName: '/dev/xvda' },
    EnaSupport: true,
    BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { SnapshotId: 'snap-2', VolumeSize: 8, VolumeType: 'gp3' } }],
    TagSpecifications: [
      {
        ResourceType: 'image',
        Tags: tagList({
          ...tags('production', 'image', 'shop'),
          'vendhost:bake-run': '0badf00d',
          'vendhost:promoted-from': 'staging/ami-1',
          Name: request.Name ?? '',
          'vendhost:source-ami': 'ami-0a',
          'vendhost:commit': 'c'.repeat(40),
        }),
      },
    ],
  });
});
