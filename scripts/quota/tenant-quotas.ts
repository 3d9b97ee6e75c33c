import { type QuotaId, quotaIds, quotaOf } from './quotas.ts';
import { neededOf } from './room.ts';

/** What the tenants of an account use of one of its quotas, and AWS's usual value. */
export interface TakenQuota {
  readonly id: QuotaId;
  readonly taken: number;
  readonly usual: number;
}

/** How many tenants are vended: one that is in two environments is counted twice, as it takes of the quotas in each. */
export interface VendedTenants {
  readonly inAccount: number;
  /** In this region of the account. */
  readonly inRegion: number;
}

/** Counts those of all environments that share an account with one. */
export function vendedBeside(one: TenantsOfEnvironment, all: readonly TenantsOfEnvironment[]): VendedTenants {
  const own = all.filter(({ account }) => account === one.account);
  const count = (environments: readonly TenantsOfEnvironment[]) =>
    environments.reduce((sum, { tenants }) => sum + tenants.length, 0);
  return { inAccount: count(own), inRegion: count(own.filter(({ region }) => region === one.region)) };
}

interface TenantsOfEnvironment {
  readonly account: string;
  readonly region: string;
  readonly tenants: readonly string[];
}

/** The part of a quota above which it is reported. */
const nearShare = 0.8;

/**
 * Quotas that this many vended tenants nearly use up by themselves. It makes no calls: it multiplies the number of records by what vending makes for each.
 * `drift check` knows what else is in the account, and what AWS raised.
 */
export function takenQuotas(tenants: VendedTenants): TakenQuota[] {
  return quotaIds.flatMap((id): TakenQuota[] => {
    const { usual, per } = quotaOf(id);
    const taken =
      (per === 'account' ? tenants.inAccount : tenants.inRegion) *
      neededOf(id, { access: true, host: false, database: false });
    return per === 'load balancer' || taken < nearShare * usual ? [] : [{ id, taken, usual }];
  });
}

/**
 * The quotas as lines for people.
 * @param uncounted other environments of the account, whose tenants are not in the numbers
 */
export function quotaLines(quotas: readonly TakenQuota[], uncounted: readonly string[] = []): string[] {
  const without =
    uncounted.length === 0
      ? []
      : [`quotas of the account are counted without the tenants of ${uncounted.join(' and ')}, which share it: --all`];
  if (quotas.length === 0) return without;
  return [
    ...without,
    'quotas that the tenants nearly use up, unless AWS raised them (vendhost drift check --check quotas asks):',
    ...quotas.map(({ id, taken, usual }) => `  ${quotaOf(id).name}: ${taken}, usually ${usual}`),
  ];
}
