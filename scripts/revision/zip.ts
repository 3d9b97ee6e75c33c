import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { crc32, createDeflateRaw } from 'node:zlib';
import { VendhostError } from '../errors.ts';
import { type Compressed, changed, level } from './compress.ts';
import { compressAll } from './compressors.ts';
import { type HashedFile, streamedFrom } from './hash.ts';
import { ZipFile } from './zip-file.ts';
import {
  centralHeader,
  deflated,
  endRecord,
  localHeader,
  localHeaderSize,
  maxBytes,
  maxEntries,
  type ZipEntry,
} from './zip-format.ts';

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
    const isLarge = ({ size }: HashedFile) => size > streamedFrom;
    const small = compressAll(
      files.filter((file) => !isLarge(file)),
      signal,
    );
    try {
      for (const file of files) {
        if (isLarge(file)) entries.push(await writeLarge(zip, file, signal));
        else entries.push(await writeSmall(zip, file, (await small.next()).value as Compressed));
      }
    } finally {
      await small.return(undefined);
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

async function writeSmall(zip: ZipFile, file: HashedFile, { method, data }: Compressed): Promise<ZipEntry> {
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
  if (crc !== file.crc) throw changed(file.path);
  const entry = { ...unknown, compressedSize: zip.offset - begin };
  await zip.replace(offset, localHeader(entry));
  return entry;
}

function tooLarge(count: number, bytes: number): VendhostError {
  return new VendhostError('REVISION_TOO_LARGE', `the revision has ${count} files of ${bytes} bytes`, {
    hint: `a zip holds ${maxEntries} files and 4 GiB: leave out what the instances do not need (revision.ignore in vendhost.yml)`,
  });
}
