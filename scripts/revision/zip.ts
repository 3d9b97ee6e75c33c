import { VendhostError } from '../errors.ts';
import type { RevisionFile } from '../repository/collect.ts';
import type { Packing } from './packing.ts';

/** CodePipeline copies the revision, and S3 copies 5 GiB at once (https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html). */
const maxBytes = 5 * 1024 ** 3;

/** A zip counts files in 16 bits and bytes in 32 (https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3.16). */
const maxFiles = 2 ** 16 - 2;
const maxZipBytes = 2 ** 32 - 1;
/** A file's headers; deflate may add a little to incompressible data. */
const overhead = 256;

/**
 * The bytes of a zip of the files. The same files give the same bytes: order, times and modes are fixed (0644, 0755 for
 * executables). A chunk is valid until the next one is asked for. Throws `REVISION_CHANGED` when a file is no longer what was hashed.
 */
export async function* zipOf(packing: Packing): AsyncGenerator<Uint8Array> {
  // Loaded here: an unchanged tree is never packed.
  if (needsZip64(packing.files)) yield* (await import('./zip64.ts')).zip64(packing);
  else yield* (await import('./threaded-zip.ts')).threadedZip(packing);
}

/** Throws `REVISION_TOO_LARGE` for files that exceed a revision's limit. */
export function checkFits(files: readonly RevisionFile[]): void {
  const total = files.reduce((sum, { size }) => sum + size, 0);
  if (total <= maxBytes) return;
  throw new VendhostError('REVISION_TOO_LARGE', `the revision has ${files.length} files of ${total} bytes`, {
    hint: 'S3 takes 5 GiB at most: leave out what the instances do not need (revision.ignore in vendhost.yml)',
  });
}

/** Whether the files need the extended format, which fflate does not write and yazl does. */
export function needsZip64(files: readonly RevisionFile[]): boolean {
  const most = files.reduce((sum, { size, path }) => sum + size * 1.001 + 2 * path.length + overhead, 0);
  return files.length >= maxFiles || most > maxZipBytes;
}
