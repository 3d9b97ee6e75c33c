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
const former = bakeInputs({ ...parts, sourceAmi: 'ami-base-1' });
const newest = { imageId: 'ami-1', inputs: former };

test('an image with the bake key is used', () => {
  const same = { imageId: 'ami-2', inputs, faults: [] };
  expect(planBake(inputs, { same, newest })).toEqual({ action: 'use', imageId: 'ami-2' });
});

test('the first bake says so', () => {
  const plan = planBake(inputs, { same: undefined, newest: undefined });
  expect(plan).toEqual({ action: 'bake', reasons: ['there is no image on record yet'] });
});

test('a later bake names the inputs that changed since the newest image', () => {
  expect(planBake(inputs, { same: undefined, newest })).toEqual({
    action: 'bake',
    reasons: ['source AMI changed: ami-base-1 → ami-base-2 (since ami-1)'],
  });
});

test('an image on record that cannot be used is made again, and what is wrong with it is said', () => {
  const same = { imageId: 'ami-2', inputs, faults: ['EC2 does not know it'] };
  expect(planBake(inputs, { same, newest: same })).toEqual({
    action: 'bake',
    reasons: ['ami-2, on record for this bake key: EC2 does not know it'],
  });
});
