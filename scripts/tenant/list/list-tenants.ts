import { readPlatformConfig } from '../../config/files.ts';
import { tableLines } from '../../output.ts';
import { listStackNames, tenantOf } from '../../platform/account-stacks.ts';
import { readRecords } from '../../platform/status/read-ownership.ts';
import { grantsIn, readTenantFiles, type TenantFile } from '../../platform/status/tenant-files.ts';
import { type EnvironmentChoice, type EnvironmentTarget, openTargets } from '../../platform/targets.ts';
import { counted } from '../../repository/findings.ts';
import type { Runtime } from '../../runtime.ts';
import { type ListedTenant, registerCells, registerRows } from './register-rows.ts';

export interface ListTenantsOptions {
  /** Folder with `platform.yml` and `tenants/`. */
  readonly directory: string;
  readonly environment: EnvironmentChoice;
}

/**
 * Shows the register beside what is vended. It reads the lists of each environment by their pages, nothing for each tenant; what cannot be
 * read is thrown. What runs is not in any list: `platform fleet` asks each pipeline for it.
 */
export async function showTenants(runtime: Runtime, options: ListTenantsOptions): Promise<undefined> {
  const platform = await readPlatformConfig(options.directory);
  const files = await readTenantFiles(options.directory);
  const targets = await openTargets(runtime, platform, options.environment, { purpose: 'plan' });
  const read = await Promise.all(targets.map((target) => readRows(target, files)));
  const rows = read.flat().toSorted((one, other) => one.tenant.localeCompare(other.tenant));
  if (files === undefined) runtime.out.warn('there is no folder tenants/: nothing is compared with it');
  const differences = rows.flatMap(({ environment, differences: all }) => all.map((text) => `${environment}: ${text}`));
  const summary = `${counted(new Set(rows.map(({ tenant }) => tenant)).size, 'tenant')} in ${counted(targets.length, 'environment')}`;
  const table = rows.length === 0 ? [] : ['', ...tableLines(rows.map(registerCells))];
  runtime.out.result({ tenants: rows }, [summary, ...differences.map((text) => `  ${text}`), ...table].join('\n'));
  return undefined;
}

async function readRows(target: EnvironmentTarget, files: readonly TenantFile[] | undefined): Promise<ListedTenant[]> {
  const { aws, environment } = target;
  const [records, stacks] = await Promise.all([readRecords(target), listStackNames(aws)]);
  const own = stacks.filter((name) => tenantOf(environment, name) !== undefined);
  const registered =
    files && grantsIn(target, files).map((grant) => ({ ...grant, intake: intakeOf(files, grant.tenant) }));
  return registerRows({ environment, files: registered, records, stacks: own });
}

function intakeOf(files: readonly TenantFile[], tenant: string): string | undefined {
  return files.find((file) => file.tenant === tenant)?.config?.intake;
}
