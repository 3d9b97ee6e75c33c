import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { crc32, createDeflateRaw } from 'node:zlib';
import { Zip, type ZipInputFile } from 'fflate';
import { revisionFile } from '../config/names.ts';
import type { RevisionFile } from '../repository/collect.ts';
import { type Batch, DeflateThreads } from './deflate-threads.ts';
import { level } from './file-work.ts';
import { GrowingBytes } from './growing-bytes.ts';
import type { HashedFile } from './hash.ts';
import { type Packing, zipMode, zipTime } from './packing.ts';
import { changed, readAgain } from './read-again.ts';

const pieceBytes = 1024 ** 2;
/** Files above this many bytes are streamed, not held in memory. */
const streamedFrom = 16 * 1024 ** 2;
const deflate = 8;
const stored = 0;
const unix = 3;

/** The bytes of a zip whose files are compressed on several threads. It holds 65,534 files and 4 GiB at most. */
export async function* threadedZip(packing: Packing): AsyncGenerator<Uint8Array> {
  const pieces = new GrowingBytes();
  const zip = new Zip((error, bytes) => {
    if (error) throw error;
    pieces.add(bytes);
  });
  const small = packing.files.filter((file) => !isStreamed(file));
  const threads = new DeflateThreads(small.reduce((sum, { size }) => sum + size, 0));
  try {
    for (const run of runsOf(packing.files)) {
      packing.signal.throwIfAborted();
      yield* run.every(isStreamed)
        ? addStreamed(zip, pieces, run, packing.signal)
        : addDeflated(zip, pieces, threads.deflate(run, packing.signal));
    }
  } finally {
    await threads.end();
  }
  const name = Buffer.from(`${packing.sha256}\n`);
  const entry = new ZipEntry({ path: revisionFile, executable: false }, stored);
  zip.add(entry);
  entry.end(name, { size: name.length, crc: crc32(name) });
  zip.end();
  yield pieces.take();
}

/** A file of the archive that is compressed elsewhere; fflate takes any object of this shape. */
class ZipEntry implements ZipInputFile {
  readonly filename: string;
  readonly attrs: number;
  readonly os = unix;
  readonly mtime = zipTime;
  readonly compression: number;
  size = 0;
  crc = 0;
  ondata: NonNullable<ZipInputFile['ondata']> = () => undefined;

  constructor({ path, executable }: Pick<RevisionFile, 'path' | 'executable'>, compression = deflate) {
    this.filename = path;
    this.attrs = zipMode({ executable }) * 0x10000;
    this.compression = compression;
  }

  add(compressed: Uint8Array): void {
    this.ondata(null, compressed as Uint8Array<ArrayBuffer>, false);
  }

  end(compressed: Uint8Array, { size, crc }: { size: number; crc: number }): void {
    this.size = size;
    this.crc = crc;
    this.ondata(null, compressed as Uint8Array<ArrayBuffer>, true);
  }
}

function isStreamed({ size }: RevisionFile): boolean {
  return size > streamedFrom;
}

/** Neighbours that are packed the same way. */
function runsOf(files: readonly HashedFile[]): HashedFile[][] {
  const runs: HashedFile[][] = [];
  for (const file of files) {
    const [former] = runs.at(-1) ?? [];
    if (former === undefined || isStreamed(former) !== isStreamed(file)) runs.push([]);
    runs.at(-1)?.push(file);
  }
  return runs;
}

async function* addDeflated(zip: Zip, pieces: GrowingBytes, batches: AsyncIterable<Batch<HashedFile>>) {
  for await (const { files, deflated } of batches) {
    if (deflated.changed !== undefined) throw changed(deflated.changed);
    let end = 0;
    for (const [index, file] of files.entries()) {
      const { crc, length } = deflated.parts[index] ?? { crc: 0, length: 0 };
      const entry = new ZipEntry(file);
      zip.add(entry);
      entry.end(new Uint8Array(deflated.memory, end, length), { size: file.size, crc });
      end += length;
    }
    if (pieces.length >= pieceBytes) yield pieces.take();
  }
}

async function* addStreamed(zip: Zip, pieces: GrowingBytes, files: HashedFile[], signal: AbortSignal) {
  for (const file of files) {
    const entry = new ZipEntry(file);
    zip.add(entry);
    const hash = createHash('sha256');
    const read = { size: 0, crc: 0 };
    const deflater = createDeflateRaw({ level });
    const reading = pipeline(
      readAgain(file),
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          hash.update(chunk);
          read.crc = crc32(chunk, read.crc);
          read.size += chunk.length;
          yield chunk;
        }
      },
      deflater,
      { signal },
    );
    // Awaited below; a failure ends the loop before that.
    reading.catch(() => undefined);
    for await (const chunk of deflater as AsyncIterable<Buffer>) {
      entry.add(chunk);
      if (pieces.length >= pieceBytes) yield pieces.take();
    }
    await reading;
    if (hash.digest('hex') !== file.sha256) throw changed(file.path);
    entry.end(new Uint8Array(), read);
  }
}
