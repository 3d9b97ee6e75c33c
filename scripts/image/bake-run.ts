import { randomBytes } from 'node:crypto';
import { type Place, tags } from '../config/names.ts';

/** The tag by which a run's own resources are found. */
export const runTag = 'vendhost:bake-run';

/** The tag of a copy and everything used to make it: environment and image of the original. */
export const promotedFromTag = 'vendhost:promoted-from';
/** The snapshot that one is a copy of. */
export const sourceSnapshotTag = 'vendhost:source-snapshot';

/** A new run id; it is part of the names of what the run creates. */
export function newRun(): string {
  return randomBytes(4).toString('hex');
}

/** Whether a text is the id of a run: in an EC2 filter, `*` would match every run. */
export function isRun(text: string | undefined): text is string {
  return text !== undefined && /^[0-9a-f]{8}$/.test(text);
}

export function keyPairName(run: string): string {
  return `vendhost-bake-${run}`;
}

/** Tags of a run's resources: tenant, environment and run. */
export function runTags({ environment, tenant }: Place, run: string): Record<string, string> {
  return { ...tags(environment, 'image', tenant), [runTag]: run };
}
