import type { Image } from '@aws-sdk/client-ec2';
import { describe, expect, test } from 'vitest';
import { architectureOf, vendhostSchema } from '../../../scripts/config/vendhost.ts';
import { chooseSource, sharedArchitecture } from '../../../scripts/image/source.ts';

const { image, instances } = vendhostSchema.parse({});

test.each(['t3.small', 'm7i-flex.large', 'g4dn.xlarge', 'c5.large', 'inf2.xlarge', 'u-6tb1.metal', 'mac1.metal'])(
  '%s is x86_64',
  (type) => {
    expect(architectureOf(type)).toBe('x86_64');
  },
);

test.each(['t4g.small', 'a1.medium', 'm7gd.large', 'im4gn.large', 'is4gen.large', 'hpc7g.4xlarge', 'g5g.xlarge'])(
  '%s is arm64',
  (type) => {
    expect(architectureOf(type)).toBe('arm64');
  },
);

test('a builder of another architecture than the instances is refused', () => {
  expect(sharedArchitecture({ image, instances })).toBe('x86_64');
  const mixed = { image, instances: { ...instances, type: 't4g.small' } };
  expect(() => sharedArchitecture(mixed)).toThrow(
    'instances.type t4g.small is arm64, image.builder_type t3.small is not',
  );
});

describe('chooseSource', () => {
  const old = ami('ami-old', '2025-11-30T00:00:00.000Z');
  const recent = ami('ami-new', '2026-01-01T00:00:00.000Z');

  test('takes the newest, in whatever order they come', () => {
    const expected = {
      id: 'ami-new',
      name: 'debian ami-new',
      architecture: 'x86_64',
      rootDevice: '/dev/xvda',
      volumeGib: 8,
    };
    expect(chooseSource([old, recent], image, 'x86_64')).toEqual(expected);
    expect(chooseSource([recent, old], image, 'x86_64')).toEqual(expected);
  });

  test('none is an error that says what was looked for', () => {
    expect(() => chooseSource([], image, 'arm64')).toThrow(
      'no available arm64 AMI named debian-12-amd64-* of owner 136693071363',
    );
  });

  test('one that is pinned and not there is named, with what pins it', () => {
    const error = expect.objectContaining({
      code: 'SOURCE_AMI_MISSING',
      message: 'no available x86_64 AMI ami-1 named debian-12-amd64-* of owner 136693071363',
      hint: expect.stringContaining('VENDHOST_SOURCE_AMI'),
    });
    expect(() => chooseSource([], image, 'x86_64', 'ami-1')).toThrow(error);
  });

  test('a volume smaller than the source is refused', () => {
    expect(() => chooseSource([ami('ami-1', '2026', 30)], image, 'x86_64')).toThrow(
      'image.volume_gib 16 is less than the 30 GiB of ami-1 (debian ami-1)',
    );
  });
});

function ami(id: string, created: string, gib = 8): Image {
  return {
    ImageId: id,
    Name: `debian ${id}`,
    CreationDate: created,
    RootDeviceName: '/dev/xvda',
    BlockDeviceMappings: [{ DeviceName: '/dev/xvdb' }, { DeviceName: '/dev/xvda', Ebs: { VolumeSize: gib } }],
  };
}
