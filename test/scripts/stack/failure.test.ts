import { expect, test } from 'vitest';
import { nextStep } from '../../../scripts/stack/failure.ts';

test.each([
  [
    'deploy',
    'ROLLBACK_COMPLETE',
    'mend the cause named above and run the same command again; what failed was rolled back',
  ],
  [
    'deploy',
    'UPDATE_ROLLBACK_FAILED',
    'mend the cause named above and run the same command again: it continues the rollback first',
  ],
  [
    'execute',
    'UPDATE_ROLLBACK_COMPLETE',
    'mend the cause named above and make a new plan; what failed was rolled back',
  ],
  ['delete', 'DELETE_FAILED', 'remove what blocks it, as named above, and run the same command again: it goes on'],
] as const)('after a failed %s, %s', (operation, status, step) => {
  expect(nextStep(operation, [status])).toBe(step);
});
