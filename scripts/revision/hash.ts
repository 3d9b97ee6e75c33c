import { createHash, hash as hashOf } from 'node:crypto';
import { closeSync, readSync } from 'node:fs';
import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import type { RevisionFile } from '../repository/collect.ts';
import { openAgain } from './read-again.ts';

export interface HashedFile extends RevisionFile {
  /** SHA-256 of the file's bytes, in hex. */
  readonly sha256: string;
}

/** How much is read at a time, between two turns of the event loop: AWS responses, a signal to stop. */
const pieceBytes = 1024 ** 2;

/**
 * The name of a revision: the SHA-256 of its files' paths, executable bits and bytes. It is the hash of the content, not of the
 * zip: times, owners, the machine and the compression do not matter, and an unchanged tree is recognised without
 * compressing it.
 *
 * Reading and hashing thousands of files takes less time than starting threads for it, or than a promise for each. Throws
 * `REVISION_CHANGED` when a file that was listed is gone.
 */
export async function hashContent(
  files: readonly RevisionFile[],
  signal: AbortSignal,
): Promise<{ sha256: string; files: HashedFile[] }> {
  const total = createHash('sha256').update('vendhost revision 1\n');
  const piece = Buffer.allocUnsafeSlow(pieceBytes);
  const hashed: HashedFile[] = [];
  let read = 0;
  for (const file of files) {
    signal.throwIfAborted();
    const digest = await hashFile(file, piece, signal);
    total.update(`${JSON.stringify([file.path, file.executable, digest.sha256])}\n`);
    hashed.push({ ...file, ...digest });
    read += digest.size;
    if (read < pieceBytes) continue;
    read = 0;
    await pause(signal);
  }
  return { sha256: total.digest('hex'), files: hashed };
}

async function hashFile(
  listed: RevisionFile,
  piece: Buffer,
  signal: AbortSignal,
): Promise<{ sha256: string; size: number }> {
  const file = openAgain(listed);
  try {
    const first = readSync(file, piece);
    // Nearly every file, and several times as fast as below.
    if (first === listed.size && first < piece.length) {
      return { sha256: hashOf('sha256', piece.subarray(0, first)), size: first };
    }
    const hash = createHash('sha256');
    let size = 0;
    for (let read = first; read > 0; read = readSync(file, piece)) {
      hash.update(piece.subarray(0, read));
      size += read;
      await pause(signal);
    }
    return { sha256: hash.digest('hex'), size };
  } finally {
    closeSync(file);
  }
}

async function pause(signal: AbortSignal): Promise<void> {
  await yieldToEventLoop();
  signal.throwIfAborted();
}
