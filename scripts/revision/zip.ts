import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import { shownValue } from '../config/issues.ts';
import { revisionFile } from '../config/names.ts';
import { VendhostError } from '../errors.ts';
import type { RevisionFile } from '../repository/collect.ts';
import type { HashedFile } from './hash.ts';

/** The earliest time a zip can hold, in no time zone. */
const time = { mtime: new Date(1980, 0, 1), forceDosTimestamp: true };
/** Small files are compressed side by side, in memory, as long as all together fit there; others are streamed. */
const smallFile = 1024 ** 2;
const heldInMemory = 256 * 1024 ** 2;
/** S3 takes 5 GiB in one upload (https://docs.aws.amazon.com/AmazonS3/latest/userguide/upload-objects.html). */
const maxBytes = 5 * 1024 ** 3;

/**
 * Writes the files as a zip. The same files give the same bytes: order, times and modes are fixed (0644, 0755 for executables).
 * Returns the size in bytes. Throws `REVISION_TOO_LARGE`, and `REVISION_CHANGED` when a file is no longer what was hashed.
 */
export async function writeZip(
  { sha256, files }: { sha256: string; files: readonly HashedFile[] },
  target: string,
  signal: AbortSignal,
): Promise<number> {
  checkFits(files);
  const total = sizeOf(files);
  const zip = new ZipFile();
  const failing = new AbortController();
  const stop = AbortSignal.any([signal, failing.signal]);
  for (const file of files) {
    const options = { ...time, mode: file.executable ? 0o100755 : 0o100644 };
    if (file.size <= smallFile && total <= heldInMemory) {
      zip.addBuffer(await readChecked(file), file.path, options);
      signal.throwIfAborted();
      continue;
    }
    zip.addReadStreamLazy(file.path, options, (give) => {
      // The archive does not report errors of its input streams.
      const bytes = Readable.from(checked(file), { objectMode: false }).on('error', (error) => failing.abort(error));
      give(null, bytes);
    });
  }
  zip.addBuffer(Buffer.from(`${sha256}\n`), revisionFile, { ...time, mode: 0o100644 });
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(target), { signal: stop }).catch((error: unknown) => {
    stop.throwIfAborted();
    throw error;
  });
  return (await stat(target)).size;
}

/** Throws `REVISION_TOO_LARGE` for files that do not fit into a revision. */
export function checkFits(files: readonly RevisionFile[]): void {
  const total = sizeOf(files);
  if (total > maxBytes) throw tooLarge(files.length, total);
}

function sizeOf(files: readonly RevisionFile[]): number {
  return files.reduce((sum, { size }) => sum + size, 0);
}

async function readChecked(file: HashedFile): Promise<Buffer> {
  const bytes = await readFile(file.from);
  if (createHash('sha256').update(bytes).digest('hex') !== file.sha256) throw changed(file.path);
  return bytes;
}

/** A file's bytes; fails at the end when they are not the bytes that were hashed. */
async function* checked(file: HashedFile): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file.from) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    yield chunk;
  }
  if (hash.digest('hex') !== file.sha256) throw changed(file.path);
}

function changed(path: string): VendhostError {
  return new VendhostError('REVISION_CHANGED', `${shownValue(path)} changed while the revision was packed`, {
    hint: 'let builds finish before `vendhost revision push`, then retry',
  });
}

function tooLarge(count: number, bytes: number): VendhostError {
  return new VendhostError('REVISION_TOO_LARGE', `the revision has ${count} files of ${bytes} bytes`, {
    hint: 'S3 takes 5 GiB at most: leave out what the instances do not need (revision.ignore in vendhost.yml)',
  });
}
