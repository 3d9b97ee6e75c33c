import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { firstLines } from '../config/load.ts';
import { VendhostError } from '../errors.ts';
import { collectFiles } from '../repository/collect.ts';
import { counted, onlyOf, shownFinding } from '../repository/findings.ts';
import { checkInfrastructure } from '../repository/infrastructure.ts';

/** One file to upload to the builder. */
export interface ImageFile {
  /** Path in its folder, with forward slashes. */
  readonly path: string;
  readonly executable: boolean;
  readonly bytes: Buffer;
}

/** Reads the tenant's `infrastructure/` folder, if there is one; throws `SCRIPTS_INVALID` with every fault at once. */
export async function readInfrastructure(directory: string): Promise<ImageFile[]> {
  const { files, findings } = await checkInfrastructure(directory);
  const faults = onlyOf(findings, 'fault');
  if (faults.length === 0) return files === 0 ? [] : await readTree(join(directory, 'infrastructure'));
  throw new VendhostError('SCRIPTS_INVALID', `${counted(faults.length, 'fault')} in infrastructure/`, {
    details: firstLines(faults.map(shownFinding)),
    hint: 'fix the lines above and push',
  });
}

/** Reads every file of a folder, sorted by path; links are read as the files they lead to. */
export async function readTree(root: string): Promise<ImageFile[]> {
  const { files } = await collectFiles(root, root);
  return await Promise.all(
    files.map(async ({ path, from, executable }) => ({ path, executable, bytes: await readFile(from) })),
  );
}

/** The hash a bake key holds of a file; the executable bit is part of it. */
export function fileDigest({ executable, bytes }: ImageFile): string {
  return `${executable ? 'x' : '-'}:${createHash('sha256').update(bytes).digest('hex')}`;
}
