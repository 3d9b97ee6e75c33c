import { describe, expect, test } from 'vitest';
import { matches, type Wanted } from '../../../../scripts/stack/deploy/unchanged.ts';
import type { StackState } from '../../../../scripts/stack/stack-state.ts';

const state: StackState = {
  id: 'arn:stack',
  status: 'UPDATE_COMPLETE',
  reason: undefined,
  updatedAt: '2026-01-01T00:00:00.000Z',
  parameters: { Size: 'large', Kept: 'k' },
  outputs: {},
  tags: { layer: 'test' },
  terminationProtection: false,
};
const wanted: Wanted = {
  template: { Parameters: { Size: { Type: 'String' }, Kept: { Type: 'String' } } },
  parameters: { Size: 'large', Other: 'of another stack' },
  tags: { layer: 'test' },
  terminationProtection: false,
};

describe('matches', () => {
  test('all as it should be; a parameter that is not given keeps its value', () => {
    expect(matches(state, wanted)).toBe(true);
  });

  test.each<[string, Partial<Wanted>]>([
    ['a parameter', { parameters: { Size: 'small' } }],
    ['a tag', { tags: { layer: 'other' } }],
    ['a tag less', { tags: {} }],
    ['the protection', { terminationProtection: true }],
    [
      'a value that is looked up again',
      { template: { Parameters: { Image: { Type: 'AWS::SSM::Parameter::Value<String>' } } } },
    ],
  ])('%s differs', (_what, difference) => {
    expect(matches(state, { ...wanted, ...difference })).toBe(false);
  });

  test('a stack that was rolled back is looked at by CloudFormation', () => {
    expect(matches({ ...state, status: 'UPDATE_ROLLBACK_COMPLETE' }, wanted)).toBe(false);
  });
});
