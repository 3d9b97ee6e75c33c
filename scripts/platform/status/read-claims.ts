import { atMost } from '../../aws/at-most.ts';
import { ConditionalObjects } from '../../aws/objects.ts';
import { isUnreadable } from '../../aws/read-stored.ts';
import type { Aws } from '../../aws/session.ts';
import { keys } from '../../config/names.ts';
import { hostClaimSchema, type PriorityClaim, priorityClaimSchema } from '../../config/stored.ts';
import { listenerId } from '../../listener/priority-claim.ts';
import type { HeldHost, HeldPriority } from './ownership.ts';

/** A bucket answers thousands of reads a second (https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html); the SDK keeps 50 connections. */
export const readsAtOnce = 40;

/** The hosts that are claimed in an environment's bucket; reads all pages. */
export async function readHostClaims(aws: Aws, bucket: string): Promise<HeldHost[]> {
  const claims = new ConditionalObjects(aws, bucket, hostClaimSchema);
  const names = (await claims.list(keys.hostClaims)).filter((name) => name.endsWith('.json'));
  return await held(names, async (name) => {
    const holder = await claimIn(claims, `${keys.hostClaims}${name}`);
    return (
      holder && { host: name.replace(/\.json$/, ''), ...(holder === 'unreadable' ? {} : { tenant: holder.tenant }) }
    );
  });
}

/**
 * The priorities that are claimed on the listener of a load balancer; reads all pages.
 * @param ruled numbers that a rule has: what its tenant recorded of them decides nothing, and is not read
 */
export async function readPriorityClaims(
  aws: Aws,
  bucket: string,
  { listenerArn, balancer, ruled }: { listenerArn: string; balancer: string; ruled: ReadonlySet<number> },
): Promise<HeldPriority[]> {
  const claims = new ConditionalObjects(aws, bucket, priorityClaimSchema);
  const id = listenerId({ listenerArn });
  const listed = await claims.list(keys.priorityClaim(id, 1).replace(/[^/]+$/, ''));
  const names = listed.filter((name) => /^[1-9]\d*\.json$/.test(name));
  const all = await held(names, async (name) => {
    const priority = Number(name.replace(/\.json$/, ''));
    const key = keys.priorityClaim(id, priority);
    const holder = await claimIn(claims, key);
    return holder && { balancer, priority, key, ...(holder === 'unreadable' ? {} : { tenant: holder.tenant }) };
  });
  const unused = all.filter(({ priority }) => !ruled.has(priority));
  const tenants = [...new Set(unused.flatMap(({ tenant }) => tenant ?? []))];
  const recorded = new Map(
    await atMost(readsAtOnce, tenants, async (tenant) => [tenant, await numbersOf(claims, id, tenant)] as const),
  );
  return all.map((each) => ({ ...each, recorded: recorded.get(each.tenant ?? '')?.includes(each.priority) ?? false }));
}

/** Folders of claims on other listeners than these: those of load balancers that were deleted. Reads all pages. */
export async function readAbandonedClaims(
  aws: Aws,
  bucket: string,
  listenerArns: readonly string[],
): Promise<string[]> {
  const claims = new ConditionalObjects(aws, bucket, priorityClaimSchema);
  const known = new Set(listenerArns.map((listenerArn) => listenerId({ listenerArn })));
  const ids = new Set((await claims.listAll(keys.priorityClaims)).map((key) => key.split('/')[0] ?? ''));
  return [...ids].filter((id) => !known.has(id)).map((id) => `${keys.priorityClaims}${id}/`);
}

/** The numbers that a tenant's own record names: one for each band it has rules in. */
async function numbersOf(
  claims: ConditionalObjects<PriorityClaim>,
  listener: string,
  tenant: string,
): Promise<number[]> {
  const folder = keys.tenantPriority(listener, tenant, '').replace(/[^/]+$/, '');
  const bands = await claims.list(folder);
  const records = await Promise.all(bands.map((band) => claimIn(claims, `${folder}${band}`)));
  return records.flatMap((record) => (record === undefined || record === 'unreadable' ? [] : [record.priority]));
}

/** Without those that were given back after they were listed. */
async function held<T>(names: readonly string[], read: (name: string) => Promise<T | undefined>): Promise<T[]> {
  const all = await atMost(readsAtOnce, names, read);
  return all.filter((each) => each !== undefined);
}

/** What a claim says; an object that is something else is named, or its writer could hide by it. */
async function claimIn<T>(claims: ConditionalObjects<T>, key: string): Promise<T | 'unreadable' | undefined> {
  try {
    return (await claims.read(key))?.value;
  } catch (error) {
    if (isUnreadable(error)) return 'unreadable';
    throw error;
  }
}
