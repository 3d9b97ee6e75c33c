import { lstat, mkdir, readdir, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { exitCodes, messageOf, VendhostError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';

/** A first file of a repository. */
export interface StartingFile {
  /** Path in the repository. */
  readonly path: string;
  readonly text: string;
  readonly executable?: boolean;
}

/** How the command is called. */
export interface InitOptions {
  readonly directory: string;
  readonly dryRun: boolean;
  /** Options by the keys of the questions. */
  readonly given: Readonly<Record<string, unknown>>;
}

export interface Start {
  readonly directory: string;
  readonly dryRun: boolean;
  readonly files: readonly StartingFile[];
  /** The next steps, one line each. */
  readonly next: readonly string[];
}

/**
 * Writes the files, or shows them (exit code 2). Throws `FILES_EXIST` when one of them already exists, and writes none;
 * `FILES_UNWRITABLE`, with nothing left of what was written.
 */
export async function startRepository(
  { out }: Pick<Runtime, 'out'>,
  { directory, dryRun, files, next }: Start,
): Promise<number | undefined> {
  const existing = await existingOf(directory, files);
  if (existing.length > 0) throw filesExist(directory, existing);
  if (!dryRun) await writeAll(directory, files);
  const paths = files.map(({ path }) => path);
  out.result(
    dryRun ? { directory, written: false, files, next } : { directory, written: true, files: paths, next },
    (dryRun ? shownFiles(files) : [...paths.map((path) => `written: ${path}`), '', 'next:', ...next]).join('\n'),
  );
  return dryRun ? exitCodes.differs : undefined;
}

function shownFiles(files: readonly StartingFile[]): string[] {
  return files.flatMap(({ path, text, executable }) => [
    `--- ${path}${executable === true ? ' (executable)' : ''}`,
    text,
  ]);
}

/** A dangling symbolic link also exists. */
async function existingOf(directory: string, files: readonly StartingFile[]): Promise<string[]> {
  const found = await Promise.all(files.map(({ path }) => lstat(join(directory, path)).catch(() => undefined)));
  return files.flatMap(({ path }, at) => (found[at] === undefined ? [] : path));
}

async function writeAll(directory: string, files: readonly StartingFile[]): Promise<void> {
  const written: string[] = [];
  const made: string[] = [];
  try {
    for (const { path, text, executable } of files) {
      const file = join(directory, path);
      const folder = await mkdir(dirname(file), { recursive: true });
      if (folder !== undefined) made.push(folder);
      // Fails if somebody wrote it in the meantime.
      await writeFile(file, text, { flag: 'wx', mode: executable === true ? 0o755 : 0o644 });
      written.push(file);
    }
  } catch (cause) {
    await Promise.all(written.map((file) => rm(file, { force: true })));
    await Promise.all(made.map(removeEmpty));
    throw new VendhostError('FILES_UNWRITABLE', `cannot write into ${directory}: ${messageOf(cause)}`, {
      hint: 'name a folder that you may write to with --directory',
      cause,
    });
  }
}

/** Removes a folder, and those in it, unless somebody else put a file there. */
async function removeEmpty(folder: string): Promise<void> {
  const inside = await readdir(folder, { recursive: true }).catch(() => []);
  for (const path of ['', ...inside].toSorted().toReversed()) await rmdir(join(folder, path)).catch(() => undefined);
}

function filesExist(directory: string, existing: readonly string[]): VendhostError {
  const count = existing.length === 1 ? '1 file is' : `${existing.length} files are`;
  return new VendhostError('FILES_EXIST', `nothing was written: ${count} in ${directory} already`, {
    details: existing,
    hint: 'move them away, or name another folder with --directory',
  });
}
