import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { shownValue } from '../config/issues.ts';
import type { Finding } from './findings.ts';

/** One file of a revision. */
export interface RevisionFile {
  /** Path in the revision, with `/`. */
  readonly path: string;
  /** Where its bytes are read; for a symbolic link the file it leads to. */
  readonly from: string;
  readonly executable: boolean;
  /** In bytes. */
  readonly size: number;
}

export interface Collected {
  /** Sorted by path, so that the same tree always gives the same list. */
  readonly files: readonly RevisionFile[];
  readonly findings: readonly Finding[];
}

export interface FileSelection {
  /** Patterns in the grammar of .gitignore: what may be in. */
  readonly include: readonly string[];
  /** Patterns in the same grammar: what stays out, together with `.git`. */
  readonly ignore: readonly string[];
}

const everything: FileSelection = { include: ['**'], ignore: [] };

/**
 * Lists the files below a folder. Symbolic links are followed, so that a revision holds files only; one that leads out of the
 * folder, nowhere, or back to a folder above it is a fault. Folders without files are left out.
 *
 * @param root the folder; must exist
 * @param label the folder's name in findings
 */
export async function collectFiles(
  root: string,
  label: string,
  choice: FileSelection = everything,
): Promise<Collected> {
  const top = await realpath(root);
  const walk: Walk = {
    top,
    label,
    included: ignore().add([...choice.include]),
    ignored: ignore().add(['.git', ...choice.ignore]),
    files: [],
    findings: [],
  };
  await readFolder(walk, { path: '', from: top, above: [top] });
  const byPath = (left: { path: string }, right: { path: string }) => (left.path < right.path ? -1 : 1);
  return {
    files: walk.files.toSorted(byPath),
    findings: walk.findings.toSorted((left, right) => (left.file < right.file ? -1 : 1)),
  };
}

/**
 * What is wrong with a folder of a repository as the root of a collection: it must lie in the repository, also where symbolic
 * links lead, and not in `.git`. On a runner that keeps its build folders a link could name another project's files.
 *
 * @param root must exist
 */
export async function rootFault(directory: string, root: string): Promise<string | undefined> {
  const [top, target] = await Promise.all([realpath(directory), realpath(root)]);
  const path = relative(top, target);
  if (path === '..' || path.startsWith('../')) {
    return `is a symbolic link out of the repository, to ${shownValue(path)}: must be a folder in it`;
  }
  return path.split('/').includes('.git') ? 'leads into .git: must be a folder of the repository' : undefined;
}

interface Walk {
  readonly top: string;
  readonly label: string;
  readonly included: Ignore;
  readonly ignored: Ignore;
  readonly files: RevisionFile[];
  readonly findings: Finding[];
}

interface Folder {
  readonly path: string;
  readonly from: string;
  /** Real paths of this folder and those above it: a link to one of them would never end. */
  readonly above: readonly string[];
}

async function readFolder(walk: Walk, folder: Folder): Promise<void> {
  const entries = await readdir(folder.from, { withFileTypes: true });
  await Promise.all(entries.map((entry) => readEntry(walk, folder, entry)));
}

async function readEntry(walk: Walk, folder: Folder, entry: Dirent): Promise<void> {
  const path = folder.path === '' ? entry.name : `${folder.path}/${entry.name}`;
  const from = join(folder.from, entry.name);
  const fault = (message: string) => {
    walk.findings.push({ severity: 'fault', file: `${walk.label}/${path}`, path: '', message });
  };
  if (walk.ignored.ignores(path) || (entry.isDirectory() && walk.ignored.ignores(`${path}/`))) return;
  if (entry.name.includes('\uFFFD')) return fault('the name is not UTF-8');
  if (entry.isDirectory()) {
    return await readFolder(walk, { path, from, above: [...folder.above, from] });
  }
  if (entry.isFile()) return await addFile(walk, path, from);
  if (!entry.isSymbolicLink()) return fault('is neither a file, a folder nor a symbolic link');
  const target = await realpath(from).catch(() => undefined);
  if (target === undefined) return fault('is a symbolic link that leads nowhere');
  if (target !== walk.top && !target.startsWith(`${walk.top}/`)) {
    return fault(`is a symbolic link out of ${walk.label}, to ${shownValue(relative(walk.top, target))}`);
  }
  const isFolder = (await stat(target)).isDirectory();
  if (!isFolder) return await addFile(walk, path, target);
  if (walk.ignored.ignores(`${path}/`)) return;
  if (folder.above.includes(target)) return fault('is a symbolic link to a folder above it');
  await readFolder(walk, { path, from: target, above: [...folder.above, target] });
}

async function addFile(walk: Walk, path: string, from: string): Promise<void> {
  if (!walk.included.ignores(path)) return;
  const { mode, size } = await stat(from);
  walk.files.push({ path, from, executable: (mode & 0o111) !== 0, size });
}
