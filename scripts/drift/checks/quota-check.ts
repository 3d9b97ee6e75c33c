import { mostLoadBalancers } from '../../config/environment.ts';
import { names } from '../../config/names.ts';
import type { CountedBalancer } from '../../quota/balancers.ts';
import { quotaIds } from '../../quota/quotas.ts';
import { readQuotas } from '../../quota/read-quotas.ts';
import type { DriftCheck, PlatformCheckout } from '../checks.ts';
import { findQuotas } from './find-quotas.ts';
import { listenersOf } from './listeners.ts';
import { checkSection, howMany } from './section.ts';

const check = { id: 'quotas', title: "AWS's quotas" };

/** What tenants use up of the account's quotas, and of those of each load balancer. */
export const quotaCheck: DriftCheck = {
  ...check,
  async run(context) {
    const { runtime, aws, platform } = context;
    if (platform === undefined || context.tenant !== undefined) return [];
    const balancers = await countBalancers(platform);
    const states = await readQuotas(runtime, aws, quotaIds, balancers);
    return [
      checkSection(context, { ...check, count: howMany(states.length, 'quota') }, findQuotas(states, aws.region)),
    ];
  },
};

/** The load balancers that are published, with the number of their rules. */
async function countBalancers(platform: PlatformCheckout): Promise<CountedBalancer[]> {
  const { environment } = platform.target;
  const { published, listeners } = await listenersOf(platform);
  return Array.from({ length: mostLoadBalancers }, (_, index) => index + 1).flatMap((number) => {
    const name = names.balancerStack(environment, number);
    const arn = published.values[names.balancerFact('load-balancer-arn', number)];
    const rules = listeners.find(({ stack }) => stack === name)?.rules?.length;
    return arn === undefined || rules === undefined ? [] : [{ name, arn, rules }];
  });
}
