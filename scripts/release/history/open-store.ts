import { readPlatformFacts, readTenantRecord } from '../../aws/read-facts.ts';
import type { Aws } from '../../aws/session.ts';
import type { TenantRecord } from '../../config/facts.ts';
import type { Place } from '../../config/names.ts';
import { checkHost, readPipeline } from '../pipeline.ts';
import type { ReleaseStore } from './executions.ts';

export interface OpenStore {
  readonly store: ReleaseStore;
  readonly record: TenantRecord;
  /** Whether each release waits for an approval. */
  readonly needsApproval: boolean;
}

/** Finds the releases of a tenant in an environment; throws `HOST_MISSING` when there is no virtual host yet. */
export async function openStore(aws: Aws, place: Place): Promise<OpenStore> {
  // One after the other: the first fault is the one to fix first.
  const { bucket, approval } = await readPlatformFacts(aws, place.environment);
  const record = await readTenantRecord(aws, place);
  const pipeline = await readPipeline(aws, record.pipeline);
  await checkHost(aws, pipeline, place);
  const store = { tenant: place.tenant, bucket, pipeline };
  return { store, record, needsApproval: record.approval ?? approval };
}
