import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { RevisionFile } from '../repository/collect.ts';
import type { Digest, HashedFile } from './file-work.ts';
import type { FileWorkers } from './file-workers.ts';

/** Files above this many bytes are streamed, not held in memory. */
const streamedFrom = 16 * 1024 * 1024;

export function isStreamed({ size }: RevisionFile): boolean {
  return size > streamedFrom;
}

/**
 * The name of a revision: the SHA-256 of its files' paths, executable bits and bytes. It is the hash of the content, not of the
 * zip: times, owners, the machine and the compression do not matter, and an unchanged tree is recognised without
 * compressing it.
 */
export async function hashContent(
  files: readonly RevisionFile[],
  workers: FileWorkers,
  signal: AbortSignal,
): Promise<{ sha256: string; files: HashedFile[] }> {
  const small = files.filter((file) => !isStreamed(file));
  const digests = new Map<RevisionFile, Digest>();
  for (const [index, digest] of (await workers.hash(small)).entries()) {
    const file = small[index];
    if (file !== undefined) digests.set(file, digest);
  }
  for (const file of files.filter(isStreamed)) digests.set(file, await hashStreamed(file, signal));
  const hash = createHash('sha256').update('vendhost revision 1\n');
  const hashed: HashedFile[] = [];
  for (const file of files) {
    const digest = digests.get(file);
    if (digest === undefined) throw new Error(`no digest of ${file.path}`);
    hash.update(`${JSON.stringify([file.path, file.executable, digest.sha256])}\n`);
    hashed.push({ ...file, ...digest });
  }
  return { sha256: hash.digest('hex'), files: hashed };
}

async function hashStreamed(file: RevisionFile, signal: AbortSignal): Promise<Digest> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of createReadStream(file.from, { signal }) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { sha256: hash.digest('hex'), size };
}
