import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import ignore from 'ignore';

/**
 * Whether git ignores a path of a repository, by the .gitignore files of the folders above it: what is not there and ignored is
 * what a build makes. Works without git, and for paths that are not there.
 *
 * @param path relative to the repository
 */
export async function isGitIgnored(repository: string, path: string): Promise<boolean> {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.length === 0 || parts.includes('..')) return false;
  for (let depth = 0; depth < parts.length; depth++) {
    const patterns = await readFile(join(repository, ...parts.slice(0, depth), '.gitignore'), 'utf8').catch(() => '');
    const rest = parts.slice(depth).join('/');
    const rules = ignore().add(patterns);
    // A path that is not there may become a folder.
    if (rules.ignores(rest) || rules.ignores(`${rest}/`)) return true;
  }
  return false;
}
