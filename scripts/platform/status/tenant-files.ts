import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { listTenants, readTenantConfig } from '../../config/files.ts';
import { portIn, projectsOf, type TenantConfig } from '../../config/tenant.ts';
import { VendhostError } from '../../errors.ts';
import type { EnvironmentTarget } from '../targets.ts';
import type { GrantOf } from './ownership.ts';

/** A tenant's file; without a config it is not valid. */
export interface TenantFile {
  readonly tenant: string;
  readonly config?: TenantConfig;
}

/** All files in `tenants/`; `undefined` where that folder is not there. */
export async function readTenantFiles(directory: string): Promise<TenantFile[] | undefined> {
  const folder = await stat(join(directory, 'tenants')).catch(() => undefined);
  if (folder?.isDirectory() !== true) return undefined;
  return await Promise.all((await listTenants(directory)).map((tenant) => readFile(directory, tenant)));
}

async function readFile(directory: string, tenant: string): Promise<TenantFile> {
  try {
    return { tenant, config: await readTenantConfig(directory, tenant) };
  } catch (error) {
    if (error instanceof VendhostError) return { tenant };
    throw error;
  }
}

/** What the files grant in an environment; one that is not valid may grant something there. */
export function grantsIn(
  { environment, config: platform }: EnvironmentTarget,
  files: readonly TenantFile[],
): GrantOf[] {
  return files.flatMap(({ tenant, config }): GrantOf[] => {
    if (config === undefined) return [{ tenant }];
    const hosts = config.hosts[environment];
    if (hosts === undefined) return [];
    const branch = config.branches[environment] ?? platform.branch;
    const { load_balancer: loadBalancer, limits } = config;
    const [first, second] = projectsOf(config);
    const software = second === undefined ? {} : { software: { project: second.path } };
    const port = portIn(config, environment);
    const { approval } = platform;
    const switched = config.maintenance_switch[environment] === undefined ? false : ('switched' as const);
    const maintenance = config.maintenance[environment] === undefined ? switched : true;
    const content = { project: first.path, ...software, branch, hosts, port, loadBalancer, limits, approval };
    return [{ tenant, content, maintenance }];
  });
}
