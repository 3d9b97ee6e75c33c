import { readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { parseConfig } from '../config/load.ts';
import { type VendhostConfig, vendhostSchema } from '../config/vendhost.ts';
import { checkAppSpec } from './appspec/check-appspec.ts';
import { type Collected, collectFiles } from './collect.ts';
import { type Finding, fromFaults } from './findings.ts';
import { checkInfrastructure } from './infrastructure.ts';

export interface Checked {
  /** How many files were looked at. */
  readonly files: number;
  readonly findings: readonly Finding[];
}

/** Checks a tenant's repository: vendhost.yml, infrastructure/ and the software with its AppSpec. */
export async function checkTenantRepository(directory: string): Promise<Checked> {
  const text = await readFile(join(directory, 'vendhost.yml'), 'utf8').catch(() => undefined);
  const { value, faults } = parseConfig('vendhost.yml', text ?? '', vendhostSchema);
  // A faulty vendhost.yml must not hide the faults of the rest: go on with the defaults.
  const config = value ?? vendhostSchema.parse({});
  const infrastructure = await checkInfrastructure(directory);
  const software = await checkSoftware(directory, config);
  return {
    files: (text === undefined ? 0 : 1) + infrastructure.files + software.files.length,
    findings: [...fromFaults(faults), ...infrastructure.findings, ...software.findings],
  };
}

/** Collects the software that vendhost.yml chooses and checks it with its AppSpec. */
export async function checkSoftware(directory: string, { revision }: VendhostConfig): Promise<Collected> {
  const root = join(directory, revision.directory);
  const label = relative(directory, root) || '.';
  const fault = (message: string): Collected => ({
    files: [],
    findings: [{ severity: 'fault', file: `${label}/`, path: '', message }],
  });
  if (label === '..' || label.startsWith('../')) return fault('revision.directory leaves the repository');
  const found = await stat(root).catch(() => undefined);
  if (found === undefined)
    return fault('missing: must be the folder with appspec.yml (revision.directory of vendhost.yml)');
  if (!found.isDirectory()) return fault('is not a folder (revision.directory of vendhost.yml)');
  const { files, findings } = await collectFiles(root, label, revision);
  return { files, findings: [...(await checkAppSpec(root, label, files)), ...findings] };
}
