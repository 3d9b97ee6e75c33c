import { poll } from '../../aws/poll.ts';
import { type Aws, openAws } from '../../aws/session.ts';
import { keys, type Place } from '../../config/names.ts';
import { type ExitCode, exitCodes, messageOf } from '../../errors.ts';
import { duration } from '../../output.ts';
import type { Runtime } from '../../runtime.ts';
import { newRun } from '../bake-run.ts';
import { sweep } from '../clean/sweep.ts';
import { findImage } from '../find.ts';
import { markChosen } from '../record.ts';
import { planBake, readKnownImages } from './bake-plan.ts';
import { Lease, takeLease } from './lease.ts';
import { type PreparedBake, prepareBake } from './prepare.ts';
import { type Baked, runBake } from './run-bake.ts';

export interface BakeOptions extends Place {
  readonly directory: string;
  readonly dryRun: boolean;
}

interface KeyedImage extends Baked {
  readonly bakeKey: string;
}

/** Longest time to wait for another job's bake. */
const waitLimitMs = 60 * 60_000;

/** Bakes the tenant's image, or finds the one with the same bake key, and reports it. */
export async function bakeImage(runtime: Runtime, options: BakeOptions): Promise<ExitCode | undefined> {
  const image = await findOrBake(runtime, options);
  return image === undefined ? exitCodes.differs : report(runtime, image);
}

/**
 * Bakes the tenant's image, or finds the one with the same bake key. Either way it removes the leftovers of bakes that died. In a dry run
 * it reports a bake that is needed, and then returns nothing.
 */
export async function findOrBake(runtime: Runtime, options: BakeOptions): Promise<KeyedImage | undefined> {
  const { tenant, environment, directory, dryRun } = options;
  const place = { tenant, environment };
  const aws = openAws(runtime);
  const prepared = await prepareBake(runtime, aws, place, directory);
  const { bakeKey, source } = prepared;
  let plan = planBake(prepared.inputs, await readKnownImages(aws, prepared));
  // Pruned since it was found.
  if (plan.action === 'use' && !dryRun && !(await markChosen(aws, prepared.owner, bakeKey, plan.imageId))) {
    plan = planBake(prepared.inputs, await readKnownImages(aws, prepared));
  }
  if (plan.action === 'use') {
    if (!dryRun) await sweep(runtime, aws, prepared.owner);
    return { imageId: plan.imageId, bakeKey, baked: false };
  }

  runtime.out.step(`${tenant} in ${environment} needs a bake:`);
  for (const reason of plan.reasons) runtime.out.detail(reason);
  if (dryRun) {
    runtime.out.result({ bakeKey, baked: false, reasons: plan.reasons }, `a bake is needed (bake key ${bakeKey})`);
    return undefined;
  }
  runtime.out.step(`bake ${bakeKey.slice(0, 12)} from ${source.id} (${source.name})`);
  return { ...(await bakeOnce(runtime, aws, prepared)), bakeKey };
}

/** Bakes under a lease: of several jobs with one key, one bakes and the others use its image. */
async function bakeOnce(runtime: Runtime, aws: Aws, prepared: PreparedBake): Promise<Baked> {
  const run = newRun();
  const lease = await leaseOrImage(runtime, aws, prepared, run);
  if (!(lease instanceof Lease)) return { imageId: lease, baked: false };
  const start = Date.now();
  try {
    await sweep(runtime, aws, prepared.owner, { run });
    const image = await runBake(runtime, aws, { prepared, run, lease });
    if (image.baked) runtime.out.step(`baked in ${duration(Date.now() - start)}`);
    return image;
  } finally {
    await endLease(runtime, lease);
  }
}

/** The bake's result stands, whether or not the lease can be released. */
async function endLease({ out }: Runtime, lease: Lease): Promise<void> {
  try {
    await lease.release();
  } catch (thrown) {
    out.warn(`cannot release the lease: ${messageOf(thrown)}; it expires in five minutes`);
  }
}

async function leaseOrImage(runtime: Runtime, aws: Aws, prepared: PreparedBake, run: string): Promise<Lease | string> {
  const { place, owner, facts, bakeKey } = prepared;
  const lease = { aws, bucket: facts.bucket, key: keys.bakeLease(place.tenant, bakeKey) };
  const holder = { run, job: runtime.env.CI_JOB_URL ?? 'a run outside GitLab' };
  let lastHolder = '';
  return await poll({
    what: `another job's bake of ${bakeKey.slice(0, 12)}`,
    pace: aws.pace,
    limitMs: waitLimitMs,
    signal: runtime.signal,
    async check() {
      const taken = await takeLease(lease, holder);
      // Looked up after taking the lease: its last holder may have finished in between.
      const image = await findImage(aws, owner, bakeKey);
      if (image?.faults.length === 0) {
        if (taken instanceof Lease) await endLease(runtime, taken);
        return image.imageId;
      }
      if (taken instanceof Lease) return taken;
      if (taken !== undefined && taken.run !== lastHolder) {
        runtime.out.step(`another job bakes this image: ${taken.job}; waiting for it`);
        lastHolder = taken.run;
      }
      return undefined;
    },
  });
}

function report(runtime: Runtime, value: Baked & { bakeKey: string }): undefined {
  const { imageId, baked, bakeKey } = value;
  const text = baked ? `baked ${imageId}` : `image exists: ${imageId}`;
  runtime.out.result({ imageId, bakeKey, baked }, `${text} (bake key ${bakeKey})`);
}
