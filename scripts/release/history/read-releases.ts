import { atMost } from '../../aws/at-most.ts';
import type { Aws } from '../../aws/session.ts';
import { isUnderway } from '../decision.ts';
import { readDeployed } from '../release-state.ts';
import { readActions } from '../snapshot.ts';
import { executionsBack, type RecordedExecution, type ReleaseStore, recordsAtOnce } from './executions.ts';
import { type Release, releaseOf } from './release.ts';

export interface ReadHistory {
  /** Newest first. */
  readonly releases: readonly Release[];
  /** Those among the older ones that are still in progress: one that waits for an approval may have many newer ones after it. */
  readonly underway: readonly Release[];
  /** Whether the pipeline has older ones. */
  readonly more: boolean;
  /** The execution whose revision the instances have, which may be older than these; `undefined` if that is unknown. */
  readonly current: string | undefined;
}

/** The newest releases of a virtual host, `limit` of them: the pipeline's executions, each with its approval and the record of who started it. */
export async function readReleases(aws: Aws, store: ReleaseStore, limit: number): Promise<ReadHistory> {
  const found = await newestExecutions(aws, store, limit);
  const current = (await readDeployed(aws, store.pipeline, found))?.executionId;
  const read = async (execution: RecordedExecution) =>
    releaseOf(execution, { actions: await readActions(aws, store.pipeline, execution.id), current });
  const releases = await atMost(recordsAtOnce, found.slice(0, limit), read);
  const underway = await atMost(recordsAtOnce, found.slice(limit).filter(isUnderway), read);
  return { releases, underway, more: found.length > limit, current };
}

/** One more than the limit, to know whether there are more, and at least back to the last success, to know what runs. */
async function newestExecutions(aws: Aws, store: ReleaseStore, limit: number): Promise<RecordedExecution[]> {
  const found: RecordedExecution[] = [];
  for await (const execution of executionsBack(aws, store)) {
    found.push(execution);
    if (found.length > limit && found.some(({ status }) => status === 'Succeeded')) break;
  }
  return found;
}

/** The execution whose revision the instances have; `undefined` if that is unknown, as after a failure. */
export async function readCurrent(aws: Aws, store: ReleaseStore): Promise<string | undefined> {
  return (await readDeployed(aws, store.pipeline, await newestExecutions(aws, store, 0)))?.executionId;
}
