import { atMost } from '../../aws/at-most.ts';
import type { Place } from '../../config/names.ts';
import { listTenantRecords } from '../../platform/account-stacks.ts';
import type { DriftContext } from '../checks.ts';
import { recordsOf } from './listeners.ts';
import { shared } from './shared.ts';

/** Most tenants that are looked at at the same time: AWS throttles an account's reads. */
const atOnce = 8;

/** The tenants that are looked at: the one that is named, else all that have a record. */
export const tenantsOf = shared(
  async ({ aws, environment, tenant, platform }: DriftContext): Promise<readonly string[]> => {
    if (tenant !== undefined) return [tenant];
    if (platform === undefined) return await listTenantRecords(aws, environment);
    return (await recordsOf(platform)).map((record) => record.tenant);
  },
);

/** Does the work for every tenant, some at a time; the results in the order of the tenants. */
export async function forEachTenant<T>(context: DriftContext, work: (place: Place) => Promise<T>): Promise<T[]> {
  const tenants = await tenantsOf(context);
  return await atMost(atOnce, tenants, async (tenant) => {
    context.runtime.signal.throwIfAborted();
    return await work({ environment: context.environment, tenant });
  });
}
