import { createReadStream, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { crc32, createDeflateRaw, deflateRawSync } from 'node:zlib';
import { VendhostError } from '../errors.ts';
import { shownValue } from './findings.ts';
import { type HashedFile, streamedFrom, unhurried } from './hash.ts';
import { ZipFile } from './zip-file.ts';
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

const level = 6;

/**
 * Writes the files as a zip. The same files give the same bytes: order, times and modes are fixed (0644, 0755 for executables).
 * Returns the size in bytes. Throws `REVISION_TOO_LARGE`, and `REVISION_CHANGED` when a file is no longer what was hashed.
 */
export async function writeZip(files: readonly HashedFile[], target: string, signal: AbortSignal): Promise<number> {
  const total = files.reduce((sum, { size, path }) => sum + size + 2 * localHeaderSize(path) + 64, 0);
  if (files.length > maxEntries || total > maxBytes) throw tooLarge(files.length, total);
  const handle = await open(target, 'w');
  try {
    const zip = new ZipFile(handle);
    const entries: ZipEntry[] = [];
    for await (const file of unhurried(files, signal)) {
      entries.push(await (file.size > streamedFrom ? writeLarge(zip, file, signal) : writeSmall(zip, file)));
    }
    const offset = zip.offset;
    const directory = Buffer.concat(entries.map(centralHeader));
    await zip.append(directory, endRecord(entries.length, directory.length, offset));
    await zip.flush();
    return zip.offset;
  } finally {
    await handle.close();
  }
}

async function writeSmall(zip: ZipFile, file: HashedFile): Promise<ZipEntry> {
  const bytes = readFileSync(file.from);
  if (bytes.length !== file.size || crc32(bytes) !== file.crc) throw changed(file);
  const smaller = deflateRawSync(bytes, { level });
  const [method, data] = smaller.length < bytes.length ? [deflated, smaller] : [stored, bytes];
  const entry = { ...file, method, compressedSize: data.length, offset: zip.offset };
  await zip.append(localHeader(entry), data);
  return entry;
}

/** How small a large file becomes is known only at its end: its header is written anew then. */
async function writeLarge(zip: ZipFile, file: HashedFile, signal: AbortSignal): Promise<ZipEntry> {
  const offset = zip.offset;
  const unknown = { ...file, method: deflated, compressedSize: 0, offset };
  await zip.append(localHeader(unknown));
  const begin = zip.offset;
  let crc = 0;
  const source = createReadStream(file.from, { highWaterMark: 1024 * 1024, signal });
  source.on('data', (chunk) => {
    crc = crc32(chunk, crc);
  });
  const compressed = createDeflateRaw({ level });
  source.on('error', (error) => compressed.destroy(error));
  for await (const chunk of source.pipe(compressed) as AsyncIterable<Buffer>) await zip.append(chunk);
  if (crc !== file.crc) throw changed(file);
  const entry = { ...unknown, compressedSize: zip.offset - begin };
  await zip.replace(offset, localHeader(entry));
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
