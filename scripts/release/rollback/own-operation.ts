import type { Aws } from '../../aws/session.ts';
import type { ReleaseRecord } from '../../config/stored.ts';
import { isUnderway, type State } from '../decision.ts';
import { type ReleaseStore, readReleaseRecord } from '../history/executions.ts';
import { revisionWords } from '../history/release-words.ts';

/**
 * The rollback or promotion that the job's own pipeline has made, if that is what runs or is in progress, also where newer releases wait behind it. Such a
 * pipeline also has a job `release`, which would replace it by the branch's revision.
 */
export async function ownOperation(
  aws: Aws,
  store: ReleaseStore,
  { executions, deployed }: State,
  pipelineUrl: string | undefined,
): Promise<ReleaseRecord | undefined> {
  if (!pipelineUrl) return undefined;
  const ids = [...executions.filter(isUnderway).map(({ id }) => id), ...(deployed ? [deployed.executionId] : [])];
  const records = await Promise.all(ids.map((id) => readReleaseRecord(aws, store, id)));
  return records.find(
    (record) =>
      record?.pipelineUrl === pipelineUrl && (record.rollbackOf !== undefined || record.promotedFrom !== undefined),
  );
}

export function operationWords(record: ReleaseRecord): string {
  const what =
    record.promotedFrom === undefined ? 'rolled back to' : `promoted from ${record.promotedFrom.environment}:`;
  return `nothing to release: this pipeline ${what} ${revisionWords(record.revision, record)}`;
}
