import type { Image } from '@aws-sdk/client-ec2';
import { describe, expect, test } from 'vitest';
import { imageFaults } from '../../../scripts/image/image-faults.ts';

const wanted = { place: { tenant: 'shop', environment: 'dev' }, account: '111111111111' };
const bakeKey = '0123456789abcdef'.repeat(4);
const tag = (Key: string, Value: string) => ({ Key, Value });
const baked: Image = {
  OwnerId: '111111111111',
  State: 'available',
  BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { Encrypted: true } }, { DeviceName: '/dev/sdb' }],
  Tags: [
    tag('vendhost:environment', 'dev'),
    tag('vendhost:tenant', 'shop'),
    tag('vendhost:layer', 'image'),
    tag('vendhost:bake-key', bakeKey),
  ],
};

describe('imageFaults', () => {
  test('an image as a bake leaves it has none', () => {
    expect(imageFaults(baked, wanted)).toEqual([]);
  });

  test.each<[string, Partial<Image>, string[]]>([
    ['still being made', { State: 'pending' }, ['it is pending, not available']],
    ["another account's", { OwnerId: '222222222222' }, ['it belongs to the account 222222222222, not to 111111111111']],
    [
      'a bake key that is none',
      { Tags: [...(baked.Tags ?? []).slice(0, 3), tag('vendhost:bake-key', '../cafe/key')] },
      ['it has no tag vendhost:bake-key of a bake: it was not finished'],
    ],
    [
      'a plain volume',
      { BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { Encrypted: false } }] },
      ['its volume /dev/xvda is not encrypted'],
    ],
    [
      "another tenant's",
      {
        Tags: [...(baked.Tags ?? []).slice(2), tag('vendhost:tenant', 'cafe'), tag('vendhost:environment', 'staging')],
      },
      ['its tag vendhost:environment is staging, not dev', 'its tag vendhost:tenant is cafe, not shop'],
    ],
    [
      'a bake that did not finish',
      { Tags: (baked.Tags ?? []).slice(0, 3) },
      ['it has no tag vendhost:bake-key of a bake: it was not finished'],
    ],
    [
      'any image at all',
      { Tags: [] },
      [
        'its tag vendhost:environment is missing, not dev',
        'its tag vendhost:tenant is missing, not shop',
        'its tag vendhost:layer is missing, not image',
        'it has no tag vendhost:bake-key of a bake: it was not finished',
      ],
    ],
  ])('%s', (_what, changes, faults) => {
    expect(imageFaults({ ...baked, ...changes }, wanted)).toEqual(faults);
  });
});
