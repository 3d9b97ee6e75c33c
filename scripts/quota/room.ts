import type { Aws } from '../aws/session.ts';
import type { Place } from '../config/names.ts';
import { VendhostError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { increase, type QuotaId, quotaIds, quotaOf } from './quotas.ts';
import { type NotRead, type QuotaState, readQuotas } from './read-quotas.ts';
import type { Usage } from './told.ts';

/** What is about to be created for a tenant in an environment. */
export interface Taking {
  /** What vending makes: roles, target group, rules and pipeline. */
  readonly access: boolean;
  /** Instances, and what deploys to them. */
  readonly host: boolean;
  readonly database: boolean;
}

/** A quota that has no room for a tenant's use of it. */
export interface FullQuota extends Usage {
  readonly id: QuotaId;
  readonly needed: number;
}

/** How much of a quota that uses. */
export function neededOf(id: QuotaId, taking: Taking): number {
  const { vend = 0, host = 0, source } = quotaOf(id);
  const isTaken = source === 'RDS' ? taking.database : taking.host;
  return (taking.access ? vend : 0) + (isTaken ? host : 0);
}

/** The quotas that have no room for this use; unknown ones are not included. */
export function fullQuotas(states: readonly QuotaState[], taking: Taking): FullQuota[] {
  return states.flatMap(({ id, usage }) => {
    const needed = neededOf(id, taking);
    return 'reason' in usage || needed === 0 || usage.used + needed <= usage.limit ? [] : [{ id, ...usage, needed }];
  });
}

/**
 * Makes sure that the account has room for a tenant that is new to it. Throws `QUOTA_REACHED` with every quota that has none
 * for its access; missing room for its virtual host is a warning, and so is what cannot be read: AWS itself
 * refuses what does not fit. The rules of the load balancer are checked separately (`LISTENER_FULL`).
 */
export async function checkRoomForTenant(runtime: Runtime, aws: Aws, place: Place): Promise<void> {
  const ids = quotaIds.filter((id) => neededOf(id, everything) > 0 && quotaOf(id).per !== 'load balancer');
  const states = await read(runtime, aws, place, ids);
  const full = fullQuotas(states, { access: true, host: false, database: false });
  if (full.length > 0) throw noRoom(place, aws.region, full);
  for (const each of fullQuotas(states, everything)) {
    runtime.out.warn(
      `AWS has no room for a virtual host of ${place.tenant} in ${place.environment}: ${lineOf(each)} (${increase(each.id, aws.region)})`,
    );
  }
}

/**
 * The same before a tenant's database is first created. Throws `QUOTA_REACHED`. The other quotas of a virtual host are far away,
 * or Auto Scaling names AWS's reason (vCPUs): a tenant's role reads no more of the account than it has to.
 */
export async function checkRoomForDatabase(runtime: Runtime, aws: Aws, place: Place): Promise<void> {
  const taking: Taking = { access: false, host: false, database: true };
  const ids = quotaIds.filter((id) => quotaOf(id).source === 'RDS' && neededOf(id, taking) > 0);
  const full = fullQuotas(await read(runtime, aws, place, ids), taking);
  if (full.length > 0) throw noRoom(place, aws.region, full);
}

const everything: Taking = { access: true, host: true, database: true };

async function read(runtime: Runtime, aws: Aws, { tenant }: Place, ids: readonly QuotaId[]): Promise<QuotaState[]> {
  const states = await readQuotas(runtime, aws, ids);
  const unknown = states.flatMap(({ id, usage }): (NotRead & { id: QuotaId })[] =>
    'reason' in usage ? [{ id, ...usage }] : [],
  );
  for (const reason of new Set(unknown.map((each) => each.reason))) {
    const which = unknown.filter((each) => each.reason === reason).map(({ id }) => quotaOf(id).name);
    runtime.out.warn(`not checked whether AWS has room for ${tenant}: ${which.join(', ')} (${reason})`);
  }
  return states;
}

function lineOf({ id, used, limit, needed }: FullQuota): string {
  return `${used} of ${limit} ${quotaOf(id).name}, ${needed} more needed`;
}

function noRoom({ tenant, environment }: Place, region: string, full: readonly FullQuota[]): VendhostError {
  const message = `AWS has no room for ${tenant} in ${environment}: ${full.map(lineOf).join('; ')}`;
  return new VendhostError('QUOTA_REACHED', message, {
    details: full.map(({ id }) => `${quotaOf(id).name}: ${quotaOf(id).page}`),
    hint: full.map(({ id }) => increase(id, region)).join('; '),
  });
}
