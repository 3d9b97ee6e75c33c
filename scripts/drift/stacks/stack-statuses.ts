/**
 * Why a stack in this status is not checked, `undefined` when it can be. Drift is detected in CREATE_COMPLETE,
 * UPDATE_COMPLETE, UPDATE_ROLLBACK_COMPLETE and UPDATE_ROLLBACK_FAILED
 * (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html). After an import AWS decides.
 */
export function notDetectable(status: string): string | undefined {
  if (detectable.has(status)) return undefined;
  if (status === 'REVIEW_IN_PROGRESS')
    return 'it is REVIEW_IN_PROGRESS: it waits for its first change set and has nothing yet';
  if (status.startsWith('DELETE_') && status.endsWith('_IN_PROGRESS')) return `it is ${status}: it is being deleted`;
  if (status.endsWith('_IN_PROGRESS')) return `it is ${status}: the next check looks at what that leaves`;
  if (status === 'DELETE_FAILED') return `it is ${status}: some of it is gone`;
  if (created.has(status)) return `it is ${status}: its creation failed, and CloudFormation compares no such stack`;
  return `it is ${status}, in which CloudFormation detects no drift`;
}

const detectable = new Set([
  'CREATE_COMPLETE',
  'UPDATE_COMPLETE',
  'UPDATE_ROLLBACK_COMPLETE',
  'UPDATE_ROLLBACK_FAILED',
  'IMPORT_COMPLETE',
  'IMPORT_ROLLBACK_COMPLETE',
]);

const created = new Set(['CREATE_FAILED', 'ROLLBACK_COMPLETE', 'ROLLBACK_FAILED']);
