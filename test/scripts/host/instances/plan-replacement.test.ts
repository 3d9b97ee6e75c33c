import { expect, test } from 'vitest';
import { planReplacement } from '../../../../scripts/host/instances/replace.ts';

const group = (members: readonly string[], inService = members) => ({ name: 'shop', members, inService });

test.each([
  ['all', group(['i-1', 'i-2']), undefined, ['i-1', 'i-2'], undefined],
  ['one of two in service', group(['i-1', 'i-2']), 'i-1', ['i-1'], 'i-1'],
  ['the only one', group(['i-1']), 'i-1', ['i-1'], undefined],
  ['the last one in service, with what is not', group(['i-1', 'i-2'], ['i-2']), 'i-2', ['i-1', 'i-2'], undefined],
  ['one that is not in service', group(['i-1', 'i-2'], ['i-2']), 'i-1', ['i-1'], 'i-1'],
  ['the only one, not in service', group(['i-1'], []), 'i-1', ['i-1'], 'i-1'],
  ['none', group([]), undefined, [], undefined],
] as const)('%s: what is replaced, and whether it is terminated first', (_what, of, asked, chosen, instance) => {
  expect(planReplacement(of, asked)).toEqual({ chosen, instance });
});
