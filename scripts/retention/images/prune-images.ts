import { readPlatformFacts } from '../../aws/read-facts.ts';
import { type Aws, openAws } from '../../aws/session.ts';
import { type ExitCode, exitCodes } from '../../errors.ts';
import { nothingLeft } from '../../image/clean/leftovers.ts';
import { type Removed, removeLeftovers } from '../../image/clean/remove.ts';
import { applySweep, readSweep, sweepLines } from '../../image/clean/sweep.ts';
import { type ImageOwner, removeRecord } from '../../image/record.ts';
import { counted } from '../../repository/findings.ts';
import type { Runtime } from '../../runtime.ts';
import { endPrune } from '../end-prune.ts';
import { daysBetween, type PruneOptions } from '../rules.ts';
import { type ImagePrunePlan, planImagePrune, type RemovedImage } from './prune-plan.ts';
import { readImageFacts } from './read-image-facts.ts';

/**
 * Deregisters a tenant's unused images, with their snapshots and records, and removes what killed runs left. Throws
 * `PRUNE_INCOMPLETE` when something could not be removed.
 */
export async function pruneImages(runtime: Runtime, options: PruneOptions): Promise<ExitCode | undefined> {
  const { out } = runtime;
  const place = { tenant: options.tenant, environment: options.environment };
  const aws = openAws(runtime);
  const { bucket } = await readPlatformFacts(aws, place.environment);
  const owner = { place, bucket };
  const { facts } = await readImageFacts(aws, owner, { keep: options.keep });
  const plan = planImagePrune(facts, options);
  const sweepPlan = await readSweep(aws, owner, {});
  const where = `${place.tenant} in ${place.environment}`;
  for (const { image, reasons } of plan.kept) out.detail(`keeps ${image.id}: ${reasons.join('; ')}`);
  const kept = plan.kept.map(({ image, reasons }) => ({ id: image.id, reasons }));
  const lines = [...sweepLines(sweepPlan), ...plan.remove.map((removed) => lineOf(removed, facts.now))];
  const value = { remove: plan.remove.map(({ image }) => image.id), leftovers: sweepLines(sweepPlan), kept };
  if (lines.length === 0 || options.dryRun) {
    const nothing = `no image of ${where} to remove; ${counted(kept.length, 'image')} kept`;
    out.result({ ...value, removed: [] }, lines.length === 0 ? nothing : ['would remove:', ...lines].join('\n'));
    return lines.length === 0 ? undefined : exitCodes.differs;
  }
  for (const line of lines) out.step(`removes ${line}`);
  await out.confirm(`deregister ${counted(plan.remove.length, 'image')} of ${where} and delete their snapshots?`);
  const swept = await applySweep(runtime, aws, owner, sweepPlan);
  const pruned = await applyImagePrune(runtime, aws, owner, plan);
  const [done, failed] = [
    [...swept.done, ...pruned.done],
    [...swept.failed, ...pruned.failed],
  ];
  await endPrune(runtime, aws, owner, { action: 'image prune', done, failed });
  const nothing = 'removed nothing: jobs chose these images meanwhile';
  out.result({ ...value, removed: done }, done.length === 0 ? nothing : ['removed:', ...done].join('\n'));
  return undefined;
}

/**
 * The record goes first: then no bake finds the image, and a killed prune leaves the same as a bake that died. If a job rewrote the record
 * since it was read, the image stays.
 */
async function applyImagePrune(
  { out, signal }: Pick<Runtime, 'out' | 'signal'>,
  aws: Aws,
  owner: ImageOwner,
  { remove, kept }: ImagePrunePlan,
): Promise<Removed> {
  const done: string[] = [];
  const failed: string[] = [];
  const keptIds = new Set(kept.map(({ image }) => image.id));
  for (const { image, record, snapshots } of remove) {
    signal.throwIfAborted();
    if (record !== undefined && !(await removeRecord(aws, owner, image.bakeKey ?? '', record.etag, keptIds))) {
      out.step(`keeps ${image.id}: a job chose it meanwhile`);
      continue;
    }
    const removed = await removeLeftovers(aws, { ...nothingLeft, images: [image.image], snapshots }, signal);
    done.push(...removed.done);
    failed.push(...removed.failed);
  }
  return { done, failed };
}

function lineOf({ image, snapshots }: RemovedImage, now: Date): string {
  const age = counted(daysBetween(image.createdAt, now), 'day');
  const size = `${image.sizeGib} GiB, ${counted(snapshots.length, 'snapshot')}`;
  return `image ${image.id} (${image.name}): ${age} old, ${size}`;
}
