import type { Aws } from '../../aws/session.ts';
import { messageOf } from '../../errors.ts';
import type { Runtime } from '../../runtime.ts';
import { dropLease, readLeases } from '../bake/lease.ts';
import type { ImageOwner } from '../record.ts';
import { keptImages } from './kept-images.ts';
import { findTraces, linesOfTraces, nothingLeft, stillLeft } from './leftovers.ts';
import { type Removed, removeLeftovers } from './remove.ts';
import { planSweep, type Sweeper, type SweepPlan } from './sweep-plan.ts';

/** Longest time a sweep takes; GitLab gives an `after_script` five minutes. */
const limitMs = 4 * 60_000;

/** Looks for leftovers of dead runs. The order of the reads is essential: see `Found`. */
export async function readSweep(aws: Aws, owner: ImageOwner, sweeper: Sweeper): Promise<SweepPlan> {
  const traces = await findTraces(aws, owner.place);
  const leases = await readLeases(aws, owner.bucket, owner.place.tenant);
  const images = [...traces.values()].flatMap((left) => left.images);
  return planSweep({ traces, leases, kept: await keptImages(aws, owner, images) }, sweeper);
}

/** Applies the plan: each run separately, all at the same time. The next sweep retries what cannot be removed. */
export async function applySweep(
  runtime: Runtime,
  aws: Aws,
  { bucket, place }: ImageOwner,
  plan: SweepPlan,
): Promise<Removed> {
  const signal = AbortSignal.any([runtime.signal, AbortSignal.timeout(limitMs)]);
  // Since the plan was made, which a person may have read for long, a copy may have taken over what a dead one had completed.
  const again = plan.runs.length === 0 ? undefined : await findTraces(aws, place);
  const all = await Promise.all(
    plan.runs.map(async ({ run, left }) => ({
      run,
      removed: await removeLeftovers(aws, stillLeft(left, again?.get(run) ?? nothingLeft), signal),
    })),
  );
  for (const lease of plan.leases) await dropLease(aws, bucket, lease);
  const lines = (which: keyof Removed) =>
    all.flatMap(({ run, removed }) => removed[which].map((line) => ({ run, line })));
  for (const { run, line } of lines('done')) runtime.out.step(`removed what run ${run}, which died, left: ${line}`);
  for (const { run, line } of lines('failed')) {
    runtime.out.warn(`cannot remove what run ${run}, which died, left: ${line}; the next bake tries again`);
  }
  return { done: lines('done').map(({ line }) => line), failed: lines('failed').map(({ line }) => line) };
}

/** A bake's own sweep: if it fails, it only costs the bake time. */
export async function sweep(runtime: Runtime, aws: Aws, owner: ImageOwner, sweeper: Sweeper = {}): Promise<void> {
  try {
    await applySweep(runtime, aws, owner, await readSweep(aws, owner, sweeper));
  } catch (thrown) {
    runtime.out.warn(`cannot look for what earlier bakes left: ${messageOf(thrown)}`);
  }
  runtime.signal.throwIfAborted();
}

/** What a plan removes, one line each. */
export function sweepLines({ runs, leases }: SweepPlan): string[] {
  return [
    ...runs.flatMap(({ run, left }) => linesOfTraces(left).map((line) => `${line} (run ${run})`)),
    ...leases.map(({ key }) => `lease ${key}`),
  ];
}
