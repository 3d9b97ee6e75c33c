import { lstatSync, mkdirSync } from 'node:fs';
import module from 'node:module';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/**
 * Caches compiled code for the next start in the user's own folder. Node's default is a path below the temporary folder
 * that others can guess and create first, and its files are executed (https://nodejs.org/api/module.html#module-compile-cache).
 * Without a folder that only the user can write into, there is no cache. `NODE_COMPILE_CACHE` names another folder.
 *
 * @param {NodeJS.ProcessEnv} env
 */
export function keepCompiled(env) {
  // Node has read the variable before this runs.
  if (env.NODE_COMPILE_CACHE !== undefined && env.NODE_COMPILE_CACHE !== '') return;
  const folder = cacheFolder(env, 'compiled');
  // Node 20 has no such cache.
  if (folder !== undefined) module.enableCompileCache?.(folder);
}

/**
 * The command's own folder, created if missing; `undefined` when it cannot be the user's alone. A relative path is
 * ignored (https://specifications.freedesktop.org/basedir-spec/latest/): the folder would depend on where the command is called.
 *
 * @param {NodeJS.ProcessEnv} env
 * @param {string} name
 */
export function cacheFolder(env, name) {
  const base = [env.XDG_CACHE_HOME, home()].find((path) => path && isAbsolute(path));
  return base === undefined ? undefined : ownFolder(join(base, 'vendhost', name));
}

/** An unknown user id has no home, unless HOME names one. */
function home() {
  try {
    return join(homedir(), '.cache');
  } catch {
    return undefined;
  }
}

/**
 * Creates the folder for its owner alone; `undefined` when that fails, or when it belongs to another user or is open to others.
 *
 * @param {string} path
 */
export function ownFolder(path) {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const found = lstatSync(path);
    const isOwn = found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o077) === 0;
    return isOwn ? path : undefined;
  } catch {
    return undefined;
  }
}
