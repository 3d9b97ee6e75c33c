import { basename, join } from 'node:path';
import type { z } from 'zod';
import { VendhostError } from '../errors.ts';
import { type Environment, tenantName } from './environment.ts';
import { configError, readConfig } from './load.ts';
import type { EnvironmentConfig, PlatformConfig } from './platform.ts';
import { entryExists, namesIn, requireTenantFolder } from './reading/repository-folders.ts';
import type { TenantConfig } from './tenant.ts';
import { type VendhostConfig, vendhostSchema } from './vendhost.ts';

/** Throws `CONFIG_UNREADABLE` without the file, `CONFIG_INVALID` with every fault in it. */
export async function readPlatformConfig(directory: string): Promise<PlatformConfig> {
  // Loaded here: a tenant's jobs never read it.
  const { platformSchema } = await import('./platform.ts');
  return await readConfig(join(directory, 'platform.yml'), platformSchema);
}

/** The tenant's name is the file's: throws `CONFIG_INVALID` for an invalid one, and like `readPlatformConfig`. */
export async function readTenantConfig(directory: string, tenant: string): Promise<TenantConfig> {
  checkTenantName(tenant, join(directory, 'tenants', `${tenant}.yml`));
  const { tenantSchema } = await import('./tenant.ts');
  return await readConfig(join(directory, 'tenants', `${tenant}.yml`), tenantSchema, { within: directory });
}

/** In a tenant's repository, a missing file means every default; elsewhere throws like `requireTenantFolder`. */
export async function readVendhostConfig(directory: string): Promise<VendhostConfig> {
  const file = join(directory, 'vendhost.yml');
  if (await entryExists(file)) return await readConfig(file, vendhostSchema as z.ZodType<VendhostConfig>);
  await requireTenantFolder(directory);
  return vendhostSchema.parse({});
}

/** The names of the tenants that a platform repository has files for, sorted. Throws `CONFIG_UNREADABLE` for an unreadable folder. */
export async function listTenants(directory: string): Promise<string[]> {
  const entries = await namesIn(join(directory, 'tenants'));
  return entries.filter((entry) => entry.endsWith('.yml')).map((entry) => basename(entry, '.yml'));
}

/** An environment of a platform; throws when `platform.yml` does not have it. */
export function environmentOf(platform: PlatformConfig, environment: Environment): EnvironmentConfig {
  const found = platform.environments[environment];
  if (found !== undefined) return found;
  throw new VendhostError('ENVIRONMENT_UNKNOWN', `platform.yml has no environment ${environment}`, {
    hint: `add it, or name one of: ${Object.keys(platform.environments).join(', ')}`,
  });
}

function checkTenantName(tenant: string, file: string): void {
  const parsed = tenantName.safeParse(tenant);
  if (parsed.success) return;
  const allowed = parsed.error.issues.map((issue) => issue.message).join(', ');
  throw configError([{ file, path: '', message: `"${tenant}" is not a tenant's name: must be ${allowed}` }]);
}

/** Whether another environment takes images of this one. */
export function isPromoted({ environments: all }: PlatformConfig, environment: Environment): boolean {
  return Object.values(all).some((each) => each?.images_from === environment);
}
