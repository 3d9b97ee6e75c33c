import { lstat, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, VendhostError } from '../../errors.ts';
import { configUnreadable } from '../load.ts';

/** Throws `DIRECTORY_MISSING` unless it is a folder. */
export async function requireFolder(directory: string): Promise<void> {
  const found = await stat(directory).catch(() => undefined);
  if (found?.isDirectory() === true) return;
  const what = found === undefined ? 'no folder' : 'not a folder:';
  throw new VendhostError('DIRECTORY_MISSING', `${what} ${directory}`, {
    hint: 'name the repository with --directory',
  });
}

/** The contents of a tenant's repository, unless its `vendhost.yml` says otherwise. */
const tenantFolders = ['infrastructure', 'software'];

/**
 * A tenant may have no `vendhost.yml`: then every default applies. Throws for a folder that is no tenant's repository, so that a
 * wrong directory never yields the defaults: `DIRECTORY_MISSING`, or `CONFIG_UNREADABLE` with what exists instead.
 */
export async function requireTenantFolder(directory: string): Promise<void> {
  await requireFolder(directory);
  const other = await misnamed(directory, 'vendhost.yml');
  if (other !== undefined)
    throw configUnreadable(`${join(directory, other)} is not read: it must be named vendhost.yml`);
  const found = await Promise.all(tenantFolders.map((name) => entryExists(join(directory, name))));
  if (found.includes(true)) return;
  throw new VendhostError(
    'CONFIG_UNREADABLE',
    `no vendhost.yml, infrastructure/ or software/ in ${directory}: it is no tenant's repository`,
    { hint: 'name their folder with --directory; a tenant that uses only defaults needs an empty vendhost.yml' },
  );
}

/** A file that is ignored, such as `vendhost.yaml` and `Vendhost.yml` next to, or instead of, `vendhost.yml`. */
export async function misnamed(directory: string, name: string): Promise<string | undefined> {
  const stem = name.replace(/\.yml$/, '');
  const entries = await namesIn(directory);
  return entries.find((entry) => entry !== name && new RegExp(`^${stem}\\.ya?ml$`, 'i').test(entry));
}

/** The names in a folder; none if it does not exist. Throws `CONFIG_UNREADABLE` for an unreadable one. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === 'ENOENT' && !(await entryExists(folder))) return [];
    throw configUnreadable(
      code === 'ENOTDIR' ? `${folder} is not a folder` : `cannot read ${folder}: ${messageOf(thrown)}`,
    );
  }
}

/** Whether anything has that name, including a dangling symbolic link. */
export async function entryExists(path: string): Promise<boolean> {
  return await lstat(path).then(
    () => true,
    () => false,
  );
}
