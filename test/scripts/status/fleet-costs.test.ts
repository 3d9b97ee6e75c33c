import { parse } from 'parse5';
import { expect, test } from 'vitest';
import {
  type BilledMonth,
  billedMonths,
  billedPeriod,
  costsOf,
  costWords,
  monthsAsked,
} from '../../../scripts/status/fleet/fleet-costs.ts';
import { fleetPage } from '../../../scripts/status/fleet/fleet-page.ts';
import type { FleetSnapshot } from '../../../scripts/status/fleet/fleet-snapshot.ts';
import { fleetLines, fleetView } from '../../../scripts/status/fleet/fleet-view.ts';
import { shapeOf } from '../report/markdown-tree.ts';
import { at } from './host-snapshots.ts';

test.each([
  ['2026-06-10T12:00:00Z', '2026-05-01', '2026-06-11'],
  ['2026-06-01T00:00:00Z', '2026-05-01', '2026-06-02'],
  ['2026-06-30T23:59:59Z', '2026-05-01', '2026-07-01'],
  ['2026-01-31T12:00:00Z', '2025-12-01', '2026-02-01'],
])('at %s the bill is asked for from %s to %s', (now, Start, End) => {
  expect(billedPeriod(new Date(now))).toEqual({ Start, End });
});

const group = (tenant: string, environment: string, amount: string, unit = 'USD') => ({
  ...{ tenant, environment, amount, unit },
});
const may: BilledMonth = {
  ...{ month: '2026-05', isEstimated: false },
  groups: [
    group('', '', '900'),
    group('', 'dev', '64.881'),
    group('shop', 'dev', '12.3456'),
    group('shop', 'staging', '7'),
  ],
};
const june: BilledMonth = {
  ...{ month: '2026-06', isEstimated: true },
  groups: [group('', 'dev', '20.1'), group('shop', 'dev', '-3.2', 'EUR')],
};

test('a month goes on on the next page, and is final when every page of it says so', () => {
  const page = (Start: string, Estimated: boolean | undefined, Keys: string[], Amount: string) => ({
    TimePeriod: { Start, End: '2026-07-01' },
    ...(Estimated === undefined ? {} : { Estimated }),
    Groups: [{ Keys, Metrics: { UnblendedCost: { Amount, Unit: 'USD' } } }],
  });
  const keys = (tenant: string) => [`vendhost:tenant$${tenant}`, 'vendhost:environment$dev'];
  expect(
    billedMonths([
      [page('2026-05-01', false, keys('a'), '1'), page('2026-06-01', undefined, keys('a'), '2')],
      [page('2026-06-01', false, keys('b$c'), '3'), page('2026-05-01', false, keys('b$c'), '4')],
    ]),
  ).toEqual([
    { month: '2026-05', isEstimated: false, groups: [group('a', 'dev', '1'), group('b$c', 'dev', '4')] },
    { month: '2026-06', isEstimated: true, groups: [group('a', 'dev', '2'), group('b$c', 'dev', '3')] },
  ]);
});

test('a month that the answer does not have is unknown, and not left out', () => {
  const asked = monthsAsked(new Date('2026-01-01T00:00:00Z'));
  expect(asked).toEqual(['2025-12', '2026-01']);
  const page = [{ TimePeriod: { Start: '2026-01-01', End: '2026-01-02' }, Estimated: true, Groups: [] }];
  const months = billedMonths([page], asked);
  expect(months).toEqual(asked.map((month) => ({ month, isEstimated: true, groups: [] })));
  expect(costWords({ value: costsOf(months, 'dev', 'shop') })).toBe('unknown in 2025-12; unknown in 2026-01');
});

test.each([
  ['-0.0012', '0.00 USD'],
  ['-1E-7', '0.00 USD'],
  ['-0.005001', '-0.01 USD'],
  ['1E+3', '1000.00 USD'],
  ['', ' USD'],
  ['NaN', 'NaN USD'],
])('people read the amount %j as %j', (amount, words) => {
  const bill = { month: '2026-05', isEstimated: false, groups: [group('shop', 'dev', amount)] };
  expect(costWords({ value: costsOf([bill], 'dev', 'shop') })).toBe(`${words} in 2026-05`);
});

