import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Environment, tenantName } from '../config/environment.ts';
import { listTenants } from '../config/files.ts';
import { parseConfig } from '../config/load.ts';
import { type PlatformConfig, platformSchema } from '../config/platform.ts';
import { type TenantConfig, tenantSchema } from '../config/tenant.ts';
import { type Finding, fromFaults, shownValue } from './findings.ts';
import type { Checked } from './tenant-repository.ts';

/** Checks a platform's repository: platform.yml, every tenants/*.yml, and whether they fit together. */
export async function checkPlatformRepository(directory: string): Promise<Checked> {
  const platform = parseConfig('platform.yml', await readFile(join(directory, 'platform.yml'), 'utf8'), platformSchema);
  const tenants = await listTenants(directory);
  const read = await Promise.all(
    tenants.map(async (tenant) => {
      const file = fileOf(tenant);
      const parsed = parseConfig(file, await readFile(join(directory, file), 'utf8'), tenantSchema);
      return { tenant, config: parsed.value, findings: [...nameFaults(tenant), ...fromFaults(parsed.faults)] };
    }),
  );
  const configs = new Map(read.flatMap(({ tenant, config }) => (config === undefined ? [] : [[tenant, config]])));
  return {
    files: 1 + tenants.length,
    findings: [
      ...fromFaults(platform.faults),
      ...read.flatMap(({ findings }) => findings),
      ...hostFaults(configs),
      ...(await unreadFiles(directory)),
      ...(platform.value === undefined ? [] : environmentFaults(platform.value, configs)),
    ],
  };
}

type Tenants = ReadonlyMap<string, TenantConfig>;

/** Hosts that two tenants claim, and hosts one tenant lists twice. */
export function hostFaults(tenants: Tenants): Finding[] {
  const claimed = new Map<string, string>();
  return hostsOf(tenants).flatMap(({ tenant, path, host, environment }) => {
    const other = claimed.get(host);
    claimed.set(host, other ?? `${fileOf(tenant)} in ${environment}`);
    if (other === undefined) return [];
    return fault(
      tenant,
      path,
      `${shownValue(host)} is claimed already, by ${other}: one host, one tenant and environment`,
    );
  });
}

/** Tenants' environments the platform lacks, hosts outside of the environment's domain. */
function environmentFaults(platform: PlatformConfig, tenants: Tenants): Finding[] {
  const known = Object.keys(platform.environments).join(', ');
  const absent = [...tenants].flatMap(([tenant, { hosts }]) =>
    Object.keys(hosts)
      .filter((environment) => platform.environments[environment as Environment] === undefined)
      .map((environment) =>
        fault(tenant, `hosts.${environment}`, `platform.yml has no such environment: must be one of ${known}`),
      ),
  );
  const foreign = hostsOf(tenants).flatMap(({ tenant, path, host, environment }) => {
    const domain = platform.environments[environment]?.domain;
    if (domain === undefined || host === domain || host.endsWith(`.${domain}`)) return [];
    return fault(tenant, path, `${shownValue(host)} is wrong: must be ${domain} or end in .${domain}`);
  });
  return [...absent, ...foreign];
}

interface Claimed {
  tenant: string;
  environment: Environment;
  host: string;
  path: string;
}

function hostsOf(tenants: Tenants): Claimed[] {
  return [...tenants].flatMap(([tenant, { hosts }]) =>
    Object.entries(hosts).flatMap(([environment, list]) =>
      list.map((host, index) => ({
        tenant,
        environment: environment as Environment,
        host,
        path: `hosts.${environment}.${index}`,
      })),
    ),
  );
}

function nameFaults(tenant: string): Finding[] {
  const parsed = tenantName.safeParse(tenant);
  if (parsed.success) return [];
  const allowed = parsed.error.issues.map(({ message }) => message).join(', ');
  return [fault(tenant, '', `"${tenant}" is not a tenant's name: must be ${allowed}`)];
}

/** Files in tenants/ that nothing reads: `shop.yaml` would silently be no tenant. */
async function unreadFiles(directory: string): Promise<Finding[]> {
  const entries = await readdir(join(directory, 'tenants')).catch((): string[] => []);
  return entries
    .filter((entry) => !entry.endsWith('.yml') && !entry.startsWith('.'))
    .map((entry) => ({
      severity: 'warning',
      file: `tenants/${entry}`,
      path: '',
      message: 'is not read: must end in .yml',
    }));
}

function fileOf(tenant: string): string {
  return `tenants/${tenant}.yml`;
}

function fault(tenant: string, path: string, message: string): Finding {
  return { severity: 'fault', file: fileOf(tenant), path, message };
}
