import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Exception, judge, readExceptions } from './exceptions.ts';
import type { Answer } from './simulate.ts';

function judged(name: string, expected: 'allowed' | 'denied', verdict: Answer['verdict']) {
  return { case: { name, expected, because: 'It is a test.', steps: [] }, answer: { verdict, why: '' } };
}

const none = { open: [], undecided: [] };
const exception: Exception = { cases: 'shop: *', reason: 'A reason as long as it must be.' };

test.each([
  ['an attack that is refused', judged('shop: a', 'denied', 'denied'), false],
  ['an attack that is allowed', judged('shop: a', 'denied', 'allowed'), true],
  ['an attack that is undecided', judged('shop: a', 'denied', 'undecided'), true],
  ['a call that is allowed', judged('shop: a', 'allowed', 'allowed'), false],
  ['a call that is refused', judged('shop: a', 'allowed', 'denied'), true],
  ['a call that is undecided', judged('shop: a', 'allowed', 'undecided'), true],
])('%s', (_, one, fault) => {
  expect(judge([one], none).faults).toEqual(fault ? [one] : []);
});

test('an exception answers for what it names, and for nothing else', () => {
  const allowed = judged('shop: a', 'denied', 'allowed');
  const other = judged('sho: a', 'denied', 'allowed');
  expect(judge([allowed, other], { open: [exception], undecided: [] })).toEqual({ faults: [other], unused: [] });
});

test('no exception answers for a legitimate call that is refused, or for an undecided one among the open', () => {
  const refused = judged('shop: a', 'allowed', 'denied');
  const undecided = judged('shop: b', 'denied', 'undecided');
  expect(judge([refused, undecided], { open: [exception], undecided: [] })).toEqual({
    faults: [refused, undecided],
    unused: [exception],
  });
  expect(judge([undecided], { open: [], undecided: [exception] }).faults).toEqual([]);
});

test('one that answers for nothing is named', () => {
  expect(judge([judged('shop: a', 'denied', 'denied')], { open: [exception], undecided: [] }).unused).toEqual([
    exception,
  ]);
});

test('the lists of this project can be read', async () => {
  for (const file of ['known-open.yml', 'undecided.yml']) {
    expect(Array.isArray(await readExceptions(join(import.meta.dirname, file)))).toBe(true);
  }
});
