import { partValue } from '../../aws/status-part.ts';
import type { TenantFile } from '../../platform/status/tenant-files.ts';
import type { EnvironmentTarget } from '../../platform/targets.ts';
import { type HostMove, type HostWish, hostMoves } from '../moves/order-vends.ts';
import { chosenHere, type Register } from './compare-register.ts';
import { type DeployedTenants, recordedHosts, unexplained } from './read-deployed.ts';

/** Claims whose owner is to be read: those that no record explains, and those of hosts that left the file of whose record they are in. */
export function questioned(
  target: Pick<EnvironmentTarget, 'environment' | 'config'>,
  files: readonly TenantFile[],
  deployed: DeployedTenants,
): string[] {
  const claimed = partValue(deployed.hosts);
  const wanted = new Map(wishesIn(target, files).map(({ tenant, hosts }) => [tenant, hosts]));
  const left = [...(partValue(deployed.records) ?? [])].flatMap(([tenant, record]) => {
    const hosts = wanted.get(tenant);
    return hosts === undefined
      ? []
      : recordedHosts(record).filter((host) => claimed?.has(host) && !hosts.includes(host));
  });
  return [...new Set([...unexplained(deployed), ...left])].sort();
}

/** The hosts that go from one tenant to another, by the claims; none where these could not be read. */
export function movesIn(register: Register): HostMove[] {
  const { environment, files, owners } = register;
  const held = [...(partValue(owners) ?? [])].map(([host, tenant]) => ({ environment, host, tenant }));
  return hostMoves(wishesIn(register, files), held);
}

function wishesIn(target: Pick<EnvironmentTarget, 'environment' | 'config'>, files: readonly TenantFile[]): HostWish[] {
  const { environment } = target;
  return files.flatMap(({ tenant, config }): HostWish[] => {
    const chosen = config && chosenHere(target, config);
    return chosen === undefined ? [] : [{ tenant, environment, hosts: chosen.hosts }];
  });
}
