import type { DriftContext } from '../../checks.ts';
import type { HostFacts } from './host-facts.ts';
import { readHost } from './read-hosts.ts';

const read = new WeakMap<DriftContext, Map<string, Promise<HostFacts | undefined>>>();

/** A tenant's virtual host, read once for all checks of a context. */
export function hostOf(context: DriftContext, tenant: string): Promise<HostFacts | undefined> {
  const hosts = read.get(context) ?? new Map<string, Promise<HostFacts | undefined>>();
  read.set(context, hosts);
  const reading = hosts.get(tenant) ?? readHost(context.aws, { environment: context.environment, tenant });
  hosts.set(tenant, reading);
  return reading;
}
