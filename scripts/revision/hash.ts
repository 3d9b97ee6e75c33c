import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import type { RevisionFile } from '../repository/collect.ts';

export interface HashedFile extends RevisionFile {
  /** SHA-256 of the file's bytes, in hex. */
  readonly sha256: string;
}

/** Files above this many bytes are streamed, not held in memory. */
const streamedFrom = 16 * 1024 * 1024;

/**
 * The name of a revision: the SHA-256 of its files' paths, executable bits and bytes. It is the hash of the content, not of the
 * zip: times, owners, the machine and the compression do not matter, and an unchanged tree is recognised without
 * compressing it.
 */
export async function hashContent(
  files: readonly RevisionFile[],
  signal: AbortSignal,
): Promise<{ sha256: string; files: HashedFile[] }> {
  const hash = createHash('sha256').update('vendhost revision 1\n');
  const hashed: HashedFile[] = [];
  for await (const file of unhurried(files, signal)) {
    const digest = file.size > streamedFrom ? await hashLarge(file) : hashSmall(file);
    hash.update(`${JSON.stringify([file.path, file.executable, digest.sha256])}\n`);
    hashed.push({ ...file, ...digest });
  }
  return { sha256: hash.digest('hex'), files: hashed };
}

/**
 * Thousands of small files are read four times as fast without a promise for each. Every few files the event loop runs,
 * so that signals are handled.
 */
async function* unhurried<T>(items: readonly T[], signal: AbortSignal): AsyncGenerator<T> {
  for (const [index, item] of items.entries()) {
    if (index % 32 === 0) {
      await yieldToEventLoop();
      signal.throwIfAborted();
    }
    yield item;
  }
}

interface Hash {
  readonly sha256: string;
  readonly size: number;
}

function hashSmall(file: RevisionFile): Hash {
  const bytes = readFileSync(file.from);
  return { sha256: createHash('sha256').update(bytes).digest('hex'), size: bytes.length };
}

async function hashLarge(file: RevisionFile): Promise<Hash> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of createReadStream(file.from) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { sha256: hash.digest('hex'), size };
}
