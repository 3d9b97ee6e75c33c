import { lstat, readFile, realpath, stat } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import { messageOf } from '../../errors.ts';

/** A hundred times what people write. */
const mostBytes = 256 * 1024;

/** What is known about a file: its text, or why it cannot be read. */
export type FileText = { readonly text: string; readonly fault?: undefined } | { readonly fault: string };

/**
 * Reads a UTF-8 file; `undefined` if nothing has that name. A file that exists but cannot be read never counts as missing.
 *
 * @param within the repository: a symbolic link that leads out of it, or into its `.git`, is not followed. Messages show a file's content,
 * and on a runner a link could name a secret, or another project's file
 */
export async function readText(file: string, within = dirname(file)): Promise<FileText | undefined> {
  try {
    const fault = placeFault(relative(await realpath(within), await realpath(file)));
    if (fault !== undefined) return { fault };
    const found = await stat(file);
    if (found.isDirectory()) return { fault: 'is a folder: must be a file' };
    if (!found.isFile()) return { fault: 'is not a regular file' };
    if (found.size > mostBytes) return { fault: `has ${found.size} bytes: must have at most ${mostBytes}` };
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file)) };
  } catch (thrown) {
    const code = codeOf(thrown);
    if (code === 'ENOENT' || code === 'ENOTDIR') return (await isLink(file)) ? { fault: nowhere } : undefined;
    return { fault: reasons[code] ?? `cannot be read: ${messageOf(thrown)}` };
  }
}

function placeFault(path: string): string | undefined {
  if (path === '..' || path.startsWith('../')) {
    return 'is, or is behind, a symbolic link out of the repository: must be a file in it';
  }
  return path.split('/').includes('.git') ? 'leads into .git: must be a file of the repository' : undefined;
}

const nowhere = 'is a symbolic link that leads nowhere';
const reasons: Readonly<Record<string, string>> = {
  ELOOP: 'is a symbolic link that leads back to itself',
  EACCES: 'may not be read by the user of this command',
  EPERM: 'may not be read by the user of this command',
  ERR_ENCODING_INVALID_ENCODED_DATA: 'is not UTF-8',
};

async function isLink(file: string): Promise<boolean> {
  return await lstat(file).then(
    () => true,
    () => false,
  );
}

function codeOf(thrown: unknown): string {
  const { code } = Object(thrown) as { code?: unknown };
  return typeof code === 'string' ? code : '';
}
