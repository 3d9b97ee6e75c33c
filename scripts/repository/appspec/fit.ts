import { posix } from 'node:path';
import { shownValue } from '../../config/issues.ts';
import type { CheckFinding } from '../findings.ts';
import { checkHookScript } from '../hook-scripts.ts';
import { shellSign } from './command-line.ts';
import type { FileCopy } from './files-section.ts';
import type { Hook } from './hooks-section.ts';
import { type InstallPlan, planInstall, type Refusal, tidy } from './install-plan.ts';
import type { AppSpec } from './parse.ts';
import type { Permission } from './permissions-section.ts';
import { pathIn, type Tree } from './tree.ts';
import { lookAlike } from './yaml/bytes.ts';
import type { Part } from './yaml/nodes.ts';

/** What is known about paths that the revision does not have. */
export interface Absence {
  /** Whether it is in the folder, but left out of the revision. */
  readonly exists: (path: string) => Promise<boolean>;
  /** Whether a build may still make it. */
  readonly isBuilt: (path: string) => Promise<boolean>;
}

/** Compares an AppSpec with the revision's files: what is missing, what would never apply, and what Install would refuse. */
export async function checkFit(spec: AppSpec, tree: Tree, absence: Absence): Promise<CheckFinding[]> {
  const missing: FileCopy[] = [];
  for (const copy of spec.files) {
    if (pathIn(tree, copy.source) === undefined) {
      missing.push(copy);
      await addMissing(spec, tree, absence, copy.part, 'source', copy.source);
    } else warnOfFolder(spec, tree, copy);
  }
  const plan = planInstall(spec.files, spec.permissions, tree);
  for (const refusal of plan.refusals) addRefusal(spec, refusal);
  const used = new Set([...plan.permissions.values(), ...plan.refusals.map(({ entry }) => entry)]);
  for (const [index, permission] of spec.permissions.entries()) {
    if (!used.has(index)) warnOfNothing(spec, plan, permission, missing);
  }
  const scripts = new Set<string>();
  for (const hook of spec.hooks) {
    const path = await scriptOf(spec, tree, absence, hook);
    if (path !== undefined) scripts.add(path);
  }
  const checked = [...scripts].sort().map((path) => {
    return checkHookScript(tree.files.get(path)?.from ?? '', posix.join(tree.label, path));
  });
  return (await Promise.all(checked)).flat();
}

function warnOfFolder({ reader }: AppSpec, tree: Tree, { source, destination, part }: FileCopy): void {
  const from = pathIn(tree, source) ?? '';
  const name = posix.basename(from);
  if (!tree.files.has(from) || posix.basename(destination) !== name) return;
  const at = { ...part, path: `${part.path}.destination` };
  reader.warning(at, `${shownValue(destination)} becomes a folder: the file would be ${destination}/${name}`);
}

const ofFiles: ReadonlySet<Refusal['kind']> = new Set(['two copies', 'file and folder', 'space at the end']);

function addRefusal({ reader, files, permissions }: AppSpec, refusal: Refusal): void {
  const list: readonly { part: Part }[] = ofFiles.has(refusal.kind) ? files : permissions;
  const part = list[refusal.entry]?.part;
  const other = 'other' in refusal ? list[refusal.other]?.part.path : undefined;
  if (part === undefined) return;
  const at = refusal.kind === 'default acl of a file' ? { ...part, path: `${part.path}.acls` } : part;
  reader.fault(at, `${shownValue(refusal.path)} ${whyRefused(refusal, other)}`);
}

function whyRefused({ kind, path }: Refusal, other: string | undefined): string {
  const fails = 'Install would fail';
  switch (kind) {
    case 'two copies':
      return `is copied by this entry and by ${other}: ${fails}`;
    case 'file and folder':
      return `is a file in one and a folder in the other of this entry and ${other}: ${fails}`;
    case 'set twice':
      return `is set by this entry and by ${other}: ${fails}; leave it out of one, by except, pattern or type`;
    case 'pattern of a file':
      return `is a copied file, and pattern and except are for folders: ${fails}`;
    case 'default acl of a file':
      return `is a file, and a default entry is for folders: ${fails}; write type: [directory]`;
    case 'name in a command':
      return `has ${shellSign(path)}, and acls and context are set by a command line: ${fails}; rename it, or leave it out by except`;
    case 'space at the end':
      return 'ends with a space: the next Install would not remove it, and would fail; rename the file';
  }
}

