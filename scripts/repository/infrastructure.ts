import { lstat, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { collectFiles, rootFault } from './collect.ts';
import type { CheckFinding } from './findings.ts';
import { checkScriptFile } from './shell-scripts.ts';

/**
 * Checks a tenant's `infrastructure/`: `install.sh` exists, scripts can run, no link leads out. Without the folder there is nothing to
 * check: the image is the source AMI plus what every image has.
 */
export async function checkInfrastructure(directory: string): Promise<{ files: number; findings: CheckFinding[] }> {
  const label = 'infrastructure';
  const root = join(directory, label);
  const fault = (message: string): { files: number; findings: CheckFinding[] } => ({
    files: 0,
    findings: [{ severity: 'fault', file: `${label}/`, path: '', message }],
  });
  const found = await lstat(root).catch(() => undefined);
  if (found === undefined) return { files: 0, findings: [] };
  const isFolder = (await stat(root).catch(() => undefined))?.isDirectory() ?? false;
  if (!isFolder) return fault('must be a folder with install.sh, which says what the machine needs');
  const wrongRoot = await rootFault(directory, root);
  if (wrongRoot !== undefined) return fault(wrongRoot);
  const { files, findings } = await collectFiles(root, label);
  const scripts = files.filter(({ path }) => path.endsWith('.sh'));
  const ofScripts = await Promise.all(scripts.map(({ path, from }) => checkScriptFile(from, `${label}/${path}`)));
  const hasInstall = files.some(({ path }) => path === 'install.sh');
  return {
    files: files.length,
    findings: [
      ...(hasInstall ? [] : [missingInstall(files.map(({ path }) => path))]),
      ...findings,
      ...ofScripts.flat(),
    ],
  };
}

function missingInstall(paths: readonly string[]): CheckFinding {
  const other = paths.find((path) => path.toLowerCase() === 'install.sh');
  const message = other === undefined ? 'missing: bash runs it to build the image' : `missing: there is ${other}`;
  return { severity: 'fault', file: 'infrastructure/install.sh', path: '', message };
}
