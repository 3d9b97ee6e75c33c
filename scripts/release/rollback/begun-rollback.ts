import { createHash } from 'node:crypto';
import { ConditionalObjects } from '../../aws/objects.ts';
import type { Aws } from '../../aws/session.ts';
import { keys } from '../../config/names.ts';
import { type BegunRollback, begunRollbackSchema } from '../../config/stored.ts';
import type { State } from '../decision.ts';
import { type ReleaseStore, readReleaseRecord } from '../history/executions.ts';
import type { Rollback, RollbackQuestion } from './plan-rollback.ts';

/**
 * The rollback that this GitLab pipeline has started, if nobody else has released since. Without it, a job that was killed after it had started
 * the release, and is rerun, would find the earlier revision deployed, and roll that back.
 */
export async function readBegun(
  aws: Aws,
  store: ReleaseStore,
  { executions }: Pick<State, 'executions'>,
  question: RollbackQuestion,
): Promise<Rollback | undefined> {
  const key = keyOf(store, question);
  const begun = key && (await objects(aws, store).read(key))?.value;
  if (!begun) return undefined;
  const at = executions.findIndex(({ id }) => id === begun.of);
  const since = at < 0 ? executions : executions.slice(0, at);
  const records = await Promise.all(since.map(({ id }) => readReleaseRecord(aws, store, id)));
  if (records.some((record) => record !== undefined && record.pipelineUrl !== question.pipelineUrl)) return undefined;
  return { of: begun.of, from: begun.from, to: begun.to, isOwn: true };
}

/** Records what this pipeline is about to roll back; nothing outside a job, where a person sees from what to what. */
export async function keepBegun(
  aws: Aws,
  store: ReleaseStore,
  question: RollbackQuestion,
  { of, from, to }: Rollback,
): Promise<void> {
  const key = keyOf(store, question);
  if (key === undefined) return;
  const value = { version: 1 as const, of, ...(from && { from }), to };
  const written = await objects(aws, store).create(key, value);
  // From a job that is run again after somebody else has released.
  if (written.outcome === 'lost' && written.current)
    await objects(aws, store).replace(key, value, written.current.etag);
}

/** Another target is another request. */
function keyOf({ tenant }: ReleaseStore, { to = '', pipelineUrl }: RollbackQuestion): string | undefined {
  if (!pipelineUrl) return undefined;
  return keys.begunRollback(tenant, createHash('sha256').update(`${pipelineUrl} ${to}`).digest('hex'));
}

function objects(aws: Aws, { bucket }: ReleaseStore): ConditionalObjects<BegunRollback> {
  return new ConditionalObjects(aws, bucket, begunRollbackSchema);
}
