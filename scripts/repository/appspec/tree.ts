/** The files a revision would hold. */
export interface Tree {
  readonly files: ReadonlyMap<string, { readonly from: string }>;
  /** Folder → names in it; the root is the empty path. */
  readonly children: ReadonlyMap<string, ReadonlySet<string>>;
  /** The folder's name in findings. */
  readonly label: string;
}

export function treeOf(files: readonly { path: string; from: string }[], label: string): Tree {
  const children = new Map<string, Set<string>>([['', new Set()]]);
  for (const { path } of files) {
    for (let at = path; at !== ''; at = parentOf(at)) {
      const parent = parentOf(at);
      const names = children.get(parent);
      const name = at.slice(parent === '' ? 0 : parent.length + 1);
      if (names?.has(name)) break;
      if (names === undefined) children.set(parent, new Set([name]));
      else names.add(name);
    }
  }
  return { files: new Map(files.map((file) => [file.path, file])), children, label };
}

/**
 * The file or folder that a path of the AppSpec leads to, as Linux follows it: every part before a slash must be a folder.
 * Empty for the root; undefined when there is none or the path leaves the revision.
 */
export function pathIn(tree: Tree, written: string): string | undefined {
  let at = '';
  const parts = written.split('/');
  for (const [index, part] of parts.entries()) {
    if (part === '..') {
      if (at === '') return undefined;
      at = parentOf(at);
    } else if (part !== '' && part !== '.') at = at === '' ? part : `${at}/${part}`;
    const isThere = tree.children.has(at) || (index === parts.length - 1 && tree.files.has(at));
    if (!isThere) return undefined;
  }
  return at;
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
