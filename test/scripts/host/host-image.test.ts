import type { Image } from '@aws-sdk/client-ec2';
import { describe, expect, test } from 'vitest';
import { hostImageFaults } from '../../../scripts/host/host-image.ts';

const place = { tenant: 'shop', environment: 'dev' };
const tag = (Key: string, Value: string) => ({ Key, Value });
const baked: Image = {
  State: 'available',
  BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { Encrypted: true } }, { DeviceName: '/dev/sdb' }],
  Tags: [
    tag('vendhost:environment', 'dev'),
    tag('vendhost:tenant', 'shop'),
    tag('vendhost:layer', 'image'),
    tag('vendhost:bake-key', 'a-key'),
  ],
};

describe('imageFaults', () => {
  test('an image as a bake leaves it has none', () => {
    expect(hostImageFaults(baked, place)).toEqual([]);
  });

  test.each<[string, Partial<Image>, string[]]>([
    ['still being made', { State: 'pending' }, ['it is pending, not available']],
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
      ['it has no tag vendhost:bake-key: its bake did not finish'],
    ],
    [
      'any image at all',
      { Tags: [] },
      [
        'its tag vendhost:environment is missing, not dev',
        'its tag vendhost:tenant is missing, not shop',
        'its tag vendhost:layer is missing, not image',
        'it has no tag vendhost:bake-key: its bake did not finish',
      ],
    ],
  ])('%s', (_what, changes, faults) => {
    expect(hostImageFaults({ ...baked, ...changes }, place)).toEqual(faults);
  });
});
