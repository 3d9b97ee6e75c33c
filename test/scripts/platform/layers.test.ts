import { expect, test } from 'vitest';
import { stepsOf } from '../../../scripts/platform/layers.ts';

test('each step has what needs only the steps before it', () => {
  expect(stepsOf('dev', { load_balancers: 2 })).toEqual([
    ['vendhost-dev-policies'],
    ['vendhost-dev-access'],
    ['vendhost-dev-network', 'vendhost-dev-storage'],
    ['vendhost-dev-balancer', 'vendhost-dev-balancer-2'],
  ]);
});

test('where jobs vend, the role that CloudFormation has for them comes with the access layer', () => {
  expect(stepsOf('dev', { load_balancers: 1, vending: 'jobs' }, 'access')).toEqual([
    ['vendhost-dev-policies'],
    ['vendhost-dev-access', 'vendhost-dev-vending'],
  ]);
});

test('one layer is one step', () => {
  expect(stepsOf('production', { load_balancers: 1 }, 'storage')).toEqual([['vendhost-production-storage']]);
  expect(stepsOf('dev', { load_balancers: 1 }, 'balancer')).toEqual([['vendhost-dev-balancer']]);
});
