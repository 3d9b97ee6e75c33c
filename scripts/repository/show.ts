import { join } from 'node:path';
import { stringify } from 'yaml';
import { listTenants, readPlatformConfig, readTenantConfig, readVendhostConfig } from '../config/files.ts';
import { entryExists } from '../config/reading/repository-folders.ts';
import type { Runtime } from '../runtime.ts';

/** Prints the repository's configuration with every default filled in. */
export async function showConfig(runtime: Runtime, { directory }: { directory: string }): Promise<undefined> {
  const value = (await isPlatformRepository(directory))
    ? { platform: await readPlatformConfig(directory), tenants: await readTenants(directory) }
    : { ...(await readVendhostConfig(directory)) };
  runtime.out.result(value, stringify(value).trimEnd());
}

/** A platform repository is one with a `platform.yml`. */
export async function isPlatformRepository(directory: string): Promise<boolean> {
  return await entryExists(join(directory, 'platform.yml'));
}

async function readTenants(directory: string): Promise<Record<string, unknown>> {
  const names = await listTenants(directory);
  const configs = await Promise.all(names.map((name) => readTenantConfig(directory, name)));
  return Object.fromEntries(names.map((name, index) => [name, configs[index]]));
}
