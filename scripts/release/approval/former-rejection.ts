import type { Aws } from '../../aws/session.ts';
import type { ReleasedRevision, State } from '../decision.ts';
import { type ReleaseStore, readReleaseRecord } from '../history/executions.ts';
import { type Outcome, releaseOutcome } from '../release-outcome.ts';
import { readSnapshot, type Snapshot } from '../snapshot.ts';

export interface RejectionParts {
  readonly store: ReleaseStore;
  readonly revision: ReleasedRevision;
  readonly state: State;
  /** URL of the pipeline that this job is of; empty outside a job. */
  readonly pipelineUrl: string;
}

/**
 * The rejection of what this GitLab pipeline released last; a person has decided, and its retried job says so. Another pipeline asks
 * again, and so does this one when nobody answered in time.
 */
export async function formerRejection(
  aws: Aws,
  { store, revision, state, pipelineUrl }: RejectionParts,
): Promise<{ snapshot: Snapshot; outcome: Outcome } | undefined> {
  const { pipeline } = store;
  const [last] = state.executions;
  const isFailed = last?.status === 'Failed' && last.version !== undefined && last.version === revision.version;
  if (pipeline.approval === undefined || pipelineUrl === '' || !isFailed) return undefined;
  const [snapshot, record] = await Promise.all([
    readSnapshot(aws, pipeline, last.id),
    readReleaseRecord(aws, store, last.id),
  ]);
  if (snapshot === undefined || record?.pipelineUrl !== pipelineUrl) return undefined;
  const outcome = releaseOutcome(snapshot);
  return outcome?.kind === 'rejected' && outcome.action.updatedBy !== undefined ? { snapshot, outcome } : undefined;
}
