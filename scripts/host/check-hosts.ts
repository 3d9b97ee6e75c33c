import { ConditionalObjects } from '../aws/objects.ts';
import type { Aws } from '../aws/session.ts';
import { keys, type Place } from '../config/names.ts';
import { hostClaimSchema } from '../config/stored.ts';
import { VendhostError } from '../errors.ts';

/** Throws `HOST_OF_ANOTHER_TENANT` when a host of the tenant's record is claimed by another tenant, or by none. */
export async function checkHosts(aws: Aws, place: Place, bucket: string, hosts: readonly string[]): Promise<void> {
  const claims = new ConditionalObjects(aws, bucket, hostClaimSchema);
  const holders = await Promise.all(
    hosts.map(async (host) => ({ host, tenant: (await claims.read(keys.hostClaim(host)))?.value.tenant })),
  );
  const faults = holders.filter(({ tenant }) => tenant !== place.tenant);
  if (faults.length === 0) return;
  throw new VendhostError(
    'HOST_OF_ANOTHER_TENANT',
    `${faults.length === 1 ? 'a host' : `${faults.length} hosts`} of ${place.tenant} in ${place.environment} cannot be used`,
    {
      details: faults.map(({ host, tenant }) =>
        tenant === undefined ? `${host}: not claimed` : `${host}: claimed by ${tenant}`,
      ),
      hint: `ask the platform team to run: vendhost tenant vend ${place.tenant} --environment ${place.environment}`,
    },
  );
}
