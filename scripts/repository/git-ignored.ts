import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import ignore, { type Ignore } from 'ignore';

/**
 * Whether git ignores a path of a repository, by the .gitignore files of the folders above it: a missing ignored path is
 * what a build makes. Works without git, and for paths that do not exist.
 *
 * @param path relative to the repository
 */
export async function isGitIgnored(repository: string, path: string): Promise<boolean> {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.length === 0 || parts.includes('..')) return false;
  const lists: Ignore[] = [];
  for (let depth = 0; depth < parts.length; depth++) {
    const file = join(repository, ...parts.slice(0, depth), '.gitignore');
    // Case matters, as in git on file systems that distinguish it.
    lists.push(ignore({ ignoreCase: false }).add(await readFile(file, 'utf8').catch(() => '')));
    const ends = depth === parts.length - 1 ? ['', '/'] : ['/'];
    // A missing path may become a folder; nothing below an ignored folder can be re-included.
    if (ends.some((end) => isIgnoredBy(lists, parts.slice(0, depth + 1), end))) return true;
  }
  return false;
}

/** The nearest list that mentions the path decides. */
function isIgnoredBy(lists: readonly Ignore[], parts: readonly string[], end: string): boolean {
  for (const [depth, list] of [...lists.entries()].toReversed()) {
    const { ignored, unignored } = list.test(`${parts.slice(depth).join('/')}${end}`);
    if (ignored || unignored) return ignored;
  }
  return false;
}
