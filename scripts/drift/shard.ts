import { createHash } from 'node:crypto';
import { VendhostError } from '../errors.ts';

/** One of several jobs that divide the work: number 1 to `of`. */
export interface Shard {
  readonly number: number;
  readonly of: number;
}

export const wholeShard: Shard = { number: 1, of: 1 };

/** Reads `2/4`. Throws `USAGE`. */
export function shardFrom(text: string | undefined): Shard {
  if (text === undefined) return wholeShard;
  const [, number = 0, of = 0] = (/^(\d{1,4})\/(\d{1,4})$/.exec(text) ?? []).map(Number);
  if (number >= 1 && number <= of) return { number, of };
  throw new VendhostError('USAGE', `--shard ${text} is wrong: must be a number and how many there are, such as 2/4`, {
    hint: 'in a job with parallel: --shard $CI_NODE_INDEX/$CI_NODE_TOTAL',
  });
}

/** Whether a thing is this shard's: by its name alone, so that jobs that list at different times leave nothing out. */
export function isIn({ number, of }: Shard, name: string): boolean {
  return createHash('sha256').update(name).digest().readUInt32BE() % of === number - 1;
}
