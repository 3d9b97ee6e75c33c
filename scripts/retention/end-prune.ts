import { appendAudit, readActor } from '../audit/append.ts';
import type { Aws } from '../aws/session.ts';
import { messageOf, VendhostError } from '../errors.ts';
import type { Removed } from '../image/clean/remove.ts';
import type { ImageOwner } from '../image/record.ts';
import type { Runtime } from '../runtime.ts';

/** Records what a prune removed. Throws `PRUNE_INCOMPLETE` when something could not be removed. */
export async function endPrune(
  runtime: Runtime,
  aws: Aws,
  owner: ImageOwner,
  pruned: Removed & { readonly action: string },
): Promise<void> {
  await recordPrune(runtime, aws, owner, pruned);
  if (pruned.failed.length === 0) return;
  const { tenant, environment } = owner.place;
  throw new VendhostError(
    'PRUNE_INCOMPLETE',
    `cannot remove everything of ${tenant} in ${environment} that nothing needs`,
    {
      details: pruned.failed,
      hint: 'run the command again: it resumes; if it fails again, report it to the platform team',
    },
  );
}

/** The prune is done by then, so a failure to write the record is a warning. */
async function recordPrune(
  runtime: Runtime,
  aws: Aws,
  { place, bucket }: ImageOwner,
  { action, done, failed }: Removed & { readonly action: string },
): Promise<void> {
  if (done.length + failed.length === 0) return;
  const after = [...(failed.length > 0 ? [`failed: ${failed.join(', ')}`] : []), `removed: ${done.join(', ')}`];
  try {
    await appendAudit(
      runtime,
      aws,
      { place, bucket },
      {
        action,
        target: `${place.tenant} in ${place.environment}`,
        before: '',
        after: after.join('; '),
        reason: '',
        by: await readActor(aws, runtime),
      },
    );
  } catch (thrown) {
    runtime.out.warn(`no record says what this ${action} removed: ${messageOf(thrown)}`);
  }
}
