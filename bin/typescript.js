import { cacheFolder, keepCompiled } from './compile-cache.js';

/**
 * Makes this thread able to import the command's TypeScript. Node 22.18 and newer strip the types themselves, but not of
 * files below `node_modules` (https://nodejs.org/api/typescript.html#type-stripping-in-dependencies): there, and on older
 * versions, tsx does it.
 */
const isNative = Boolean(process.features.typescript) && !import.meta.url.includes('/node_modules/');
// Stripped code is cached too: the first TypeScript file that is not cached loads the compiler.
keepCompiled(process.env);
if (!isNative) {
  const { env } = process;
  const { TMPDIR, TSX_DISABLE_CACHE } = env;
  // Where tsx caches its output: its own default is a path that others can guess, and its files are executed.
  const folder = cacheFolder(env, 'transformed');
  if (folder === undefined) env.TSX_DISABLE_CACHE = '1';
  else env.TMPDIR = folder;
  const { register } = await import('tsx/esm/api');
  // Without the tsconfig.json of the current folder.
  register({ tsconfig: false });
  restore('TMPDIR', TMPDIR);
  restore('TSX_DISABLE_CACHE', TSX_DISABLE_CACHE);
}

/**
 * @param {string} name
 * @param {string | undefined} value
 */
function restore(name, value) {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}
