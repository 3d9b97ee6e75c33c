import type { RevisionFile } from '../repository/collect.ts';
import type { HashedFile } from './hash.ts';

/** What a zip is made of. */
export interface Packing {
  readonly sha256: string;
  readonly files: readonly HashedFile[];
  readonly signal: AbortSignal;
}

/** The earliest time a zip can hold, in no time zone. */
export const zipTime = new Date(1980, 0, 1);

/** The mode of a file on the instance, as git has it: executable or not. */
export function zipMode({ executable }: Pick<RevisionFile, 'executable'>): number {
  return executable ? 0o100755 : 0o100644;
}
