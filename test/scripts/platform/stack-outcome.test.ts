import { expect, test } from 'vitest';
import { outcomeLines, outcomeOf } from '../../../scripts/platform/stack-outcome.ts';

test('what was done to a stack, with its time', () => {
  const created = outcomeOf({ stack: 'vendhost-dev-network', action: 'create' }, { changed: true, seconds: 81 });
  const kept = outcomeOf({ stack: 'vendhost-dev-access', action: 'update' }, { changed: false, seconds: 2 });
  expect([created.outcome, kept.outcome]).toEqual(['created', 'no change']);
  expect(outcomeLines([created, kept])).toEqual([
    'vendhost-dev-network  created    81 s',
    'vendhost-dev-access   no change',
  ]);
});
