import { access, constants, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import type { DoctorFinding } from './finding.ts';

const cacheHint = 'set XDG_CACHE_HOME to a folder that the job may write into';

/** `undefined` for a user id without a name, such as OpenShift assigns. */
function ownHome(): string | undefined {
  try {
    return homedir();
  } catch {
    return undefined;
  }
}

/** Whether the folders that commands write into can be written. */
export async function findFolders({ env }: Runtime): Promise<DoctorFinding[]> {
  const temporary = env.TMPDIR || tmpdir();
  const home = env.HOME || ownHome();
  const cache = env.XDG_CACHE_HOME || (home && join(home, '.cache'));
  return [
    await folder('temporary folder', temporary, 'set TMPDIR to a folder that the job may write into', 'fault'),
    // Without it the command starts slower, silently.
    cache === undefined
      ? { part: 'image', check: 'cache folder', status: 'unknown', detail: 'this user has no home', hint: cacheHint }
      : await folder('cache folder', cache, cacheHint, 'unknown'),
  ];
}

async function folder(check: string, path: string, hint: string, without: 'fault' | 'unknown'): Promise<DoctorFinding> {
  const row = { part: 'image', check } as const;
  try {
    await mkdir(path, { recursive: true });
    const made = await mkdtemp(join(path, 'vendhost-doctor-'));
    // On a full disk, creating the folder succeeds and writing the file fails.
    await writeFile(join(made, 'file'), 'doctor').finally(() => rm(made, { recursive: true }));
    await access(path, constants.X_OK);
    return { ...row, status: 'ok', detail: path };
  } catch (error) {
    return { ...row, status: without, detail: `cannot write into ${path}: ${messageOf(error)}`, hint };
  }
}
