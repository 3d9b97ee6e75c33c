import { type Dirent, readdirSync, realpathSync, type Stats, statSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import ignore, { type Ignore } from 'ignore';
import { shownValue } from '../config/issues.ts';
import type { CheckFinding } from './findings.ts';

/** One file of a revision. */
export interface RevisionFile {
  /** Path in the revision, with `/`. */
  readonly path: string;
  /** Where its bytes are read; for a symbolic link the file it points to. */
  readonly from: string;
  /** Its owner may execute it: the one bit of a mode that git keeps (https://git-scm.com/docs/gitdatamodel). */
  readonly executable: boolean;
  /** In bytes. */
  readonly size: number;
  /** The path is a symbolic link. */
  readonly isLink?: true;
}

export interface Collected {
  /** Sorted by path, so that the same tree always gives the same list. */
  readonly files: readonly RevisionFile[];
  readonly findings: readonly CheckFinding[];
  /** Folders with nothing in them that are not ignored. */
  readonly emptyFolders: readonly string[];
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
    included: matcher(choice.include),
    ignored: matcher(['.git', ...choice.ignore]),
    files: [],
    findings: [],
    emptyFolders: [],
  };
  await readFolder(walk, { path: '', from: top, above: [top] });
  const byPath = (left: { path: string }, right: { path: string }) => (left.path < right.path ? -1 : 1);
  return {
    files: walk.files.toSorted(byPath),
    findings: walk.findings.toSorted((left, right) => (left.file < right.file ? -1 : 1)),
    emptyFolders: walk.emptyFolders.toSorted(),
  };
}

/**
 * What is wrong with a folder of a repository as the root of a collection: it must be in the repository, also after following symbolic
 * links, and not in `.git`. On a runner that keeps its build folders a link could name another project's files.
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

/** Case matters, as in git on file systems that distinguish it. */
function matcher(patterns: readonly string[]): Ignore {
  return ignore({ ignoreCase: false }).add(patterns.map(asBytes));
}

function isMatch(chosen: Ignore, path: string): boolean {
  return chosen.ignores(asBytes(path));
}

/** To git a `?` is one byte of a name, not one letter. */
function asBytes(text: string): string {
  return Buffer.from(text).toString('latin1');
}

interface Walk {
  readonly top: string;
  readonly label: string;
  readonly included: Ignore;
  readonly ignored: Ignore;
  readonly files: RevisionFile[];
  readonly findings: CheckFinding[];
  readonly emptyFolders: string[];
}

interface Folder {
  readonly path: string;
  readonly from: string;
  /** Real paths of this folder and those above it: a link to one of them would never end. */
  readonly above: readonly string[];
}

/** Thousands of files are listed several times as fast without a promise for each; the event loop runs between folders. */
async function readFolder(walk: Walk, folder: Folder): Promise<void> {
  await yieldToEventLoop();
  const entries = readdirSync(folder.from, { withFileTypes: true });
  if (entries.length === 0 && folder.path !== '') walk.emptyFolders.push(folder.path);
  for (const entry of entries) {
    const inner = readEntry(walk, folder, entry);
    if (inner !== undefined) await readFolder(walk, inner);
  }
}

/** Adds a file or a fault; returns a folder that is still to be read. */
function readEntry(walk: Walk, folder: Folder, entry: Dirent): Folder | undefined {
  const path = folder.path === '' ? entry.name : `${folder.path}/${entry.name}`;
  const from = join(folder.from, entry.name);
  const isFolder = entry.isDirectory();
  // As git judges it, a folder is nothing but `dist/`: a pattern that would match a file `dist` may be undone by `!dist/`.
  if (isMatch(walk.ignored, isFolder ? `${path}/` : path)) return undefined;
  if (entry.name.includes('\uFFFD')) return fault(walk, path, 'the name is not UTF-8');
  if (isFolder) return { path, from, above: [...folder.above, from] };
  if (entry.isFile()) return addFile(walk, path, from, statSync(from));
  if (!entry.isSymbolicLink()) return fault(walk, path, 'is neither a file, a folder nor a symbolic link');
  return followLink(walk, folder, { path, from });
}

function followLink(walk: Walk, { above }: Folder, { path, from }: Pick<Folder, 'path' | 'from'>): Folder | undefined {
  const target = realpathOf(from);
  if (target === undefined) return fault(walk, path, 'is a symbolic link that leads nowhere');
  if (target !== walk.top && !target.startsWith(`${walk.top}/`)) {
    return fault(walk, path, `is a symbolic link out of ${walk.label}, to ${shownValue(relative(walk.top, target))}`);
  }
  const found = statSync(target);
  if (!found.isDirectory()) return addFile(walk, path, target, found, { isLink: true });
  if (isMatch(walk.ignored, `${path}/`)) return undefined;
  if (above.includes(target)) return fault(walk, path, 'is a symbolic link to a folder above it');
  return { path, from: target, above: [...above, target] };
}

function realpathOf(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

function fault({ findings, label }: Walk, path: string, message: string): undefined {
  findings.push({ severity: 'fault', file: `${label}/${path}`, path: '', message });
}

function addFile({ files, included }: Walk, path: string, from: string, { mode, size }: Stats, link = {}): undefined {
  if (isMatch(included, path)) files.push({ path, from, executable: (mode & 0o100) !== 0, size, ...link });
}
