import { expect, test } from 'vitest';
import { planBake } from '../../../../scripts/image/bake/bake-plan.ts';
import { bakeInputs } from '../../../../scripts/image/bake-key.ts';

const parts = {
  place: { environment: 'dev', tenant: 'shop' },
  scripts: [],
  base: [],
  template: [],
  sourceAmi: 'ami-base-2',
  architecture: 'x86_64',
  volumeGib: 16,
  encryptionKey: 'key',
  packer: '1.6.6',
};
const inputs = bakeInputs(parts);
const newest = { id: 'ami-1', bakeKey: 'old' };

test('an image with the bake key is used', () => {
  const same = { id: 'ami-2', bakeKey: 'same' };
  expect(planBake(inputs, { same, newest, newestInputs: undefined })).toEqual({ action: 'use', imageId: 'ami-2' });
});

test('the first bake says so', () => {
  const plan = planBake(inputs, { same: undefined, newest: undefined, newestInputs: undefined });
  expect(plan).toEqual({ action: 'bake', reasons: ['there is no image yet'] });
});

test('a later bake names the inputs that changed since the newest image', () => {
  const newestInputs = bakeInputs({ ...parts, sourceAmi: 'ami-base-1' });
  expect(planBake(inputs, { same: undefined, newest, newestInputs })).toEqual({
    action: 'bake',
    reasons: ['source AMI changed: ami-base-1 → ami-base-2 (since ami-1)'],
  });
});

test('a newest image without a record is said to have none', () => {
  const plan = planBake(inputs, { same: undefined, newest, newestInputs: undefined });
  expect(plan).toEqual({
    action: 'bake',
    reasons: ['no image has this bake key; what ami-1 was made of is not recorded'],
  });
});
