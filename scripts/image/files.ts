import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { Fault } from '../config/load.ts';
import { messageOf, VendhostError } from '../errors.ts';

/** One file that goes onto the builder. */
export interface ImageFile {
  /** Path in its folder, with forward slashes. */
  readonly path: string;
  readonly executable: boolean;
  readonly bytes: Buffer;
}

/** The tenant's scripts that a bake runs, in this order; the first may be absent. */
export const entryScripts = { optional: 'preInstall.sh', required: 'install.sh' } as const;

/** Reads the tenant's `infrastructure/` folder; throws `SCRIPTS_INVALID` with every fault at once. */
export async function readInfrastructure(directory: string): Promise<ImageFile[]> {
  const { files, faults } = await inspectInfrastructure(directory);
  if (faults.length === 0) return files;
  throw new VendhostError(
    'SCRIPTS_INVALID',
    `${faults.length} ${faults.length === 1 ? 'fault' : 'faults'} in infrastructure/`,
    {
      details: faults.map(({ file, message }) => `${file}: ${message}`),
      hint: 'correct the lines above, commit and push again',
    },
  );
}

/** Like `readInfrastructure`, but returns the faults, for a check of the whole repository. */
export async function inspectInfrastructure(directory: string): Promise<{ files: ImageFile[]; faults: Fault[] }> {
  const root = join(directory, 'infrastructure');
  const { files, faults } = await readTree(root);
  const fault = (path: string, message: string) => faults.push({ file: `infrastructure/${path}`, path: '', message });
  for (const file of files) {
    for (const message of scriptFaults(file)) fault(file.path, message);
  }
  const known = new Set([...files.map(({ path }) => path), ...faults.map(({ file }) => file.slice(15))]);
  if (!known.has(entryScripts.required))
    fault(entryScripts.required, 'missing: the script that installs what the software needs');
  return { files, faults: faults.sort((a, b) => compare(a.file, b.file)) };
}

/** Reads every file of a folder, sorted by path. Links to files inside the folder are read as the file. */
export async function readTree(root: string): Promise<{ files: ImageFile[]; faults: Fault[] }> {
  const files: ImageFile[] = [];
  const faults: Fault[] = [];
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
  const home = entries.length === 0 ? root : await realpath(root);
  for (const entry of entries) {
    if (entry.isDirectory()) continue;
    const full = join(entry.parentPath, entry.name);
    const path = relative(root, full).split(sep).join('/');
    const fault = await linkFault(full, home);
    if (fault === undefined) {
      files.push({ path, executable: ((await stat(full)).mode & 0o100) !== 0, bytes: await readFile(full) });
    } else {
      faults.push({ file: `infrastructure/${path}`, path: '', message: fault });
    }
  }
  return { files: files.sort((a, b) => compare(a.path, b.path)), faults };
}

/** The hash a bake key holds of a file; the executable bit is part of it. */
export function digest({ executable, bytes }: ImageFile): string {
  return `${executable ? 'x' : '-'}:${createHash('sha256').update(bytes).digest('hex')}`;
}

async function linkFault(full: string, home: string): Promise<string | undefined> {
  const entry = await lstat(full);
  if (entry.isFile()) return undefined;
  if (!entry.isSymbolicLink()) return 'neither a file nor a folder';
  try {
    const target = await realpath(full);
    if (target !== home && !target.startsWith(`${home}${sep}`)) return 'a symbolic link that leaves infrastructure/';
    return (await stat(target)).isFile() ? undefined : 'a symbolic link to a folder: only links to files are followed';
  } catch (cause) {
    return `a broken symbolic link: ${messageOf(cause)}`;
  }
}

function scriptFaults({ path, bytes }: ImageFile): string[] {
  const isEntry = path === entryScripts.optional || path === entryScripts.required;
  const start = bytes.subarray(0, 5).toString('latin1');
  if (bytes.length === 0 && isEntry) return ['empty'];
  if (start.startsWith('\u00ef\u00bb\u00bf')) return ['starts with a byte order mark: save it as UTF-8 without'];
  const isScript = start.startsWith('#!') || path.endsWith('.sh');
  if (isScript && bytes.includes('\r\n')) return ['has CRLF line ends: Linux would look for the interpreter "bash\\r"'];
  if (isEntry && !start.startsWith('#!')) return ['does not start with #!: begin with #!/usr/bin/env bash'];
  return [];
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
