import { z } from 'zod';
import { ConditionalObjects } from '../../aws/objects.ts';
import type { Aws } from '../../aws/session.ts';
import { keys } from '../../config/names.ts';
import { hostClaimSchema, priorityClaimSchema } from '../../config/stored.ts';
import { listenerId } from '../../listener/priority-claim.ts';
import type { HeldHost, HeldPriority } from './ownership.ts';

/** The hosts that are claimed in an environment's bucket; reads all pages. */
export async function readHostClaims(aws: Aws, bucket: string): Promise<HeldHost[]> {
  const claims = new ConditionalObjects(aws, bucket, hostClaimSchema);
  const names = (await claims.list(keys.hostClaims)).filter((name) => name.endsWith('.json'));
  return await held(names, async (name) => {
    const tenant = await holderOf(claims, `${keys.hostClaims}${name}`);
    return tenant && { host: name.replace(/\.json$/, ''), ...tenant };
  });
}

/** The priorities that are claimed on the listener of a load balancer; reads all pages. */
export async function readPriorityClaims(
  aws: Aws,
  bucket: string,
  { listenerArn, balancer }: { listenerArn: string; balancer: string },
): Promise<HeldPriority[]> {
  const claims = new ConditionalObjects(aws, bucket, priorityClaimSchema);
  const id = listenerId({ listenerArn });
  const listed = await claims.list(keys.priorityClaim(id, 1).replace(/[^/]+$/, ''));
  const names = listed.filter((name) => /^[1-9]\d*\.json$/.test(name));
  return await held(names, async (name) => {
    const priority = Number(name.replace(/\.json$/, ''));
    const key = keys.priorityClaim(id, priority);
    const tenant = await holderOf(claims, key);
    return tenant && { balancer, priority, key, ...tenant };
  });
}

/** Without those that were given back after they were listed. */
async function held<T>(names: readonly string[], read: (name: string) => Promise<T | undefined>): Promise<T[]> {
  const all = await Promise.all(names.map(read));
  return all.filter((each) => each !== undefined);
}

/** Who holds a claim; nobody when the object is something else, which its writer must not hide by. */
async function holderOf(
  claims: ConditionalObjects<{ tenant: string }>,
  key: string,
): Promise<{ tenant?: string } | undefined> {
  try {
    const claim = await claims.read(key);
    return claim && { tenant: claim.value.tenant };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) return {};
    throw error;
  }
}
