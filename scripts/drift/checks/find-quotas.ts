import { increase, quotaOf } from '../../quota/quotas.ts';
import type { QuotaState } from '../../quota/read-quotas.ts';
import { neededOf } from '../../quota/room.ts';
import type { Finding } from '../../report/report.ts';

/** The part of a quota that may be used before it counts as near its limit. */
const nearShare = 0.8;

/** Quotas that are nearly used up, or that have no room for one more tenant. */
export function findQuotas(states: readonly QuotaState[], region: string): Finding[] {
  return states.flatMap(({ id, balancer, usage }): Finding[] => {
    const { name, page } = quotaOf(id);
    const about = balancer === undefined ? id : `${id}/${balancer}`;
    const what = balancer === undefined ? name : `${name} ${balancer}`;
    if ('reason' in usage) {
      const title = `how many ${what} there may be was not checked: ${usage.reason}`;
      return [{ id: about, gravity: 'unknown', title, next: usage.hint }];
    }
    const { used, limit } = usage;
    const needed = neededOf(id, { access: true, host: true, database: true });
    const isFull = used + needed > limit;
    if (!isFull && used < nearShare * limit) return [];
    const room = isFull ? 'no room for one more tenant' : 'nearly used up';
    return [
      {
        id: about,
        gravity: isFull ? 'fault' : 'change',
        title: `${used} of ${limit} ${what}: ${room}`,
        details: [page],
        next: increase(id, region),
      },
    ];
  });
}
