import { expect, test } from 'vitest';
import { planSwitch } from '../../../../scripts/repair/maintenance/switch-maintenance.ts';

const document = 'vendhost-dev-shop-maintenance';
const on = 'on: the page of maintenance_switch in tenants/shop.yml';

test.each([
  ['on', 'instances', { document, to: 'on', before: 'off', after: on }],
  ['on', 'partly', { document, to: 'on', before: 'on for some hosts', after: on }],
  ['on', 'page', undefined],
  ['off', 'page', { document, to: 'off', before: 'on', after: 'off' }],
  ['off', 'partly', { document, to: 'off', before: 'on for some hosts', after: 'off' }],
  ['off', 'instances', undefined],
] as const)('%s, when it is %s', (to, answers, plan) => {
  expect(planSwitch(to, { answers, document }, 'shop')).toEqual(plan);
});
