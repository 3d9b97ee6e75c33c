import { expect, test } from 'vitest';
import { outcomeLines, stackOutcome } from '../../../scripts/platform/stack-outcome.ts';

test('what was done to a stack, with its time', () => {
  const created = stackOutcome({ stack: 'vendhost-dev-network', action: 'create' }, { changed: true, seconds: 81 });
  const kept = stackOutcome({ stack: 'vendhost-dev-access', action: 'update' }, { changed: false, seconds: 2 });
  expect([created.outcome, kept.outcome]).toEqual(['created', 'no change']);
  expect(outcomeLines([created, kept])).toEqual([
    'vendhost-dev-network  created    1 min 21 s',
    'vendhost-dev-access   no change',
  ]);
});
