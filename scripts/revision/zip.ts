import { VendhostError } from '../errors.ts';
import type { RevisionFile } from '../repository/collect.ts';
import type { Packing } from './packing.ts';
import { threadedZip } from './threaded-zip.ts';
import { needsZip64, zip64 } from './zip64.ts';

/** CodePipeline copies the revision, and S3 copies 5 GiB at once (https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html). */
const maxBytes = 5 * 1024 ** 3;

/**
 * The bytes of a zip of the files. The same files give the same bytes: order, times and modes are fixed (0644, 0755 for
 * executables). Throws `REVISION_CHANGED` when a file is no longer what was hashed.
 */
export function zipOf(packing: Packing): AsyncGenerator<Uint8Array> {
  return needsZip64(packing.files) ? zip64(packing) : threadedZip(packing);
}

/** Throws `REVISION_TOO_LARGE` for files that do not fit into a revision. */
export function checkFits(files: readonly RevisionFile[]): void {
  const total = files.reduce((sum, { size }) => sum + size, 0);
  if (total <= maxBytes) return;
  throw new VendhostError('REVISION_TOO_LARGE', `the revision has ${files.length} files of ${total} bytes`, {
    hint: 'S3 takes 5 GiB at most: leave out what the instances do not need (revision.ignore in vendhost.yml)',
  });
}
