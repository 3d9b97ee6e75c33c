import { lstatSync, mkdirSync } from 'node:fs';
import module from 'node:module';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/**
 * Keeps compiled code for the next start in a folder of the user's own. Node's default is a path below the temporary folder
 * that others can know and make first, and what lies in it is run (https://nodejs.org/api/module.html#module-compile-cache).
 * Without a folder that nobody else can write into there is no cache. `NODE_COMPILE_CACHE` names another folder.
 *
 * @param {NodeJS.ProcessEnv} env
 */
export function keepCompiled(env) {
  // Node has seen the variable before this runs.
  if (env.NODE_COMPILE_CACHE !== undefined && env.NODE_COMPILE_CACHE !== '') return;
  const folder = cacheFolder(env, 'compiled');
  // Node 20 has no such cache.
  if (folder !== undefined) module.enableCompileCache?.(folder);
}

/**
 * A folder of the command's own, made when it is missing; `undefined` when it cannot be the user's alone. A relative path counts for
 * nothing (https://specifications.freedesktop.org/basedir-spec/latest/): the folder would be wherever the command is called.
 *
 * @param {NodeJS.ProcessEnv} env
 * @param {string} name
 */
export function cacheFolder(env, name) {
  const base = [env.XDG_CACHE_HOME, home()].find((path) => path && isAbsolute(path));
  return base === undefined ? undefined : ownFolder(join(base, 'vendhost', name));
}

/** A user id that nobody knows has no home, unless HOME names one. */
function home() {
  try {
    return join(homedir(), '.cache');
  } catch {
    return undefined;
  }
}

/**
 * Makes the folder for its owner alone; `undefined` when that cannot be, or when it is another's, or open to others.
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
