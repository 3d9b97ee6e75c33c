import { createHash } from 'node:crypto';
import { addAbortSignal, Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import { revisionFile } from '../config/names.ts';
import type { HashedFile } from './hash.ts';
import { type Packing, zipMode, zipTime } from './packing.ts';
import { changed, readAgain } from './read-again.ts';

/** The bytes of a zip of any number and size of files, compressed one after the other. */
export async function* zip64({ sha256, files, signal }: Packing): AsyncGenerator<Uint8Array> {
  const zip = new ZipFile();
  const failing = new AbortController();
  for (const file of files) {
    const options = { mtime: zipTime, forceDosTimestamp: true, mode: zipMode(file) };
    zip.addReadStreamLazy(file.path, options, (give) => {
      // The archive does not report errors of its input streams.
      const bytes = Readable.from(checked(file), { objectMode: false }).on('error', (error) => failing.abort(error));
      give(null, bytes);
    });
  }
  zip.addBuffer(Buffer.from(`${sha256}\n`), revisionFile, {
    ...{ mtime: zipTime, forceDosTimestamp: true, mode: zipMode({ executable: false }) },
  });
  zip.end();
  const stop = AbortSignal.any([signal, failing.signal]);
  const bytes = addAbortSignal(stop, zip.outputStream as Readable);
  try {
    for await (const chunk of bytes as AsyncIterable<Buffer>) yield chunk;
  } catch (error) {
    stop.throwIfAborted();
    throw error;
  }
}

/** A file's bytes; fails at the end when they are not the bytes that were hashed. */
async function* checked(file: HashedFile): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  for await (const chunk of readAgain(file)) {
    hash.update(chunk);
    yield chunk;
  }
  if (hash.digest('hex') !== file.sha256) throw changed(file.path);
}
