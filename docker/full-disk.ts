import { imageCache } from './buildah.ts';

/** What to do when a program's message says that a disk is full; otherwise `undefined`. Buildah has other files in TMPDIR, by default /var/tmp. */
export function fullDisk(message: string): string | undefined {
  if (!/no space left on device|\bENOSPC\b/i.test(message)) return undefined;
  return (
    `a disk is full: a first build needs 4 GB at ${imageCache} and 1 GB for temporary files (/tmp and /var/tmp, or TMPDIR); ` +
    'layers of earlier builds are in its folder storage, which may be removed'
  );
}
