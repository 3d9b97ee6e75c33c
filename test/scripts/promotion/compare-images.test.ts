import { expect, test } from 'vitest';
import type { BakeInputs } from '../../../scripts/config/stored.ts';
import { comparisonWords, judgePair } from '../../../scripts/promotion/compare-images.ts';

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
const there = { id: 'ami-1', inputs };
const own = { place: 'production/shop', encryptionKey: 'arn:aws:kms:eu-west-1:2:key/production' };
const here = (parts: Partial<BakeInputs> = {}) => ({ id: 'ami-2', inputs: { ...inputs, ...own, ...parts } });

test('images of the same scripts and base are the same, whatever their environment and key', () => {
  const comparison = judgePair(there, here());
  expect(comparison).toEqual({ kind: 'same', there: 'ami-1', here: 'ami-2' });
  expect(comparisonWords(comparison, 'staging')).toEqual([
    'image ami-2 is made of the same as ami-1, on which staging runs it',
  ]);
});

test('another source AMI is a difference, and can be pinned', () => {
  expect(comparisonWords(judgePair(there, here({ sourceAmi: 'ami-0b' })), 'staging')).toEqual([
    'image ami-2 is not made of the same as ami-1, on which staging runs it:',
    '  source AMI changed: ami-0a → ami-0b',
    '  to bake from the same: a pipeline of the branch with VENDHOST_SOURCE_AMI=ami-0a',
  ]);
});

test('other scripts are a difference that no pin helps', () => {
  expect(judgePair(there, here({ scripts: { 'install.sh': 'x-2' } }))).toEqual({
    ...{ kind: 'differs', there: 'ami-1', here: 'ami-2' },
    changes: ['infrastructure/install.sh changed'],
  });
});

test('what was made of unknown things is not called the same', () => {
  const unknown = { kind: 'unknown', why: 'no record says what ami-1 was made of' } as const;
  expect(comparisonWords(unknown, 'staging')).toEqual([
    'whether the image is made of the same as that of staging is unknown: no record says what ami-1 was made of',
  ]);
});
