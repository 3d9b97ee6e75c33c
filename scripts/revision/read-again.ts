import { createReadStream, openSync } from 'node:fs';
import { shownValue } from '../config/issues.ts';
import { VendhostError } from '../errors.ts';
import type { RevisionFile } from '../repository/collect.ts';
import { isGone } from './file-work.ts';

/** Opens a file that was listed; throws `REVISION_CHANGED` when it is gone. */
export function openAgain({ from, path }: Pick<RevisionFile, 'from' | 'path'>): number {
  try {
    return openSync(from, 'r');
  } catch (error) {
    throw isGone(error) ? changed(path) : error;
  }
}

/** The bytes of a file that was there; throws `REVISION_CHANGED` when it is gone. */
export async function* readAgain({ from, path }: Pick<RevisionFile, 'from' | 'path'>): AsyncGenerator<Buffer> {
  try {
    yield* createReadStream(from) as AsyncIterable<Buffer>;
  } catch (error) {
    throw isGone(error) ? changed(path) : error;
  }
}

export function changed(path: string): VendhostError {
  return new VendhostError('REVISION_CHANGED', `${shownValue(path)} changed while the revision was packed`, {
    hint: 'let builds finish before `vendhost revision push`, then retry',
  });
}