test('a tenant costs what its group says, in the currency of the bill', () => {
  expect(costsOf([may, june], 'dev', 'shop')).toEqual([
    { month: '2026-05', isEstimated: false, cost: { value: { amount: '12.3456', unit: 'USD' } } },
    { month: '2026-06', isEstimated: true, cost: { value: { amount: '-3.2', unit: 'EUR' } } },
  ]);
  expect(costWords({ value: costsOf([may, june], 'dev', 'shop') })).toBe(
    '12.35 USD in 2026-05; -3.20 EUR in 2026-06, estimated',
  );
});

test.each([
  ['nothing of the account', [], 'the bill has nothing of this account'],
  [
    'no active tag',
    [group('', '', '9')],
    'nothing in the bill has the tag vendhost:tenant or vendhost:environment: the account',
  ],
  ['one active tag', [group('', 'dev', '9')], 'nothing in the bill has the tag vendhost:tenant: the account'],
  ['the other one', [group('shop', '', '9')], 'nothing in the bill has the tag vendhost:environment: the account'],
  ['other tenants', [group('kiosk', 'dev', '9')], 'nothing in the bill has its tags'],
])('a bill with %s is unknown and not 0, of a tenant and of what is shared', (_, groups, why) => {
  const cost = { unknown: expect.stringContaining(why) };
  const months = [{ ...may, groups }];
  expect(costsOf(months, 'dev', 'shop')).toEqual([{ month: '2026-05', isEstimated: false, cost }]);
  expect(costsOf(months, 'dev', '')).toEqual([{ month: '2026-05', isEstimated: false, cost }]);
});

const snapshot = (costs?: FleetSnapshot['costs'], tenant = 'shop'): FleetSnapshot => ({
  ...{ environment: 'dev', account: '100000000001', region: 'eu-west-1', at },
  tenants: { value: [{ tenant, hosts: [], pipeline: 'vendhost-dev-shop' }] },
  ...{ stacks: { value: [] }, groups: { value: [] }, alarms: { value: [] }, images: { value: [] }, releases: {} },
  ...(costs === undefined ? {} : { costs }),
});

test("lines, JSON and page have the costs, and what is no tenant's", () => {
  const view = fleetView([snapshot({ value: [may, june] })]);
  expect(view.rows[0]?.costs).toEqual({ value: costsOf([may, june], 'dev', 'shop') });
  expect(view.shared).toEqual([{ environment: 'dev', costs: { value: costsOf([may, june], 'dev', '') } }]);
  const lines = fleetLines(view);
  expect(lines).toContain("  what is no tenant's in dev: 64.88 USD in 2026-05; 20.10 USD in 2026-06, estimated");
  expect(lines.at(-1)).toMatch(/12\.35 USD in 2026-05; -3\.20 EUR in 2026-06, estimated$/);
  const page = fleetPage(view, {});
  expect(page).toContain('<dt>cost</dt><dd>12.35 USD in 2026-05; -3.20 EUR in 2026-06, estimated</dd>');
  expect(page).toContain('<h2 id="costs">Costs</h2>');
});

test('costs that could not be read are unknown with the reason, and say nothing of the tenant', () => {
  const view = fleetView([snapshot({ unknown: 'ACCESS_DENIED: <b>' })]);
  expect(view).toMatchObject({
    well: true,
    rows: [{ state: 'no host', needs: [], costs: { unknown: 'ACCESS_DENIED: <b>' } }],
  });
  expect(fleetLines(view)).toContain('  costs in dev that are unknown: ACCESS_DENIED: <b>');
  const page = fleetPage(view, {});
  expect(page).toContain('<dt>cost</dt><dd>unknown</dd>');
  expect(page).toContain('costs in dev that are unknown: ACCESS_DENIED: &lt;b&gt;');
  const plain = fleetPage(fleetView([snapshot({ unknown: 'ACCESS_DENIED: no' })]), {});
  expect(shapeOf(parse(page).childNodes)).toBe(shapeOf(parse(plain).childNodes));
});

test('nobody who did not ask for costs is shown any', () => {
  const view = fleetView([snapshot()]);
  expect(view.shared).toEqual([]);
  expect(view.rows[0]).not.toHaveProperty('costs');
  expect(fleetPage(view, {})).toContain('Costs are not shown');
});
