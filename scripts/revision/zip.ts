import { createReadStream } from 'node:fs';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { crc32, createDeflateRaw, deflateRaw } from 'node:zlib';
import { VendhostError } from '../errors.ts';
import { shownValue } from './findings.ts';
import { type HashedFile, streamedFrom } from './hash.ts';
import { inOrder } from './parallel.ts';
import {
  centralHeader,
  deflated,
  endRecord,
  localHeader,
  localHeaderSize,
  maxBytes,
  maxEntries,
  stored,
  type ZipEntry,
} from './zip-format.ts';

const deflate = promisify(deflateRaw);
/** zlib works in threads of its own: a few files at once keep all cores busy. */
const width = 8;
const level = 6;

/**
 * Writes the files as a zip. The same files give the same bytes: order, times and modes are fixed (0644, 0755 for executables).
 * Returns the size in bytes. Throws `REVISION_TOO_LARGE`, and `REVISION_CHANGED` when a file is no longer what was hashed.
 */
export async function writeZip(files: readonly HashedFile[], target: string, signal: AbortSignal): Promise<number> {
  const total = files.reduce((sum, { size, path }) => sum + size + 2 * localHeaderSize(path) + 64, 0);
  if (files.length > maxEntries || total > maxBytes) throw tooLarge(files.length, total);
  const zip = await open(target, 'w');
  try {
    const entries: ZipEntry[] = [];
    let offset = 0;
    for await (const packed of inOrder(files, width, pack)) {
      signal.throwIfAborted();
      const entry = packed.bytes
        ? await writeWhole(zip, offset, packed.file, packed.bytes)
        : await writeStreamed(zip, offset, packed.file, signal);
      entries.push(entry);
      offset += localHeaderSize(entry.path) + entry.compressedSize;
    }
    const directory = Buffer.concat(entries.map(centralHeader));
    const end = Buffer.concat([directory, endRecord(entries.length, directory.length, offset)]);
    await zip.write(end, 0, end.length, offset);
    return offset + end.length;
  } finally {
    await zip.close();
  }
}

interface Packed {
  file: HashedFile;
  /** Absent for files that are streamed. */
  bytes?: { method: number; data: Buffer };
}

async function pack(file: HashedFile): Promise<Packed> {
  if (file.size > streamedFrom) return { file };
  const data = await readFile(file.from);
  if (data.length !== file.size || crc32(data) !== file.crc) throw changed(file);
  const smaller = await deflate(data, { level });
  const bytes = smaller.length < data.length ? { method: deflated, data: smaller } : { method: stored, data };
  return { file, bytes };
}

async function writeWhole(
  zip: FileHandle,
  offset: number,
  file: HashedFile,
  { method, data }: { method: number; data: Buffer },
): Promise<ZipEntry> {
  const entry = { ...file, method, compressedSize: data.length, offset };
  const bytes = Buffer.concat([localHeader(entry), data]);
  await zip.write(bytes, 0, bytes.length, offset);
  return entry;
}

/** A large file's compressed size is known only at its end: its header is written last. */
async function writeStreamed(
  zip: FileHandle,
  offset: number,
  file: HashedFile,
  signal: AbortSignal,
): Promise<ZipEntry> {
  const begin = offset + localHeaderSize(file.path);
  let at = begin;
  let crc = 0;
  const source = createReadStream(file.from, { highWaterMark: 1024 * 1024, signal });
  source.on('data', (chunk) => {
    crc = crc32(chunk, crc);
  });
  const compressed = createDeflateRaw({ level });
  source.on('error', (error) => compressed.destroy(error));
  for await (const chunk of source.pipe(compressed) as AsyncIterable<Buffer>) {
    await zip.write(chunk, 0, chunk.length, at);
    at += chunk.length;
  }
  if (crc !== file.crc) throw changed(file);
  const entry = { ...file, method: deflated, compressedSize: at - begin, offset };
  const header = localHeader(entry);
  await zip.write(header, 0, header.length, offset);
  return entry;
}

function changed({ path }: HashedFile): VendhostError {
  return new VendhostError('REVISION_CHANGED', `${shownValue(path)} changed while the revision was packed`, {
    hint: 'let builds end before `vendhost revision push`, then run it again',
  });
}

function tooLarge(count: number, bytes: number): VendhostError {
  return new VendhostError('REVISION_TOO_LARGE', `the revision has ${count} files of ${bytes} bytes`, {
    hint: `a zip holds ${maxEntries} files and 4 GiB: leave out what the instances do not need (revision.ignore in vendhost.yml)`,
  });
}
