import { expect, test } from 'vitest';
import { stepsOf } from '../../../scripts/platform/layers.ts';

test('each step has what needs only the steps before it', () => {
  expect(stepsOf('dev', { load_balancers: 2 })).toEqual([
    ['vendhost-dev-access'],
    ['vendhost-dev-network', 'vendhost-dev-storage'],
    ['vendhost-dev-balancer', 'vendhost-dev-balancer-2'],
  ]);
});

test('one layer is one step', () => {
  expect(stepsOf('production', { load_balancers: 1 }, 'storage')).toEqual([['vendhost-production-storage']]);
  expect(stepsOf('dev', { load_balancers: 1 }, 'balancer')).toEqual([['vendhost-dev-balancer']]);
});
