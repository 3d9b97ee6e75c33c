import { expect, test } from 'vitest';
import { nextStep } from '../../../scripts/stack/failure.ts';

test.each([
  ['deploy', 'ROLLBACK_COMPLETE', 'the failed change was rolled back: fix the cause named above and retry'],
  ['deploy', 'UPDATE_ROLLBACK_FAILED', 'fix the cause named above and retry; it continues the rollback first'],
  [
    'deploy',
    'ROLLBACK_FAILED',
    'some of what was created could not be deleted, as named above: fix the cause and retry',
  ],
  [
    'execute',
    'UPDATE_ROLLBACK_COMPLETE',
    'the failed change was rolled back: fix the cause named above and make a new plan',
  ],
  [
    'delete',
    'DELETE_FAILED',
    'remove what blocks it, as named above, and run the same command again; it resumes with what is left',
  ],
] as const)('after a failed %s, %s', (operation, status, step) => {
  expect(nextStep(operation, [status])).toBe(step);
});
