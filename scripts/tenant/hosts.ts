import type { Environment } from '../config/environment.ts';
import type { Fault } from '../config/issues.ts';
import type { PlatformConfig } from '../config/platform.ts';
import type { TenantConfig } from '../config/tenant.ts';

/**
 * The faults of a tenant's hosts: each must lie in the domain of its environment, where the longest domain counts
 * (`shop.dev.example.com` is of `dev.example.com`, not of `example.com`), and be named once.
 */
export function hostFaults(file: string, platform: PlatformConfig, tenant: TenantConfig): Fault[] {
  const seen = new Set<string>();
  return Object.entries(tenant.hosts).flatMap(([environment, hosts = []]) =>
    hosts.flatMap((host, index) => {
      const path = `hosts.${environment}.${index}`;
      const fault = (message: string) => [{ file, path, message: `"${host}" is wrong: ${message}` }];
      const repeated = seen.has(host);
      seen.add(host);
      if (repeated) return fault('it is in this file twice');
      const config = platform.environments[environment as Environment];
      if (config === undefined) return fault(`platform.yml has no environment ${environment}`);
      const owner = environmentOfHost(platform, host);
      if (owner === environment) return [];
      const elsewhere = owner === undefined ? '' : `, and it lies in ${owner}'s`;
      return fault(`must lie in ${config.domain}, the domain of ${environment}${elsewhere}`);
    }),
  );
}

/** The environment with the longest domain that the host lies in. */
function environmentOfHost(platform: PlatformConfig, host: string): string | undefined {
  const name = host.replace(/^\*\./, '');
  let best: { environment: string; domain: string } | undefined;
  for (const [environment, { domain }] of Object.entries(platform.environments)) {
    const inside = name === domain || name.endsWith(`.${domain}`);
    if (inside && domain.length > (best?.domain.length ?? 0)) best = { environment, domain };
  }
  return best?.environment;
}
