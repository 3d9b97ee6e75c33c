import { HtmlValidate } from 'html-validate';
import { parse } from 'parse5';
import { expect, test } from 'vitest';
import { fleetPage } from '../../../scripts/status/fleet/fleet-page.ts';
import type { FleetSnapshot } from '../../../scripts/status/fleet/fleet-snapshot.ts';
import { fleetLines, fleetView } from '../../../scripts/status/fleet/fleet-view.ts';
import { readFleet } from '../../../scripts/status/fleet/read-fleet.ts';
import { shapeOf } from '../report/markdown-tree.ts';
import { at, hoursAgo, release } from './host-snapshots.ts';
import { manyTenants } from './many-tenants.ts';

const stack = (layer: string) => ({
  ...{ name: `vendhost-dev-shop-${layer}`, status: 'UPDATE_COMPLETE', drift: 'IN_SYNC', checkedAt: hoursAgo(7) },
});
const sound: FleetSnapshot = {
  ...{ environment: 'dev', account: '100000000001', region: 'eu-west-1', at },
  tenants: { value: [{ tenant: 'shop', hosts: ['shop.dev.example.com'], pipeline: 'vendhost-dev-shop' }] },
  stacks: { value: ['access', 'entry', 'data', 'host'].map(stack) },
  groups: { value: [{ name: 'vendhost-dev-shop', min: 1, inService: 1, instances: 1 }] },
  alarms: { value: [] },
  images: {
    value: [
      {
        place: { tenant: 'shop', environment: 'dev' },
        inUse: 'ami-1',
        image: { id: 'ami-1', name: 'shop', createdAt: new Date(hoursAgo(96)) },
        newestBake: undefined,
        base: { id: 'ami-0', image: { id: 'ami-0', name: 'debian', createdAt: new Date(hoursAgo(216)) } },
        family: [],
      },
    ],
  },
  releases: { shop: { value: { last: release('a'), newer: undefined } } },
};
const row = (changes: Partial<FleetSnapshot>) => fleetView([{ ...sound, ...changes }]).rows[0];

test('a tenant is one row: what runs, since when, on what', () => {
  expect(fleetView([sound])).toEqual({
    ...{ at: '2026-06-10T12:00:00Z', well: true, environments: ['dev'], unknown: [], shared: [] },
    counts: { 'needs a look': 0, unknown: 0, well: 1, 'no host': 0 },
    rows: [
      {
        ...{ tenant: 'shop', environment: 'dev', state: 'well', needs: [], hosts: ['shop.dev.example.com'] },
        ...{ release: 'aaaaaaaa, commit aaaaaaaa by Ada', releasedAt: '2026-06-09T07:00:00Z', newer: '' },
        ...{ instances: '1 of at least 1', image: 'ami-1', imageCreatedAt: '2026-06-06T12:00:00Z' },
        driftCheckedAt: '2026-06-10T05:00:00Z',
      },
    ],
  });
  expect(fleetLines(fleetView([sound]))).toEqual([
    '1 tenant in 1 environment: 1 well',
    '',
    'shop  dev  well  aaaaaaaa, commit aaaaaaaa by Ada, 29 h ago  1 of at least 1  image 4 days old  drift checked 7 h ago',
  ]);
});

test.each([
  ['vended', 'in maintenance: a page answers for its hosts'],
  ['switched', 'in maintenance, switched by the tenant: a page answers for its hosts'],
] as const)('a tenant in maintenance that was %s needs a look', (inMaintenance, need) => {
  const entry = { ...stack('entry'), inMaintenance };
  const changed = row({ stacks: { value: [entry, stack('host')] } });
  expect(changed).toMatchObject({ state: 'needs a look', needs: [need] });
});

test('what needs a look is named, each in its words', () => {
  const waiting = release('b', { state: 'waiting for approval', approval: { outcome: 'waiting', at: hoursAgo(3) } });
  const changed = row({
    stacks: { value: [stack('access'), { ...stack('host'), status: 'UPDATE_ROLLBACK_FAILED', drift: 'DRIFTED' }] },
    groups: { value: [{ name: 'vendhost-dev-shop', min: 2, inService: 1, instances: 2 }] },
    alarms: {
      value: [
        { name: 'vendhost-dev-shop-host-server-errors', state: 'ALARM', since: hoursAgo(4) },
        { name: 'vendhost-dev-shop-two-host-server-errors', state: 'ALARM', since: hoursAgo(4) },
        { name: 'vendhost-dev-shop-host-two-host-server-errors', state: 'ALARM', since: hoursAgo(4) },
      ],
    },
    releases: { shop: { value: { last: release('a'), newer: waiting } } },
  });
  expect(changed).toMatchObject({
    state: 'needs a look',
    newer: 'waiting for approval: bbbbbbbb, commit bbbbbbbb by Ada',
    needs: [
      'a release has waited for approval for 3 h',
      '1 of at least 2 instances are in service and healthy',
      'alarm server-errors for 4 h',
      'vendhost-dev-shop-host is UPDATE_ROLLBACK_FAILED',
      'vendhost-dev-shop-host has drifted, found 7 h ago',
    ],
  });
  const failed = release('c', { state: 'failed', end: hoursAgo(2) });
  expect(row({ releases: { shop: { value: { last: undefined, newer: failed } } } })).toMatchObject({
    ...{ release: 'none', needs: ['the last release failed 2 h ago'] },
  });
  // CodePipeline starts one when a pipeline is created.
  const { deploymentId: _, ...first } = { ...failed, record: undefined };
  expect(row({ releases: { shop: { value: { last: undefined, newer: first } } } })).toMatchObject({
    ...{ state: 'well', release: 'none', newer: '', needs: [] },
  });
});

