import { expect, test } from 'vitest';
import { destroySteps, tenantLines } from '../../../../scripts/platform/destroy/plan-destruction.ts';

test('a tenant is known by its record, by its stacks, or by both', () => {
  const stacks = [
    'vendhost-dev-blog-host',
    'vendhost-dev-shop-access',
    'vendhost-dev-shop-data',
    'vendhost-dev-network',
  ];
  expect(tenantLines('dev', stacks, ['shop', 'wiki'])).toEqual([
    'blog: stack vendhost-dev-blog-host',
    'shop: record /vendhost/dev/tenants/shop, stack vendhost-dev-shop-access, stack vendhost-dev-shop-data',
    'wiki: record /vendhost/dev/tenants/wiki',
  ]);
  expect(tenantLines('staging', stacks, [])).toEqual([]);
});

test('what is left goes in the reverse order of a deploy', () => {
  const layers = ['access', 'balancer', 'balancer-2', 'network', 'policies', 'storage', 'vending'];
  const stacks = layers.map((layer) => `vendhost-dev-${layer}`);
  expect(destroySteps('dev', stacks)).toEqual([
    ['vendhost-dev-balancer', 'vendhost-dev-balancer-2'],
    ['vendhost-dev-network', 'vendhost-dev-storage', 'vendhost-dev-vending'],
    ['vendhost-dev-access'],
    ['vendhost-dev-policies'],
  ]);
  expect(destroySteps('dev', ['vendhost-dev-storage'])).toEqual([['vendhost-dev-storage']]);
});
