import { expect, test } from 'vitest';
import { isRun, newRun } from '../../../scripts/image/bake-run.ts';

test.each([
  ['0a1b2c3d', true],
  ['*', false],
  ['0a1b2c3*', false],
  ['0a1b2c3?', false],
  ['0a1b2c3', false],
  ['0a1b2c3d4', false],
  ['0A1B2C3D', false],
  ['0a1b2c3d\n', false],
  ['', false],
  [undefined, false],
])('%j is the id of a run: %s', (text, expected) => {
  expect(isRun(text)).toBe(expected);
});

test('a new run has such an id', () => {
  expect(isRun(newRun())).toBe(true);
});
