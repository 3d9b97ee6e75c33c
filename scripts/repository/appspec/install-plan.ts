import { posix } from 'node:path';
import { shellSign } from './command-line.ts';
import type { FileCopy } from './files-section.ts';
import type { Permission } from './permissions-section.ts';
import { pathIn, type Tree } from './tree.ts';

/** What Install would do on an instance without any of the files, and why it would refuse. */
export interface InstallPlan {
  /** Destination → path in the revision. */
  readonly copies: ReadonlyMap<string, string>;
  /** Folders it makes, without those above a destination, which may exist. */
  readonly folders: ReadonlySet<string>;
  /** Path → the entry of `permissions` that sets it, by number. */
  readonly permissions: ReadonlyMap<string, number>;
  readonly refusals: readonly Refusal[];
}

/** Why the agent would fail at an entry; only the first path of each pair of entries is named. */
export type Refusal =
  | {
      readonly kind: 'two copies' | 'file and folder';
      readonly entry: number;
      readonly other: number;
      readonly path: string;
    }
  | { readonly kind: 'set twice'; readonly entry: number; readonly other: number; readonly path: string }
  | {
      readonly kind: 'pattern of a file' | 'default acl of a file' | 'name in a command' | 'space at the end';
      readonly entry: number;
      readonly path: string;
    };

/**
 * Plans as the agent's installer does
 * (https://github.com/aws/aws-codedeploy-agent/blob/v1.8.1/lib/instance_agent/plugins/codedeploy/installer.rb).
 * Copies whose source is missing are left out.
 */
export function planInstall(files: readonly FileCopy[], permissions: readonly Permission[], tree: Tree): InstallPlan {
  const plan = new Planner(tree);
  for (const [entry, copy] of files.entries()) plan.copy(entry, copy);
  for (const [entry, permission] of permissions.entries()) plan.permit(entry, permission);
  return plan;
}

class Planner implements InstallPlan {
  readonly copies = new Map<string, string>();
  readonly folders = new Set<string>();
  readonly permissions = new Map<string, number>();
  readonly refusals: Refusal[] = [];
  /** Path → the entry of `files` that makes it a file or a folder. */
  readonly #by = new Map<string, number>();
  readonly #above = new Map<string, number>();
  readonly #told = new Set<string>();

  readonly #tree: Tree;

  constructor(tree: Tree) {
    this.#tree = tree;
  }

  copy(entry: number, { source, destination }: FileCopy): void {
    const from = pathIn(this.#tree, source);
    if (from === undefined) return;
    const to = tidy(destination);
    if (this.#tree.files.has(from)) {
      this.#ancestors(entry, posix.join(to, posix.basename(from)));
      this.#file(entry, from, posix.join(to, posix.basename(from)));
    } else {
      this.#ancestors(entry, to);
      this.#folder(entry, from, to);
    }
  }

  permit(entry: number, permission: Permission): void {
    const object = tidy(permission.object);
    if (this.copies.has(object)) {
      if (!permission.types.includes('file')) return;
      if (permission.pattern !== '**' || permission.except.length > 0)
        this.#refuse({ kind: 'pattern of a file', entry, path: object });
      else this.#set(entry, permission, object);
      return;
    }
    const base = object === '/' ? '/' : `${object}/`;
    const paths = [
      ...(permission.types.includes('file') ? this.copies.keys() : []),
      ...(permission.types.includes('directory') ? this.folders : []),
    ];
    for (const path of paths) {
      if (path.startsWith(base) && appliesTo(permission, path.slice(base.length))) this.#set(entry, permission, path);
    }
  }

  #set(entry: number, permission: Permission, path: string): void {
    if (permission.hasDefaultAcl && this.copies.has(path)) this.#refuse({ kind: 'default acl of a file', entry, path });
    if (permission.isCommand && shellSign(path) !== undefined) this.#refuse({ kind: 'name in a command', entry, path });
    const other = this.permissions.get(path);
    if (other === undefined) this.permissions.set(path, entry);
    else this.#refuse({ kind: 'set twice', entry, other, path });
  }

  #folder(entry: number, from: string, to: string): void {
    const other = this.#by.get(to);
    if (other !== undefined && this.copies.has(to)) this.#refuse({ kind: 'file and folder', entry, other, path: to });
    // A folder at the top, like /srv, is there on every instance.
    if (posix.dirname(to) !== '/') this.folders.add(to);
    if (!this.#by.has(to)) this.#by.set(to, entry);
    for (const name of this.#tree.children.get(from) ?? []) {
      const path = from === '' ? name : `${from}/${name}`;
      if (this.#tree.files.has(path)) this.#file(entry, path, posix.join(to, name));
      else this.#folder(entry, path, posix.join(to, name));
    }
  }

  #file(entry: number, from: string, to: string): void {
    if (to.endsWith(' ')) this.#refuse({ kind: 'space at the end', entry, path: to });
    const other = this.#by.get(to) ?? this.#above.get(to);
    if (other === undefined) {
      this.copies.set(to, from);
      this.#by.set(to, entry);
    } else this.#refuse({ kind: this.copies.has(to) ? 'two copies' : 'file and folder', entry, other, path: to });
  }

  #ancestors(entry: number, path: string): void {
    for (let at = posix.dirname(path); at !== '/'; at = posix.dirname(at)) {
      const other = this.#by.get(at);
      if (other !== undefined && this.copies.has(at)) this.#refuse({ kind: 'file and folder', entry, other, path: at });
      if (!this.#above.has(at)) this.#above.set(at, entry);
    }
  }

  #refuse(refusal: Refusal): void {
    const key = [refusal.kind, refusal.entry, 'other' in refusal ? refusal.other : ''].join(' ');
    if (!this.#told.has(key)) this.refusals.push(refusal);
    this.#told.add(key);
  }
}

/** An absolute path without a slash at its end, `.` and double slashes. */
export function tidy(path: string): string {
  return posix.resolve('/', path);
}

function appliesTo({ pattern, except }: Permission, name: string): boolean {
  if (pattern !== '**' && !matchesGlob(name, pattern)) return false;
  return !except.some((glob) => matchesGlob(name, glob));
}

/** The agent's globs: `*` is the only wildcard, and a name in a deeper folder never matches. Linear in the length of the name. */
export function matchesGlob(name: string, glob: string): boolean {
  if (name.includes('/')) return false;
  const [head = '', ...rest] = glob.split('*');
  const tail = rest.pop();
  if (tail === undefined) return name === head;
  if (!name.startsWith(head)) return false;
  let at = head.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return name.length - tail.length >= at && name.endsWith(tail);
}
