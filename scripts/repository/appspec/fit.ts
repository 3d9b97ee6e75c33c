import { posix } from 'node:path';
import { shownValue } from '../../config/issues.ts';
import type { Finding } from '../findings.ts';
import { checkScriptFile } from '../shell-scripts.ts';
import type { FileCopy } from './files-section.ts';
import type { Hook } from './hooks-section.ts';
import type { Part } from './nodes.ts';
import type { AppSpec } from './parse.ts';
import type { Permission } from './permissions-section.ts';

/** The files a revision would hold. */
export interface Tree {
  readonly files: ReadonlyMap<string, { readonly from: string }>;
  readonly folders: ReadonlySet<string>;
  /** The folder's name in findings. */
  readonly label: string;
  /** True for paths in the folder, packed or not. */
  readonly exists: (path: string) => Promise<boolean>;
}

export function treeOf(files: readonly { path: string; from: string }[], label: string, exists: Tree['exists']): Tree {
  const folders = new Set(['']);
  for (const { path } of files) {
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) folders.add(path.slice(0, at));
  }
  return { files: new Map(files.map((file) => [file.path, file])), folders, label, exists };
}

/** Compares an AppSpec with the revision's files: what is missing, and what would never apply. */
export async function checkFit(spec: AppSpec, tree: Tree): Promise<Finding[]> {
  for (const copy of spec.files) await checkCopy(spec, tree, copy);
  for (const permission of spec.permissions) checkPermission(spec, tree, permission);
  const scripts = new Set<string>();
  for (const hook of spec.hooks) {
    if (await checkHook(spec, tree, hook)) scripts.add(hook.location);
  }
  const checked = [...scripts].sort().map((path) => {
    return checkScriptFile(tree.files.get(path)?.from ?? '', `${tree.label}/${path}`);
  });
  return (await Promise.all(checked)).flat();
}

async function checkCopy({ reader }: AppSpec, tree: Tree, copy: FileCopy): Promise<void> {
  const source = posix.normalize(copy.source === '' ? '.' : copy.source);
  const at = { ...copy.part, path: `${copy.part.path}.source` };
  if (!tree.files.has(source) && !tree.folders.has(source) && source !== '.') {
    reader.fault(at, `${shownValue(copy.source)} ${await whyMissing(tree, source)}`);
  }
  const name = posix.basename(source);
  if (tree.files.has(source) && posix.basename(copy.destination) === name) {
    const path = `${copy.part.path}.destination`;
    reader.warning(
      { ...copy.part, path },
      `${shownValue(copy.destination)} becomes a folder: the file would be ${copy.destination}/${name}`,
    );
  }
}

function checkPermission({ reader, files }: AppSpec, tree: Tree, permission: Permission): void {
  const object = permission.object.replace(/(?<=.)\/+$/, '');
  const copies = files.map((copy) => landing(copy, tree));
  const isFile = copies.some(({ path, isFile: file }) => file && path === object);
  const narrowed = permission.pattern !== '**' || permission.hasExcept;
  if (isFile && narrowed && permission.types.includes('file')) {
    reader.fault(
      permission.part,
      `pattern and except are for folders, and ${shownValue(object)} is a copied file: Install would fail`,
    );
  }
  const meets = copies.some(({ path }) => isWithin(path, object) || isWithin(object, path));
  if (!meets) {
    const at = { ...permission.part, path: `${permission.part.path}.object` };
    reader.warning(at, `${shownValue(object)} is not a destination of this revision's files: nothing is set`);
  }
}

/** Where a copy's files end up: a file inside its destination, a folder's contents as its destination. */
function landing(copy: FileCopy, tree: Tree): { path: string; isFile: boolean } {
  const source = posix.normalize(copy.source === '' ? '.' : copy.source);
  const destination = copy.destination.replace(/(?<=.)\/+$/, '');
  const isFile = tree.files.has(source);
  return { path: isFile ? posix.join(destination, posix.basename(source)) : destination, isFile };
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`);
}

async function checkHook({ reader }: AppSpec, tree: Tree, hook: Hook): Promise<boolean> {
  if (tree.files.has(hook.location)) return true;
  const at: Part = { ...hook.part, path: `${hook.part.path}.location` };
  reader.fault(at, `${shownValue(hook.location)} ${await whyMissing(tree, posix.normalize(hook.location))}`);
  return false;
}

async function whyMissing(tree: Tree, path: string): Promise<string> {
  if (path === '..' || path.startsWith('../')) return 'leaves the revision';
  if (tree.folders.has(path)) return 'is a folder: must be a script';
  const other = [...tree.files.keys()].find((name) => name.toLowerCase() === path.toLowerCase());
  if (other !== undefined) return `is not in the revision: the file is called ${shownValue(other)}`;
  if (!(await tree.exists(path))) return `is not in ${tree.label}`;
  return `is in ${tree.label}, but vendhost.yml leaves it out (revision.include, revision.ignore) or it is an empty folder`;
}
