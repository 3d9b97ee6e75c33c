import type { Finding } from '../../report/report.ts';
import { isBusy, isGood, neverWorks, type StackState } from '../../stack/stack-state.ts';

/** What a stack's state means for the push; nothing when its last operation succeeded. */
export function stateFindings(id: string, stack: string, state: StackState | undefined): Finding[] {
  if (state === undefined) return [];
  const { status, reason } = state;
  const finding = (gravity: Finding['gravity'], says: string, next?: string): Finding[] => [
    {
      id: `${id}/state`,
      gravity,
      title: `${stack} is ${status}: ${says}`,
      ...(reason ? { details: [reason] } : {}),
      ...(next === undefined ? {} : { next }),
    },
  ];
  if (isBusy(state)) {
    const says = 'another job is changing it, so it cannot be said what this push would change';
    return finding('unknown', says, 'retry this job when the other one has ended');
  }
  if (status === 'REVIEW_IN_PROGRESS') {
    return finding('change', 'empty, as its plan was never executed; the push deletes it and creates it again');
  }
  if (neverWorks(state)) {
    const what = status === 'DELETE_FAILED' ? 'its deletion' : 'its first creation';
    return finding('change', `${what} failed; the push deletes it and creates it again`);
  }
  if (status === 'UPDATE_ROLLBACK_FAILED') {
    const next = 'the push ends with STACK_STUCK if that fails again; the runbook says what an administrator does then';
    return finding('change', 'the push first continues the rollback', next);
  }
  if (status === 'UPDATE_ROLLBACK_COMPLETE') {
    return finding('change', 'its last update failed and was rolled back; the push updates it again');
  }
  return isGood(status) ? [] : finding('change', 'its last operation failed; the push updates it again');
}

/** A stack that is missing although others that belong to it exist. */
export function goneFinding(id: string, stack: string, others: string): Finding {
  return {
    id: `${id}/gone`,
    gravity: 'interruption',
    title: `there is no stack ${stack}, although ${others}: somebody deleted it, and the push creates it again`,
  };
}
