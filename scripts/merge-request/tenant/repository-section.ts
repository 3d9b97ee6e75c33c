import { readdir, realpath } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { readVendhostConfig } from '../../config/files.ts';
import type { Half } from '../../config/tenant.ts';
import type { Finding } from '../../report/report.ts';
import { type CheckFinding, counted, onlyOf } from '../../repository/findings.ts';
import { includedTwice } from '../../repository/included-twice.ts';
import { checkTenantRepository } from '../../repository/tenant-repository.ts';
import type { Runtime } from '../../runtime.ts';
import { type PlannedSection, planSection } from '../findings/planned-section.ts';
import { shellcheckFindings } from './shellcheck.ts';

/** Configuration, AppSpec and scripts: what can be checked without AWS. */
export async function repositorySection(
  runtime: Runtime,
  id: string,
  directory: string,
  half?: Half,
): Promise<PlannedSection> {
  return await planSection(runtime, { id, title: 'Configuration, AppSpec and scripts' }, async () => {
    const [{ files, findings }, twice, scripts] = await Promise.all([
      checkTenantRepository(directory, half),
      includedTwice(runtime.cwd),
      foldersOf(directory).then((folders) => shellScripts(directory, folders)),
    ]);
    const all = [...findings, ...twice];
    const folder = relative(runtime.cwd, directory);
    const faults = onlyOf(all, 'fault').length;
    const shown = await shellcheckFindings(runtime, id, directory, scripts);
    const summary = `${counted(files, 'file')} checked, ${faults === 0 ? 'no fault' : counted(faults, 'fault')}`;
    return { summary, findings: [...all.map((finding) => repositoryFinding(id, folder, finding)), ...shown] };
  });
}

/** A finding of `vendhost config check`. */
export function repositoryFinding(
  id: string,
  folder: string,
  { severity, file, line, path, message }: CheckFinding,
): Finding {
  const at = join(folder, file);
  return {
    id: `${id}/${file}/${path}/${message}`,
    gravity: severity === 'fault' ? 'fault' : 'change',
    title: path === '' ? `${at} ${message}` : `${at}, ${path}: ${message}`,
    at: { file: at, ...(line === undefined ? {} : { line }) },
  };
}

/** Folders of the machine's scripts and of the software; a `vendhost.yml` that cannot be read is a separate finding. */
async function foldersOf(directory: string): Promise<string[]> {
  const config = await readVendhostConfig(directory).catch(() => undefined);
  return ['infrastructure', config?.revision.directory ?? 'software', 'scripts'];
}

/** Their files that are named like shell scripts; paths in the directory. Links that lead out of it are separate findings. */
async function shellScripts(directory: string, folders: readonly string[]): Promise<string[]> {
  const root = await realpath(directory).catch(() => directory);
  const found = await Promise.all(
    folders.map(async (folder) => {
      const real = await realpath(join(directory, folder)).catch(() => undefined);
      if (real === undefined || !`${real}/`.startsWith(`${root}/`)) return [];
      const entries = await readdir(join(directory, folder), { recursive: true, withFileTypes: true }).catch(() => []);
      return entries
        .filter((entry) => entry.isFile() && entry.name.endsWith('.sh'))
        .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
        .filter((path) => !path.split('/').some((part) => part === 'node_modules' || part === '.git'));
    }),
  );
  // One folder may be in another.
  return [...new Set(found.flat())].toSorted();
}
