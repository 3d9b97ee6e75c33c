import { describe, expect, test } from 'vitest';
import { bandOf, choosePriority, groupByBand, type ListenerRule } from '../../../scripts/listener/priority.ts';

const exact = bandOf('shop.example.com');
const small = { name: 'small', first: 1, last: 3 };
const rule = (priority: number, ...targetGroups: string[]): ListenerRule => ({ priority, targetGroups });
const isOurs = (each: ListenerRule) => each.targetGroups.includes('ours');

describe('choosePriority', () => {
  const cases: [
    what: string,
    world: { rules?: ListenerRule[]; taken?: number[]; own?: number; band?: typeof small },
    chosen: { priority: number; kept: boolean } | undefined,
  ][] = [
    ['an empty listener', {}, { priority: 1, kept: false }],
    ['others claimed the first numbers', { taken: [1, 2] }, { priority: 3, kept: false }],
    ['a gap that somebody left', { taken: [1, 3, 4] }, { priority: 2, kept: false }],
    ['a rule made by hand', { rules: [rule(1, 'legacy')], taken: [2] }, { priority: 3, kept: false }],
    ['an old number of its own', { own: 7, taken: [1] }, { priority: 7, kept: true }],
    ['its own number with its own rule', { own: 7, rules: [rule(7, 'ours')] }, { priority: 7, kept: true }],
    ["its own number under somebody's rule", { own: 7, rules: [rule(7, 'legacy')] }, { priority: 1, kept: false }],
    ['its own number, claimed by another', { own: 1, taken: [1] }, { priority: 2, kept: false }],
    ['an own rule at a number that is not its own', { rules: [rule(1, 'ours')] }, { priority: 2, kept: false }],
    ['a number of another band', { own: 45_000 }, { priority: 1, kept: false }],
    ['a full band', { band: small, taken: [1, 2], rules: [rule(3, 'legacy')] }, undefined],
    ['a full band, but a number of its own', { band: small, taken: [1, 2], own: 3 }, { priority: 3, kept: true }],
  ];
  test.each(cases)('%s', (_what, { rules = [], taken = [], own, band = exact }, chosen) => {
    expect(choosePriority({ band, rules, taken: new Set(taken), own, isOurs })).toEqual(chosen);
  });
});

describe('bandOf', () => {
  test.each([
    ['shop.example.com', 'exact', 1, 40_000],
    ['*.com', 'wildcard-2', 49_001, 50_000],
    ['*.example.com', 'wildcard-3', 48_001, 49_000],
    ['*.shop.example.com', 'wildcard-4', 47_001, 48_000],
    ['*.a.b.c.d.e.f.g.h.i.com', 'wildcard-11', 40_001, 41_000],
    ['*.a.b.c.d.e.f.g.h.i.j.k.com', 'wildcard-11', 40_001, 41_000],
  ])('%s', (host, name, first, last) => {
    expect(bandOf(host)).toEqual({ name, first, last });
  });

  test('every exact name is looked at before every wildcard, and a narrow wildcard before a wide one', () => {
    const hosts = ['*.example.com', 'a.b.example.com', '*.b.example.com', 'b.example.com'];
    expect(groupByBand(hosts).map((group) => group.hosts)).toEqual([
      ['a.b.example.com', 'b.example.com'],
      ['*.b.example.com'],
      ['*.example.com'],
    ]);
  });

  test('no band shares a number with another', () => {
    const bands = Array.from({ length: 12 }, (_, labels) => bandOf(`*${'.a'.repeat(labels + 1)}`));
    const all = [exact, ...new Map(bands.map((band) => [band.name, band])).values()].sort((a, b) => a.first - b.first);
    expect(all.map(({ first, last }) => [first, last])).toEqual(
      all.map((band, index) => [index === 0 ? 1 : (all[index - 1]?.last ?? 0) + 1, band.last]),
    );
    expect(all.at(-1)?.last).toBe(50_000);
  });
});
