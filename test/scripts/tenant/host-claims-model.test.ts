import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Aws } from '../../../scripts/aws/session.ts';
import { HostClaims } from '../../../scripts/tenant/host-claims.ts';
import { endOf, type MemoryBucket, memoryBucket } from '../../builders/memory-bucket.ts';
import { plannedFaults } from '../../builders/planned-faults.ts';

const hosts = ['a', 'b', 'c', 'd'].map((name) => `${name}.example.com`);
const tenants = ['bank', 'mill', 'shop'];

/** What a vend does with claims. */
async function vend(aws: Aws, tenant: string, wanted: readonly string[]): Promise<readonly string[]> {
  const claims = new HostClaims(aws, 'bucket', tenant);
  const plan = await claims.plan(wanted);
  await claims.claim(plan.claim);
  await claims.keep(wanted);
  await claims.release(plan.release);
  return wanted;
}

function owners(bucket: MemoryBucket): Record<string, string> {
  return ownersIn(bucket, (key) => !key.startsWith('claims/hosts/tenants/'));
}

/** As the tenants' lists have it. */
function listed(bucket: MemoryBucket): Record<string, string> {
  return ownersIn(bucket, (key) => key.startsWith('claims/hosts/tenants/'));
}

function ownersIn(bucket: MemoryBucket, isMeant: (key: string) => boolean): Record<string, string> {
  const meant = Object.entries(bucket.objects()).filter(([key]) => isMeant(key));
  return Object.fromEntries(
    meant.map(([, text]) => {
      const { host, tenant } = JSON.parse(text);
      return [host, tenant];
    }),
  );
}

const some = fc.subarray(hosts);
/** Each host belongs to one tenant, or to none. */
const shared = fc.array(fc.constantFrom(...tenants, 'nobody'), { minLength: hosts.length, maxLength: hosts.length });

test('after any lost response, failure or kill no host has two tenants, and the next vend releases hosts that no file has', async () => {
  const model = fc.record({
    first: fc.tuple(some, some, some),
    later: shared,
    faults: plannedFaults(tenants.length),
    scheduler: fc.scheduler(),
  });
  await fc.assert(
    fc.asyncProperty(model, async ({ first, later, faults, scheduler }) => {
      const bucket = memoryBucket(() => scheduler.schedule(Promise.resolve()));
      const started = tenants.map(async (tenant, index) => {
        const writer = bucket.writer((call) => faults[index]?.get(call));
        return await endOf(writer, vend(writer.aws, tenant, first[index] ?? []));
      });
      const ended = await scheduler.waitFor(Promise.all(started));
      const given = ended.flatMap((end) => (end !== 'killed' && 'done' in end ? end.done : []));
      expect(given.toSorted()).toEqual([...new Set(given)].toSorted());

      const wantedBy = (tenant: string) => hosts.filter((_, index) => later[index] === tenant);
      // A host that moves between tenants is released by its owner first: the owner is vended again, as the hint says.
      const all = [...tenants, ...tenants].map((tenant) => async () => {
        await vend(bucket.writer().aws, tenant, wantedBy(tenant)).catch((error: { code?: string }) => {
          if (error.code !== 'HOST_TAKEN') throw error;
        });
      });
      await scheduler.waitFor(
        (async () => {
          for (const tenant of tenants) await vend(bucket.writer().aws, tenant, keptOf(bucket, tenant, wantedBy));
          for (const next of all) await next();
        })(),
      );
      const expected = hosts.flatMap((host, index) => (later[index] === 'nobody' ? [] : [[host, later[index]]]));
      expect(owners(bucket)).toEqual(Object.fromEntries(expected));
      expect(listed(bucket)).toEqual(Object.fromEntries(expected));
    }),
    { numRuns: 40, seed: 1 },
  );
});

/** The hosts of a file from which those of others are gone. */
function keptOf(bucket: MemoryBucket, tenant: string, wantedBy: (tenant: string) => string[]): string[] {
  const held = owners(bucket);
  return wantedBy(tenant).filter((host) => held[host] === tenant);
}
