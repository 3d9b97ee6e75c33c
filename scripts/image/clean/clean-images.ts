import { readPlatformFacts } from '../../aws/read-facts.ts';
import { openAws } from '../../aws/session.ts';
import type { Place } from '../../config/names.ts';
import { type ExitCode, exitCodes, VendhostError } from '../../errors.ts';
import type { Runtime } from '../../runtime.ts';
import { applySweep, readSweep, sweepLines } from './sweep.ts';

export interface CleanOptions extends Place {
  readonly dryRun: boolean;
}

/**
 * Removes the leftovers of bakes whose jobs died, and of this job's bake: it is for the `after_script` of the bake job, when the
 * script is over. Throws `LEFTOVERS_REMAIN` when something could not be removed.
 */
export async function cleanImages(runtime: Runtime, options: CleanOptions): Promise<ExitCode | undefined> {
  const place = { tenant: options.tenant, environment: options.environment };
  const aws = openAws(runtime);
  const { bucket } = await readPlatformFacts(aws, place.environment);
  const endedJob = runtime.env.CI_JOB_URL;
  const plan = await readSweep(aws, { place, bucket }, endedJob === undefined ? {} : { endedJob });
  const lines = sweepLines(plan);
  const nothing = `bakes of ${place.tenant} in ${place.environment} left nothing behind`;
  if (options.dryRun) {
    runtime.out.result({ leftovers: lines }, lines.length === 0 ? nothing : ['would remove:', ...lines].join('\n'));
    return lines.length === 0 ? undefined : exitCodes.differs;
  }
  const { done, failed } = await applySweep(runtime, aws, { place, bucket }, plan);
  if (failed.length > 0) {
    throw new VendhostError('LEFTOVERS_REMAIN', `cannot remove everything that bakes of ${place.tenant} left`, {
      details: failed,
      hint: 'nothing has to be done: the next bake tries again; if it fails too, report it to the platform team',
    });
  }
  runtime.out.result({ removed: done }, lines.length === 0 ? nothing : ['removed:', ...lines].join('\n'));
  return undefined;
}
