import type { Action } from '../snapshot.ts';
import type { RecordedExecution } from './executions.ts';

/** The state of a release, in the words of commands and pages. */
export type ReleaseState =
  | 'waiting for approval'
  | 'running'
  | 'succeeded'
  | 'failed'
  | 'rejected'
  | 'superseded'
  | 'stopped';

/** The result of a release's approval. */
export interface Approval {
  /** `expired`: nobody answered within CodePipeline's time. */
  readonly outcome: 'waiting' | 'approved' | 'rejected' | 'expired' | 'abandoned';
  /** Who answered, as AWS has it: an ARN. */
  readonly by?: string;
  readonly summary?: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** One run of a tenant's pipeline. Times are milliseconds since 1970. */
export interface Release extends Pick<RecordedExecution, 'summary' | 'start' | 'version' | 'record' | 'intake'> {
  readonly executionId: string;
  readonly state: ReleaseState;
  /** Whether the instances have what it released. */
  readonly current: boolean;
  /** Absent while it is in progress. */
  readonly end?: number;
  readonly approval?: Approval;
  /** Key of what it released, if no record says so but its source action does. */
  readonly revision?: string;
  /** CodeDeploy's, once it has started. */
  readonly deploymentId?: string;
}

export interface ReleaseParts {
  readonly actions: readonly Action[];
  /** The execution whose revision the instances have. */
  readonly current: string | undefined;
}

export function releaseOf(execution: RecordedExecution, { actions, current }: ReleaseParts): Release {
  const { id, status, summary, start, update, version, record, intake } = execution;
  const revision = record === undefined ? actions.findLast((each) => each.revision !== undefined)?.revision : undefined;
  const approval = approvalIn(actions);
  const deploymentId = actions.findLast(({ provider }) => provider === 'CodeDeploy')?.externalId;
  const goesOn = ['InProgress', 'Stopping'].includes(status);
  return {
    executionId: id,
    state: stateOf(status, actions),
    current: id === current,
    ...(summary ? { summary } : {}),
    start,
    ...(goesOn ? {} : { end: update }),
    version,
    record,
    ...(intake === true ? { intake } : {}),
    ...(revision === undefined ? {} : { revision }),
    ...(approval === undefined ? {} : { approval }),
    ...(deploymentId === undefined ? {} : { deploymentId }),
  };
}

/** https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_PipelineExecutionSummary.html, `status` */
function stateOf(status: string, actions: readonly Action[]): ReleaseState {
  if (status === 'InProgress') return isWaiting(actions) ? 'waiting for approval' : 'running';
  if (status === 'Stopping') return 'running';
  if (status === 'Succeeded') return 'succeeded';
  if (status === 'Superseded') return 'superseded';
  if (status !== 'Failed') return 'stopped';
  return actions.findLast((action) => action.status === 'Failed')?.category === 'Approval' ? 'rejected' : 'failed';
}

function isWaiting(actions: readonly Action[]): boolean {
  return actions.some(({ category, status }) => category === 'Approval' && status === 'InProgress');
}

/** The last one, where a stage was retried. */
export function approvalIn(actions: readonly Action[]): Approval | undefined {
  const action = actions.findLast(({ category }) => category === 'Approval');
  if (action === undefined) return undefined;
  const { status, updatedBy, summary, error, update } = action;
  const why = summary ?? error?.message;
  return {
    outcome: outcomeOf(status, updatedBy),
    ...(updatedBy ? { by: updatedBy } : {}),
    ...(why ? { summary: why } : {}),
    at: update,
  };
}

/** An approval that failed without somebody's answer has met CodePipeline's limit (https://docs.aws.amazon.com/codepipeline/latest/userguide/approvals.html). */
function outcomeOf(status: string, updatedBy: string | undefined): Approval['outcome'] {
  if (status === 'InProgress') return 'waiting';
  if (status === 'Succeeded') return 'approved';
  if (status !== 'Failed') return 'abandoned';
  return updatedBy ? 'rejected' : 'expired';
}
