import { z } from 'zod';
import { ConditionalObjects } from '../../aws/objects.ts';
import { readPlatformFacts } from '../../aws/read-facts.ts';
import { type Aws, openAws } from '../../aws/session.ts';
import { type ExitCode, exitCodes, messageOf } from '../../errors.ts';
import type { Removed } from '../../image/clean/remove.ts';
import { counted } from '../../repository/findings.ts';
import { markPruned } from '../../revision/chosen/choose.ts';
import type { Runtime } from '../../runtime.ts';
import { endPrune } from '../end-prune.ts';
import { daysBetween, type PruneOptions } from '../rules.ts';
import { readRevisionStanding } from './read-standing.ts';
import { planRevisionPrune, type RevisionPrunePlan } from './revision-plan.ts';

/**
 * Deletes a tenant's unused revisions, and CodePipeline's copies of them. The bucket keeps the versions for the
 * platform's days. Records of releases and pushes stay. Throws `PRUNE_INCOMPLETE` when something could not be removed.
 */
export async function pruneRevisions(runtime: Runtime, options: PruneOptions): Promise<ExitCode | undefined> {
  const { out } = runtime;
  const place = { tenant: options.tenant, environment: options.environment };
  const aws = openAws(runtime);
  const { bucket } = await readPlatformFacts(aws, place.environment);
  const standing = await readRevisionStanding(aws, { place, bucket, keep: options.keep });
  const { remove, kept } = planRevisionPrune(standing, options);
  const where = `${place.tenant} in ${place.environment}`;
  for (const { key, reasons } of kept) out.detail(`keeps ${key}: ${reasons.join('; ')}`);
  const lines = remove.map(
    ({ key, bytes, writtenAt }) =>
      `${key}: ${counted(daysBetween(writtenAt, standing.now), 'day')} old, ${bytes} bytes`,
  );
  const value = { remove: remove.map(({ key }) => key), kept };
  if (remove.length === 0 || options.dryRun) {
    const nothing = `no revision of ${where} to remove; ${counted(kept.length, 'object')} kept`;
    out.result({ ...value, removed: [] }, remove.length === 0 ? nothing : ['would remove:', ...lines].join('\n'));
    return remove.length === 0 ? undefined : exitCodes.differs;
  }
  for (const line of lines) out.step(`removes ${line}`);
  await out.confirm(`delete ${counted(remove.length, 'object')} of ${where}?`);
  const { done, failed } = await applyRevisionPrune(runtime, aws, bucket, remove);
  await endPrune(runtime, aws, { place, bucket }, { action: 'revision prune', done, failed });
  const nothing = 'removed nothing: jobs chose these revisions meanwhile';
  out.result({ ...value, removed: done }, done.length === 0 ? nothing : ['removed:', ...done].join('\n'));
  return undefined;
}

/**
 * Deletes revisions that are unchanged since they were listed, and copies; one failure does not stop the others. A revision is marked before, so that a job
 * that chooses it at the same time either keeps it or sees its deletion.
 */
async function applyRevisionPrune(
  { out, signal }: Pick<Runtime, 'out' | 'signal'>,
  aws: Aws,
  bucket: string,
  remove: RevisionPrunePlan['remove'],
): Promise<Removed> {
  const { DeleteObjectCommand } = await import('@aws-sdk/client-s3');
  const client = await aws.s3();
  const objects = new ConditionalObjects(aws, bucket, z.unknown());
  const done: string[] = [];
  const failed: string[] = [];
  for (const object of remove) {
    const { key, etag } = object;
    signal.throwIfAborted();
    try {
      if (!('chosenAt' in object)) {
        // Nobody rewrites a copy of CodePipeline's, and a condition would need permission to read it.
        await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
        done.push(key);
      } else if (!(await markPruned(aws, { bucket, revision: key }, object.description))) {
        out.step(`keeps ${key}: a job chose it meanwhile`);
      } else if (await objects.remove(key, etag)) done.push(key);
    } catch (thrown) {
      failed.push(`${key}: ${messageOf(thrown)}`);
    }
  }
  return { done, failed };
}