function warnOfNothing(
  { reader }: AppSpec,
  plan: InstallPlan,
  permission: Permission,
  missing: readonly FileCopy[],
): void {
  const object = tidy(permission.object);
  // What is not there yet may be what the entry is about.
  if (missing.some(({ destination }) => isWithin(tidy(destination), object) || isWithin(object, tidy(destination))))
    return;
  const at = { ...permission.part, path: `${permission.part.path}.object` };
  const isKnown = plan.copies.has(object) || plan.folders.has(object);
  const within = [...plan.copies.keys()].some((path) => isWithin(path, object));
  if (isKnown || within)
    reader.warning(
      at,
      `nothing in ${shownValue(object)} fits pattern, except and type: nothing is set, and the folder itself never is`,
    );
  else reader.warning(at, `${shownValue(object)} is not a destination of this revision's files: nothing is set`);
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`);
}

async function scriptOf(spec: AppSpec, tree: Tree, absence: Absence, hook: Hook): Promise<string | undefined> {
  const path = pathIn(tree, hook.location);
  if (path !== undefined && tree.files.has(path)) return path;
  // Its signs are a fault already.
  if (shellSign(hook.location) !== undefined) return undefined;
  await addMissing(spec, tree, absence, hook.part, 'location', hook.location);
  return undefined;
}

async function addMissing(
  { reader }: AppSpec,
  tree: Tree,
  { exists, isBuilt }: Absence,
  part: Part,
  key: 'source' | 'location',
  written: string,
): Promise<void> {
  const at = { ...part, path: `${part.path}.${key}` };
  const shown = shownValue(written);
  const path = posix.join('.', written.replace(/^\/+/, ''));
  const where = tree.label === '.' ? 'the repository' : tree.label;
  if (!written.includes('\\') && !path.startsWith('..') && !tree.children.has(folderOf(path))) {
    const isLeftOut = await exists(path);
    if (!isLeftOut && (await isBuilt(path))) {
      const later = 'git ignores it: a build must make it before the revision is packed';
      reader.warning(at, `${shown} is not in ${where}, and ${later}`);
      return;
    }
    if (isLeftOut) {
      const why = 'vendhost.yml leaves it out (revision.include, revision.ignore) or it is an empty folder';
      reader.fault(at, `${shown} is in ${tree.label}, but ${why}`);
      return;
    }
  }
  reader.fault(at, `${shown} ${whyMissing(tree, path, where)}${hintOfPath(tree, written, key)}`);
}

function hintOfPath(tree: Tree, written: string, key: 'source' | 'location'): string {
  const odd = lookAlike(written);
  if (odd !== undefined) return `: it has the character ${odd}`;
  const inside = written.startsWith(`${tree.label}/`) ? written.slice(tree.label.length + 1) : undefined;
  if (inside !== undefined && pathIn(tree, inside) !== undefined) return `: write ${inside}`;
  const isOutside = key === 'location' && written.startsWith('/') && !written.includes('\\');
  return isOutside ? ': a location is a path in the revision, not on the instance' : '';
}

function whyMissing(tree: Tree, path: string, where: string): string {
  if (path === '..' || path.startsWith('../')) return 'leaves the revision';
  if (path.includes('\\')) return `is not in ${where}: folders are separated by /`;
  if (tree.children.has(folderOf(path))) return 'is a folder: must be a script';
  const other = [...tree.files.keys()].find((name) => name.toLowerCase() === path.toLowerCase());
  if (other === path) return `is a file: must be written without what is before or behind its name`;
  if (other !== undefined) return `is not in the revision: the file is called ${shownValue(other)}`;
  return `is not in ${where}`;
}

function folderOf(path: string): string {
  return path === '.' || path === './' ? '' : path.replace(/\/$/, '');
}
