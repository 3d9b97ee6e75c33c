import { lstat, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf, systemReason, VendhostError } from './errors.ts';

/** Temporary files of a run: what Packer uploads, what the CDK synthesizes, or the checkout of a push. */
type TemporaryKind = 'bake' | 'assembly' | 'push';

/** No run takes a day. */
const longestRunMs = 24 * 60 * 60_000;

/** Makes a folder for one run below `TMPDIR`. The caller removes it. Throws `TEMPORARY_FOLDER`. */
export async function makeTemporary(kind: TemporaryKind): Promise<string> {
  const parent = tmpdir();
  try {
    return await mkdtemp(join(parent, `vendhost-${kind}-`));
  } catch (cause) {
    const why = cause instanceof Error ? systemReason(cause) : messageOf(cause);
    throw new VendhostError('TEMPORARY_FOLDER', `cannot make a temporary folder in ${parent}: ${why}`, {
      hint: 'set TMPDIR to a folder with room that the job may write into',
      cause,
    });
  }
}

/**
 * Removes the folders that killed runs of the same user left below `TMPDIR`. One that cannot be read or removed is left to the next
 * run, or to its owner.
 */
export async function removeOldTemporary(): Promise<void> {
  const parent = tmpdir();
  const names = await readdir(parent).catch((): string[] => []);
  for (const name of names.filter((each) => /^vendhost-(bake|assembly|push)-\w{6}$/.test(each))) {
    const path = join(parent, name);
    const found = await lstat(path).catch(() => undefined);
    const isOwn = found?.isDirectory() === true && found.uid === process.getuid?.();
    if (isOwn && Date.now() - found.mtimeMs > longestRunMs) {
      await rm(path, { recursive: true, force: true }).catch(() => undefined);
    }
  }
}
