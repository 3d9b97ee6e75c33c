import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import ignore, { type Ignore } from 'ignore';

/**
 * Whether git ignores a path of a repository, by the .gitignore files of the folders above it: what is not there and ignored is
 * what a build makes. Works without git, and for paths that are not there.
 *
 * @param path relative to the repository
 */
export async function isGitIgnored(repository: string, path: string): Promise<boolean> {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.length === 0 || parts.includes('..')) return false;
  const lists: Ignore[] = [];
  for (let depth = 0; depth < parts.length; depth++) {
    const file = join(repository, ...parts.slice(0, depth), '.gitignore');
    // Letters count as they are written, as git has it where file systems tell them apart.
    lists.push(ignore({ ignoreCase: false }).add(await readFile(file, 'utf8').catch(() => '')));
    const ends = depth === parts.length - 1 ? ['', '/'] : ['/'];
    // A path that is not there may become a folder; nothing below an ignored folder can be taken back.
    if (ends.some((end) => isIgnoredBy(lists, parts.slice(0, depth + 1), end))) return true;
  }
  return false;
}

/** The list nearest to the path that says something of it decides. */
function isIgnoredBy(lists: readonly Ignore[], parts: readonly string[], end: string): boolean {
  for (const [depth, list] of [...lists.entries()].toReversed()) {
    const { ignored, unignored } = list.test(`${parts.slice(depth).join('/')}${end}`);
    if (ignored || unignored) return ignored;
  }
  return false;
}
