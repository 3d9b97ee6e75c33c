import type { Aws } from '../../aws/session.ts';
import { type Decision, isUnderway, type ReleasedRevision, type State } from '../decision.ts';
import { type ReleaseStore, readReleaseRecord } from './executions.ts';

/**
 * What a job that is run again has to do where a newer release waits: follow the execution that its own pipeline has started, or nothing when that was
 * approved and is deployed. Another execution would ask for the same approval again, and take the newer one's place. `undefined` where
 * `decide` knows enough.
 */
export async function ownExecution(
  aws: Aws,
  store: ReleaseStore,
  { revision: { version }, pipelineUrl }: { revision: ReleasedRevision; pipelineUrl: string | undefined },
  { executions, deployed }: State,
): Promise<Exclude<Decision, { kind: 'start' }> | undefined> {
  const [newest, ...older] = executions.filter(isUnderway);
  if (!pipelineUrl || version === undefined || newest === undefined || newest.version === version) return undefined;
  const isOwn = async (id: string) => (await readReleaseRecord(aws, store, id))?.pipelineUrl === pipelineUrl;
  for (const { id, version: fetched } of older) {
    if (fetched === version && (await isOwn(id))) return { kind: 'follow', executionId: id };
  }
  // Where nothing is approved, the newer one may be deploying already.
  if (store.pipeline.approval === undefined || deployed?.version !== version) return undefined;
  const { executionId, deploymentId } = deployed;
  return (await isOwn(executionId)) ? { kind: 'nothing', executionId, deploymentId } : undefined;
}
