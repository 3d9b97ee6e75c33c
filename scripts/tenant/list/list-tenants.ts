import { readPlatformConfig } from '../../config/files.ts';
import type { VendhostError } from '../../errors.ts';
import { tableLines } from '../../output.ts';
import { listStackNames, tenantOf } from '../../platform/account-stacks.ts';
import { combined, type EnvironmentFault, failed, forEach, unknownLine } from '../../platform/each.ts';
import { readRecords } from '../../platform/status/read-ownership.ts';
import { grantsIn, readTenantFiles, type TenantFile } from '../../platform/status/tenant-files.ts';
import { type EnvironmentChoice, type EnvironmentTarget, openReachable } from '../../platform/targets.ts';
import { counted } from '../../repository/findings.ts';
import type { Runtime } from '../../runtime.ts';
import { type ListedTenant, registerCells, registerRows } from './register-rows.ts';

export interface ListTenantsOptions {
  /** Folder with `platform.yml` and `tenants/`. */
  readonly directory: string;
  readonly environment: EnvironmentChoice;
}

/**
 * Compares the register with what is vended. It reads the lists of each environment by their pages, nothing for each tenant. An
 * environment that cannot be read is unknown, and thrown when the others are shown: `STATUS_FAILED` for several. What runs is not in any list: `platform fleet` asks each pipeline for it.
 */
export async function showTenants(runtime: Runtime, options: ListTenantsOptions): Promise<undefined> {
  const platform = await readPlatformConfig(options.directory);
  const files = await readTenantFiles(options.directory);
  const { targets, unreached } = await openReachable(runtime, platform, options.environment);
  const read = await forEach(runtime, targets, (target) => readRows(target, files));
  const faults = [...unreached, ...read.faults];
  if (read.done.length === 0) throw unreadRegister(faults);
  const rows = read.done.flat().toSorted((one, other) => one.tenant.localeCompare(other.tenant));
  if (files === undefined) runtime.out.warn('there is no folder tenants/: nothing is compared with it');
  const differences = rows.flatMap(({ environment, differences: all }) => all.map((text) => `${environment}: ${text}`));
  const summary = `${counted(new Set(rows.map(({ tenant }) => tenant)).size, 'tenant')} in ${counted(read.done.length, 'environment')}`;
  const table = rows.length === 0 ? [] : ['', ...tableLines(rows.map(registerCells))];
  const said = [...faults.map(unknownLine), ...differences].map((text) => `  ${text}`);
  runtime.out.result({ tenants: rows, failed: failed(faults) }, [summary, ...said, ...table].join('\n'));
  if (faults.length > 0) throw unreadRegister(faults);
  return undefined;
}

function unreadRegister(faults: readonly EnvironmentFault[]): VendhostError {
  return combined(faults, 'STATUS_FAILED', 'cannot list the tenants');
}

async function readRows(target: EnvironmentTarget, files: readonly TenantFile[] | undefined): Promise<ListedTenant[]> {
  const { aws, environment } = target;
  const [records, stacks] = await Promise.all([readRecords(target), listStackNames(aws)]);
  const own = stacks.filter((name) => tenantOf(environment, name) !== undefined);
  const registered = files && grantsIn(target, files).map((grant) => ({ ...grant, ...shownOf(files, grant.tenant) }));
  return registerRows({ environment, files: registered, records, stacks: own });
}

function shownOf(files: readonly TenantFile[], tenant: string) {
  const config = files.find((file) => file.tenant === tenant)?.config;
  return { intake: config?.intake, pinned: config?.pinned === true };
}
