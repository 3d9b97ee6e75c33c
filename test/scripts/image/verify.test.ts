import { expect, test } from 'vitest';
import { bakedImageFaults } from '../../../scripts/image/verify.ts';

const key = 'arn:aws:kms:eu-west-1:111111111111:key/1';
const image = {
  ImageId: 'ami-1',
  BlockDeviceMappings: [{ Ebs: { SnapshotId: 'snap-1' } }, { VirtualName: 'ephemeral0' }],
};
const snapshot = {
  SnapshotId: 'snap-1',
  Encrypted: true,
  KmsKeyId: key,
  Description: 'Created by CreateImage(i-1) for ami-1',
};

test('an image encrypted with the key from the start is as it should be', () => {
  expect(bakedImageFaults(image, [snapshot], key)).toEqual([]);
});

test.each([
  ['not encrypted', { Encrypted: false }, 'snap-1: not encrypted'],
  ['another key', { KmsKeyId: 'arn:other' }, 'snap-1: encrypted with arn:other'],
  ['a copy', { Description: 'Copied for DestinationAmi ami-1 from SourceAmi ami-0' }, 'snap-1: made by a copy'],
  ['an unknown snapshot', { SnapshotId: 'snap-2' }, 'snap-1: EC2 does not know this snapshot'],
])('%s is a fault', (_what, change, fault) => {
  expect(bakedImageFaults(image, [{ ...snapshot, ...change }], key)).toEqual([fault]);
});

test('no image and an image without snapshots are faults', () => {
  expect(bakedImageFaults(undefined, [], key)).toEqual(['EC2 does not know it']);
  expect(bakedImageFaults({ ImageId: 'ami-1' }, [], key)).toEqual(['it has no snapshot']);
});
