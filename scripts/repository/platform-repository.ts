import { join } from 'node:path';
import type { z } from 'zod';
import { type Environment, tenantName } from '../config/environment.ts';
import { listTenants } from '../config/files.ts';
import {
  platformFaults,
  sharedEnvironments,
  sharedMessage,
  sharedPinMessage,
  sharedPins,
  tenantFaults,
} from '../config/host-checks.ts';
import { shownValue } from '../config/issues.ts';
import { parseConfig } from '../config/load.ts';
import { platformSchema } from '../config/platform.ts';
import { hostingOf } from '../config/platform-checks.ts';
import { readText } from '../config/reading/read-text.ts';
import { namesIn } from '../config/reading/repository-folders.ts';
import { halves, type TenantConfig, tenantSchema } from '../config/tenant.ts';
import { type CheckFinding, fromFaults } from './findings.ts';
import { type Checked, misnamedFiles } from './tenant-repository.ts';

/** Checks a platform's repository: platform.yml, every tenants/*.yml, and whether they fit together. */
export async function checkPlatformRepository(directory: string): Promise<Checked> {
  const platform = await readChecked(directory, 'platform.yml', platformSchema);
  const tenants = await listTenants(directory);
  const read = await Promise.all(
    tenants.map(async (tenant) => {
      const file = fileOf(tenant);
      const parsed = await readChecked(directory, file, tenantSchema);
      return { tenant, config: parsed.value, findings: [...nameFaults(tenant), ...fromFaults(parsed.faults)] };
    }),
  );
  // Faults of platform.yml hide none of the tenants' files, as far as these can be checked.
  const known = hostingOf(platform.content);
  const configs = new Map(read.flatMap(({ tenant, config }) => (config === undefined ? [] : [[tenant, config]])));
  return {
    files: 1 + tenants.length,
    findings: [
      ...fromFaults(platform.faults),
      ...read.flatMap(({ findings }) => findings),
      ...[...configs].flatMap(([tenant, config]) =>
        known === undefined ? [] : fromFaults(tenantFaults(fileOf(tenant), known, config)),
      ),
      ...[...configs].flatMap(([tenant, config]) =>
        platform.value === undefined ? [] : fromFaults(platformFaults(fileOf(tenant), platform.value, config)),
      ),
      ...claimFaults(configs),
      ...overlapFaults(configs),
      ...prefixFaults(configs),
      ...pinFaults(configs),
      ...halfFaults(configs),
      ...(await misnamedFiles(directory, ['platform.yml'])),
      ...(await unreadFiles(directory)),
    ],
  };
}

/** Like `parseConfig`, for a file that was seen; an unreadable one is a fault. */
async function readChecked<S extends z.ZodType>(
  directory: string,
  file: string,
  schema: S,
): Promise<ReturnType<typeof parseConfig<S>>> {
  const read = await readText(join(directory, file), directory);
  if (read?.fault === undefined) return parseConfig(file, read?.text ?? '', schema);
  return { faults: [{ file, path: '', message: read.fault }] };
}

type Tenants = ReadonlyMap<string, TenantConfig>;

/** Hosts that two tenants claim; one that is twice in a file is a fault of that file. */
function claimFaults(tenants: Tenants): CheckFinding[] {
  const claimed = new Map<string, Claimed>();
  return hostsOf(tenants).flatMap((claim) => {
    const { tenant, path, host } = claim;
    const other = claimed.get(host) ?? claim;
    claimed.set(host, other);
    if (other.tenant === tenant) return [];
    const by = `${fileOf(other.tenant)} in ${other.environment}`;
    return fault(
      tenant,
      path,
      `${shownValue(host)} is claimed already, by ${by}: one host, one tenant and environment`,
    );
  });
}

/**
 * Hosts that are in a wildcard of another tenant in the same environment, whose listener rule would get their requests whenever their own
 * has none.
 */
function overlapFaults(tenants: Tenants): CheckFinding[] {
  const claims = hostsOf(tenants);
  const wildcards = new Map(
    claims.flatMap((claim) => (claim.host.startsWith('*.') ? [[placeOf(claim.environment, claim.host), claim]] : [])),
  );
  return claims.flatMap(({ tenant, environment, path, host }) => {
    const labels = host.split('.');
    // The host itself is the business of `claimFaults`.
    const wider = labels.slice(1).map((_label, index) => `*.${labels.slice(index + 1).join('.')}`);
    const others = wider.flatMap((name) => (name === host ? [] : (wildcards.get(placeOf(environment, name)) ?? [])));
    return others.flatMap((other) =>
      other.tenant === tenant
        ? []
        : fault(
            tenant,
            path,
            `${shownValue(host)} lies in ${other.host}, which ${fileOf(other.tenant)} has: must be no other tenant's`,
          ),
    );
  });
}

function placeOf(environment: Environment, host: string): string {
  return `${environment} ${host}`;
}

function prefixFaults(tenants: Tenants): CheckFinding[] {
  return sharedEnvironments(tenants).flatMap(({ tenant, other }) => {
    const config = tenants.get(tenant);
    return config === undefined ? [] : fault(tenant, 'environment_prefix', sharedMessage(other, config));
  });
}

function pinFaults(tenants: Tenants): CheckFinding[] {
  const pinned = [...tenants].flatMap(([tenant, { pinned: isPinned }]) => (isPinned ? [tenant] : []));
  if (pinned.length === 0) return [];
  return sharedPins(tenants).flatMap(({ tenant, other }) => {
    const config = tenants.get(tenant);
    return config === undefined ? [] : fault(tenant, 'pinned', sharedPinMessage(other, config));
  });
}

/** The roles of a tenant's two projects are named like those of a tenant with the half's name behind it. */
function halfFaults(tenants: Tenants): CheckFinding[] {
  return [...tenants].flatMap(([tenant, { projects }]) =>
    halves.flatMap((half) =>
      projects === undefined || !tenants.has(`${tenant}-${half}`)
        ? []
        : fault(
            tenant,
            `projects.${half}`,
            `its role would have the name of one of ${fileOf(`${tenant}-${half}`)}: give one of the two tenants another name`,
          ),
    ),
  );
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

function nameFaults(tenant: string): CheckFinding[] {
  const parsed = tenantName.safeParse(tenant);
  if (parsed.success) return [];
  const allowed = parsed.error.issues.map(({ message }) => message).join(', ');
  return [fault(tenant, '', `"${tenant}" is not a tenant's name: must be ${allowed}`)];
}

/** Files in tenants/ that nothing reads: `shop.yaml` would silently be no tenant. */
async function unreadFiles(directory: string): Promise<CheckFinding[]> {
  const entries = await namesIn(join(directory, 'tenants'));
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

function fault(tenant: string, path: string, message: string): CheckFinding {
  return { severity: 'fault', file: fileOf(tenant), path, message };
}
