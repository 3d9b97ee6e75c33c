import { readFileSync } from 'node:fs';
import { crc32, deflateRawSync } from 'node:zlib';
import { VendhostError } from '../errors.ts';
import { shownValue } from './findings.ts';
import type { HashedFile } from './hash.ts';
import { deflated, stored } from './zip-format.ts';

/** A file's bytes as they go into the zip. */
export interface Compressed {
  readonly method: number;
  readonly data: Uint8Array;
}

/** zlib's own default: what a higher level saves on software is not worth its time. */
export const level = 6;

/** Compresses a file, unless that makes it larger; throws `REVISION_CHANGED` when it is no longer what was hashed. */
export function compressFile(file: HashedFile): Compressed {
  const bytes = readFileSync(file.from);
  if (bytes.length !== file.size || crc32(bytes) !== file.crc) throw changed(file.path);
  const smaller = deflateRawSync(bytes, { level });
  return smaller.length < bytes.length ? { method: deflated, data: smaller } : { method: stored, data: bytes };
}

export function changed(path: string): VendhostError {
  return new VendhostError('REVISION_CHANGED', `${shownValue(path)} changed while the revision was packed`, {
    hint: 'let builds end before `vendhost revision push`, then run it again',
  });
}