test('a release that waits is named, whatever came after it', () => {
  const waiting = release('b', { state: 'waiting for approval', approval: { outcome: 'waiting', at: hoursAgo(3) } });
  const behind = release('c', { state: 'running' });
  expect(row({ releases: { shop: { value: { last: release('a'), newer: behind, waiting } } } })).toMatchObject({
    newer: 'waiting for approval: bbbbbbbb, commit bbbbbbbb by Ada',
    needs: ['a release has waited for approval for 3 h'],
  });
  const failed = release('c', { state: 'failed', end: hoursAgo(2) });
  expect(row({ releases: { shop: { value: { last: release('a'), newer: failed, waiting } } } })?.needs).toEqual([
    'a release has waited for approval for 3 h',
    'the last release failed 2 h ago',
  ]);
});

test('what could not be read is unknown, and never well', () => {
  const refused = { unknown: 'ACCESS_DENIED: no' };
  for (const part of ['stacks', 'groups', 'alarms', 'images'] as const) {
    const { state, needs } = row({ [part]: refused }) ?? {};
    expect({ state, needs }).toEqual({
      state: 'unknown',
      needs: [expect.stringContaining('unknown: ACCESS_DENIED: no')],
    });
  }
  expect(row({ releases: { shop: refused } })).toMatchObject({ state: 'unknown', release: 'unknown' });
  const lost = fleetView([{ ...sound, tenants: refused }]);
  expect(lost).toMatchObject({ well: false, rows: [], unknown: [{ environment: 'dev', why: 'ACCESS_DENIED: no' }] });
  expect(fleetLines(lost)[0]).toBe('0 tenants in 1 environment: the tenants of dev are not known');
  expect(fleetPage(lost, {})).toContain('The tenants of dev could not be listed: ACCESS_DENIED: no');
});

test('a tenant that was vended and has no host yet is neither well nor ill', () => {
  const vended = row({ stacks: { value: [stack('access'), stack('entry')] }, releases: {} });
  expect(vended).toMatchObject({ state: 'no host', needs: [], release: 'none' });
});

test('the page is valid HTML, loads nothing, and has the same tree whatever a tenant wrote', async () => {
  const evil = '"><script>alert(1)</script><img src=x>\u202e';
  const withAuthor = (author: string) => {
    const last = release('a');
    const record = last.record && { ...last.record, author };
    return fleetView([
      { ...sound, releases: { shop: { value: { last: { ...last, record }, newer: undefined } } } },
      { ...sound, environment: 'production', tenants: { value: [] }, releases: {} },
    ]);
  };
  const page = fleetPage(withAuthor(evil), { Pipeline: 'https://gitlab.example.test/1' });
  const shape = (html: string) => shapeOf(parse(html).childNodes);
  expect(shape(page)).toBe(shape(fleetPage(withAuthor('Ada'), { Pipeline: 'https://gitlab.example.test/1' })));
  expect(shape(page)).not.toMatch(/script|img|iframe|link|object|form/);
  expect(page).not.toMatch(/url\(|@import/);
  expect(page).toContain('not vended');
  const validator = new HtmlValidate({ extends: ['html-validate:recommended', 'html-validate:a11y'] });
  const { results } = await validator.validateString(page);
  const faults = results.flatMap(({ messages }) => messages.map(({ ruleId, message }) => `${ruleId}: ${message}`));
  expect(faults).toEqual([]);
});

/** How often each operation was called; objects of S3 all count as one operation. */
async function callsFor(count: number) {
  const world = await manyTenants(count);
  const snapshot = await readFleet(world.runtime, world.target);
  const counts: Record<string, number> = {};
  for (const { operation } of world.calls) {
    const name = operation.replace(/ .*/, '');
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return { counts, view: fleetView([snapshot]) };
}

test('calls grow with the pages of each list; only pipelines and their records, of which AWS has no list, are asked one by one', async () => {
  const [ten, hundred] = [await callsFor(10), await callsFor(100)];
  const images = { GetCallerIdentity: 1, DescribeImages: 4 };
  const few = { DescribeStacks: 1, DescribeAutoScalingGroups: 1, DescribeAlarms: 2, GetParametersByPath: 1 };
  expect(ten.counts).toEqual({ ...images, ...few, ListPipelineExecutions: 10, GET: 10 });
  const more = { ...few, DescribeStacks: 4, DescribeAutoScalingGroups: 3, GetParametersByPath: 10 };
  expect(hundred.counts).toEqual({ ...images, ...more, ListPipelineExecutions: 100, GET: 100 });
  expect(hundred.view.rows).toHaveLength(100);
  expect(hundred.view.rows.filter(({ state }) => state !== 'well').map(({ tenant }) => tenant)).toEqual(['tenant-002']);
});

test.each([
  'DescribeStacks',
  'DescribeAutoScalingGroups',
  'DescribeAlarms',
  'DescribeImages',
  'ListPipelineExecutions',
])('a refused %s leaves the rest, and nobody well', async (operation) => {
  const world = await manyTenants(1, [operation]);
  const { rows } = fleetView([await readFleet(world.runtime, world.target)]);
  expect(rows).toMatchObject([{ tenant: 'tenant-001', state: 'unknown', hosts: [expect.any(String)] }]);
});
