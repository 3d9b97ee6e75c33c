import { randomBytes } from 'node:crypto';
import { names, type Place, tags } from '../config/names.ts';

/** The tag by which a run's own resources are found. */
export const runTag = 'vendhost:bake-run';

/** A new id for a run; it names what the run makes. */
export function newRun(): string {
  return randomBytes(4).toString('hex');
}

/** Whether a text is the id of a run: in a filter of EC2, `*` would be every run. */
export function isRun(text: string | undefined): text is string {
  return text !== undefined && /^[0-9a-f]{8}$/.test(text);
}

export function keyPairName(run: string): string {
  return `vendhost-bake-${run}`;
}

/** Tags of what a run makes: whose it is, and which run's. */
export function runTags({ environment, tenant }: Place, run: string): Record<string, string> {
  return { ...tags(environment, 'image', tenant), [runTag]: run };
}

/** The traces of a run, by which what it left is found. */
export function tracesOf(place: Place, bakeKey: string, run: string) {
  return { place, run, imageName: names.image(place, bakeKey, run) };
}
