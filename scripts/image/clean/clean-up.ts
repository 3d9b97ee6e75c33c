import type { Aws } from '../../aws/session.ts';
import type { Place } from '../../config/names.ts';
import { messageOf, VendhostError } from '../../errors.ts';
import type { Runtime } from '../../runtime.ts';
import { runTag } from '../bake-run.ts';
import { findLeftovers } from './leftovers.ts';
import { removeLeftovers } from './remove.ts';

/** Ends the builder of a run, and deletes its key pair and security group. */
export async function endBuilder(aws: Aws, place: Place, run: string): Promise<void> {
  const left = await findLeftovers(aws, place, run);
  const { failed } = await removeLeftovers(aws, { ...left, images: [], snapshots: [] });
  if (failed.length === 0) return;
  throw new VendhostError('BAKE_FAILED', 'cannot end the builder', {
    details: failed,
    hint: 'run the job again; if it fails again, report it to the platform team',
  });
}

/** Removes what the run of this job left when it failed or was cancelled. */
export async function cleanUp({ out }: Runtime, aws: Aws, place: Place, run: string): Promise<void> {
  try {
    const { done, failed } = await removeLeftovers(aws, await findLeftovers(aws, place, run));
    for (const line of done) out.step(`removed what the bake left: ${line}`);
    for (const line of failed) out.warn(`cannot remove what the bake left (tag ${runTag}=${run}): ${line}`);
    if (done.length + failed.length === 0) out.step('the bake left nothing behind');
  } catch (thrown) {
    out.warn(`cannot clean up after the bake (tag ${runTag}=${run}): ${messageOf(thrown)}`);
  }
}
