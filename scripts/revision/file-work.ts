import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { crc32, deflateRawSync } from 'node:zlib';
import type { RevisionFile } from '../repository/collect.ts';

/** Runs in worker threads, for a few files at a time: see file-workers.ts. */

/** zlib's own default, 6, saves some bytes and takes more time than that is worth: docs/decisions/0010. */
export const level = 3;

export interface HashedFile extends RevisionFile {
  /** SHA-256 of the file's bytes, in hex. */
  readonly sha256: string;
}

export interface Digest {
  /** SHA-256 of the file's bytes, in hex. */
  readonly sha256: string;
  /** In bytes, as read. */
  readonly size: number;
}

export interface Deflated {
  /** The compressed bytes of all files, one after the other. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** One for each file. */
  readonly parts: readonly { readonly crc: number; readonly length: number }[];
  /** The first file whose bytes are no longer those that were hashed; there is nothing else then. */
  readonly changed?: string;
}

export function hashFiles(files: readonly Pick<RevisionFile, 'from'>[]): Digest[] {
  return files.map(({ from }) => {
    const bytes = readFileSync(from);
    return { sha256: sha256Of(bytes), size: bytes.length };
  });
}

/** Compresses files, unless one of them is no longer what was hashed. */
export function deflateFiles(files: readonly HashedFile[]): Deflated {
  const parts: { crc: number; length: number }[] = [];
  const compressed: Buffer[] = [];
  for (const { from, path, sha256 } of files) {
    const bytes = readFileSync(from);
    if (sha256Of(bytes) !== sha256) return { bytes: new Uint8Array(), parts: [], changed: path };
    const deflated = deflateRawSync(bytes, { level });
    parts.push({ crc: crc32(bytes), length: deflated.length });
    compressed.push(deflated);
  }
  // Of its own size: a message to another thread copies all of the memory that a view lies in.
  const all = new Uint8Array(compressed.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const each of compressed) {
    all.set(each, end);
    end += each.length;
  }
  return { bytes: all, parts };
}

function sha256Of(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
