import { type QuotaId, quotaIds, quotaOf } from './quotas.ts';
import { neededOf } from './room.ts';

/** What the tenants of an environment take of a quota of the account, beside what AWS usually allows. */
export interface TakenQuota {
  readonly id: QuotaId;
  readonly taken: number;
  readonly usual: number;
}

/** The part of a quota from which on it is named. */
const nearShare = 0.8;

/**
 * Quotas that this many vended tenants nearly use up by themselves. Nobody is asked: it is the number of records by what vending makes for each.
 * What else is in the account, and what AWS raised, `drift check` knows.
 */
export function takenQuotas(tenants: number): TakenQuota[] {
  return quotaIds.flatMap((id): TakenQuota[] => {
    const { usual, per } = quotaOf(id);
    const taken = tenants * neededOf(id, { access: true, host: false, database: false });
    return per === 'load balancer' || taken < nearShare * usual ? [] : [{ id, taken, usual }];
  });
}

export function quotaLines(quotas: readonly TakenQuota[]): string[] {
  if (quotas.length === 0) return [];
  return [
    'quotas that the tenants nearly use up, unless AWS raised them (vendhost drift check --check quotas asks):',
    ...quotas.map(({ id, taken, usual }) => `  ${quotaOf(id).name}: ${taken}, usually ${usual}`),
  ];
}
