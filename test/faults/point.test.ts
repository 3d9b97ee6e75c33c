import { describe, expect, test } from 'vitest';
import { chance } from './chance.ts';
import { choosePoints, pointsEach } from './point.ts';

describe('the points of a command', () => {
  test('are all there are, when so many are asked for: before and after each writing call', () => {
    expect(choosePoints(2, 9, 'any')).toEqual([
      { when: 'before', call: 1, death: 'KILL' },
      { when: 'after', call: 1, death: 'KILL' },
      { when: 'before', call: 2, death: 'TERM, KILL' },
      { when: 'after', call: 2, death: 'KILL' },
    ]);
  });

  test('are none of a command that writes nothing', () => {
    expect(choosePoints(0, 5, 'any')).toEqual([]);
  });

  test('are different ones, within the command, and the same for the same seed', () => {
    for (const seed of ['one', 'two', 'three']) {
      const points = choosePoints(15, 7, seed);
      expect(new Set(points.map(({ when, call }) => `${when} ${call}`)).size).toBe(7);
      for (const { call } of points) expect(call >= 1 && call <= 15).toBe(true);
      expect(choosePoints(15, 7, seed)).toEqual(points);
    }
    expect(choosePoints(15, 7, 'one')).not.toEqual(choosePoints(15, 7, 'two'));
  });

  test('are shared out so that all commands together have as many as asked for', () => {
    expect(pointsEach([1, 5, 15], 12)).toBe(5);
    expect(pointsEach([1, 5, 15], 0)).toBe(0);
    expect(pointsEach([1, 2], 100)).toBe(4);
  });
});

test('chance is between 0 and 1, and of the text only', () => {
  const all = Array.from({ length: 1000 }, (_, at) => chance(`text ${at}`));
  expect(all.filter((each) => each < 0 || each >= 1)).toEqual([]);
  expect(all.filter((each) => each < 0.2).length).toBeGreaterThan(150);
  expect(chance('text 7')).toBe(all[7]);
});
