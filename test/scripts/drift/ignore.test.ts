import { expect, test } from 'vitest';
import { parseConfig } from '../../../scripts/config/load.ts';
import { applyIgnores } from '../../../scripts/drift/ignore.ts';
import { driftIgnoreSchema, type IgnoreEntry } from '../../../scripts/drift/ignore-file.ts';
import type { Finding, ReportSection } from '../../../scripts/report/report.ts';

const today = '2026-11-26';
const entry = (finding: string, changes: Partial<IgnoreEntry> = {}): IgnoreEntry => ({
  finding,
  reason: 'Operations scale it by hand',
  until: '2026-12-31',
  ...changes,
});
const group: Finding = {
  id: 'dev/stacks/vendhost-dev-shop-host/Group',
  gravity: 'change',
  title: 'Group was changed',
  values: [{ path: '/MinSize' }, { path: '/MaxSize' }],
};
const dark: Finding = { id: 'dev/stacks/vendhost-dev-shop-host/Dark', gravity: 'unknown', title: 'not checked' };
const section = (state: ReportSection['state'], ...findings: Finding[]): ReportSection => ({
  id: 'dev/stacks/vendhost-dev-shop-host',
  title: 'vendhost-dev-shop-host',
  summary: '1 of 2 resources differ',
  state,
  findings,
});
const applied = (given: ReportSection, ...entries: IgnoreEntry[]) => applyIgnores([given], entries, today);

test.each(['dev/stacks/vendhost-dev-shop-host/Group', 'dev/*-host/Group', '*'])(
  '%s takes the finding out',
  (pattern) => {
    const { sections, unused } = applied(section('found', group), entry(pattern));
    expect(sections).toEqual([
      {
        ...section('clean'),
        summary: '1 of 2 resources differ; 1 ignored by drift-ignore.yml',
      },
    ]);
    expect(unused).toEqual([]);
  },
);

test('a property is taken out, the others stay', () => {
  const { sections } = applied(section('found', group), entry(group.id, { property: '/Min*' }));
  expect(sections[0]).toMatchObject({ state: 'found', findings: [{ values: [{ path: '/MaxSize' }] }] });
  const both = applied(section('found', group), entry(group.id, { property: '/*Size' }));
  expect(both.sections[0]).toMatchObject({ state: 'clean', findings: [] });
});

test('what could not be checked is ignored by no pattern, only by its own id', () => {
  const { sections, unused } = applied(section('unknown', dark), entry('*'));
  expect(sections).toEqual([section('unknown', dark)]);
  expect(unused).toHaveLength(1);
  expect(applied(section('found', group, dark), entry('*')).sections[0]).toMatchObject({
    state: 'unknown',
    findings: [dark],
  });
  const named = applied(section('unknown', dark), entry(dark.id));
  expect(named).toMatchObject({ sections: [{ state: 'clean', findings: [] }], unused: [] });
  expect(applied(section('unknown', dark), entry(dark.id, { property: '*' })).sections[0]?.state).toBe('unknown');
});

test('an entry holds on its last day; the day after it ignores nothing and is found itself', () => {
  expect(applied(section('found', group), entry('*', { until: today })).sections[0]?.state).toBe('clean');
  const { sections } = applied(section('found', group), entry('*', { until: '2026-11-25' }));
  expect(sections).toEqual([
    section('found', group),
    expect.objectContaining({
      id: 'ignore',
      state: 'found',
      summary: '1 entry has ended',
      findings: [expect.objectContaining({ id: 'ignore/*', gravity: 'fault' })],
    }),
  ]);
});

test('an entry that matches nothing is told apart; characters of patterns are taken as they are', () => {
  const other = entry('dev/stacks/vendhost.dev.shop.host/Group');
  expect(applied(section('found', group), other)).toEqual({ sections: [section('found', group)], unused: [other] });
});

test.each([
  ['ignore: [{ finding: a, reason: because it is so, until: soon }]', 'ignore.0.until', 'a date, like 2027-03-31'],
  ['ignore: [{ finding: a, reason: so, until: 2027-01-31 }]', 'ignore.0.reason', 'at least 10 characters'],
  ['ignore: [{ finding: a, reason: because it is so }]', 'ignore.0.until', 'missing'],
  ...['*', 'dev/*', '*/stacks/*', 'dev/hosts', '**/*'].map((all) => [
    `ignore: [{ finding: "${all}", reason: because it is so, until: 2027-01-31 }]`,
    'ignore.0.finding',
    'an id that names more than an environment and a check',
  ]),
  ['ignores: []', 'ignores', 'must be one of ignore'],
])('%s is refused', (text, path, message) => {
  const { faults } = parseConfig('drift-ignore.yml', text, driftIgnoreSchema);
  expect(faults).toEqual([{ file: 'drift-ignore.yml', path, message: expect.stringContaining(message) }]);
});
