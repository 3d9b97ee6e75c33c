import { lstatSync, mkdirSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Keeps compiled code for the next start in a folder of the user's own. Node's default is a path below the temporary folder
 * that others can know and make first, and what lies in it is run (https://nodejs.org/api/module.html#module-compile-cache).
 * Without a folder that nobody else can write into there is no cache. `NODE_COMPILE_CACHE` names another folder.
 */
export function keepCompiled(env: NodeJS.ProcessEnv): void {
  // Node has seen the variable before this runs.
  if (env.NODE_COMPILE_CACHE !== undefined && env.NODE_COMPILE_CACHE !== '') return;
  const folder = ownFolder(join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'vendhost', 'compiled'));
  if (folder !== undefined) enableCompileCache(folder);
}

/** Makes the folder for its owner alone; `undefined` when that cannot be, or when it is another's, or open to others. */
export function ownFolder(path: string): string | undefined {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const found = lstatSync(path);
    const isOwn = found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o077) === 0;
    return isOwn ? path : undefined;
  } catch {
    return undefined;
  }
}
