import { describe, expect, test } from 'vitest';
import { compare, countAll, isSame } from './census.ts';

const undisturbed = countAll(['image', 'snapshot', 'rule 1', 'image']);

describe('a census', () => {
  test('of the same things is the same, in whatever order they were found', () => {
    const difference = compare(undisturbed, countAll(['rule 1', 'image', 'image', 'snapshot']));
    expect(difference).toEqual({ doubled: [], left: [], missing: [] });
    expect(isSame(difference)).toBe(true);
  });

  test('tells what is there twice from what should not be there, and from what is not', () => {
    const difference = compare(undisturbed, countAll(['image', 'image', 'image', 'key pair', 'rule 1']));
    expect(difference).toEqual({
      doubled: ['image: 3 for 2'],
      left: ['1 key pair'],
      missing: ['snapshot: 0 for 1'],
    });
    expect(isSame(difference)).toBe(false);
  });
});
