import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import type { RevisionFile } from './collect.ts';
import { inOrder } from './parallel.ts';

export interface HashedFile extends RevisionFile {
  /** Checksum the zip format wants. */
  readonly crc: number;
}

/** Files above this many bytes are streamed, not held in memory. */
export const streamedFrom = 16 * 1024 * 1024;
const width = 16;

/**
 * The name of a revision: the SHA-256 of its files' paths, executable bits and bytes. It is the hash of the content, not of the
 * zip: times, owners, the machine and the way of compressing have no part in it, and an unchanged tree is known without
 * compressing it.
 */
export async function hashContent(
  files: readonly RevisionFile[],
  signal: AbortSignal,
): Promise<{ sha256: string; files: HashedFile[] }> {
  const hash = createHash('sha256').update('vendhost revision 1\n');
  const hashed: HashedFile[] = [];
  for await (const { file, sha256, crc, size } of inOrder(files, width, hashFile)) {
    signal.throwIfAborted();
    hash.update(`${JSON.stringify([file.path, file.executable, sha256])}\n`);
    hashed.push({ ...file, crc, size });
  }
  return { sha256: hash.digest('hex'), files: hashed };
}

async function hashFile(
  file: RevisionFile,
): Promise<{ file: RevisionFile; sha256: string; crc: number; size: number }> {
  if (file.size <= streamedFrom) {
    const bytes = await readFile(file.from);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return { file, sha256, crc: crc32(bytes), size: bytes.length };
  }
  const hash = createHash('sha256');
  let crc = 0;
  let size = 0;
  for await (const chunk of createReadStream(file.from) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    crc = crc32(chunk, crc);
    size += chunk.length;
  }
  return { file, sha256: hash.digest('hex'), crc, size };
}
