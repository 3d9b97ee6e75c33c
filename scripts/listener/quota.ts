import type { Aws } from '../aws/session.ts';
import type { Place } from '../config/names.ts';
import { VendhostError } from '../errors.ts';

/** A load balancer by the number the platform gave it, and the tenant it should serve. */
export interface BalancerUse {
  readonly place: Place;
  readonly loadBalancer: number;
}

/** Rules a load balancer has room for, unless AWS raised it (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html). */
export const defaultRuleQuota = 100;

const quotaName = 'rules-per-application-load-balancer';

/**
 * Makes sure that a load balancer has room for more rules. Throws `LISTENER_FULL`. Rules that are created after this
 * are refused by AWS itself, see `isTooManyRules`.
 * @param standing rules on the listener now, whoever created them
 * @param needed rules to be added
 */
export async function checkRoom(aws: Aws, served: BalancerUse, standing: number, needed: number): Promise<void> {
  // A host that adds no rule needs no room, and below AWS's default the account's own quota does not matter.
  if (needed <= 0 || standing + needed <= defaultRuleQuota) return;
  const quota = await readRuleQuota(aws);
  if (standing + needed > quota) throw listenerFull(served, standing, quota);
}

/** How many rules the account may have on a load balancer. */
export async function readRuleQuota(aws: Aws): Promise<number> {
  const { paginateDescribeAccountLimits } = await import('@aws-sdk/client-elastic-load-balancing-v2');
  for await (const { Limits = [] } of paginateDescribeAccountLimits({ client: await aws.elb() }, {})) {
    const max = Number(Limits.find(({ Name }) => Name === quotaName)?.Max);
    if (max > 0) return max;
  }
  return defaultRuleQuota;
}

/** Whether AWS refused a rule because the load balancer has as many as it may; CloudFormation gives the reason as a text. */
export function isTooManyRules(error: unknown): error is VendhostError {
  return error instanceof VendhostError && error.details.some((line) => tooMany.test(line));
}

const tooMany = /TooManyRules|maximum number of rules/i;

/** `LISTENER_FULL`, with the way out. */
export function listenerFull(
  { place, loadBalancer }: BalancerUse,
  standing: number,
  quota: number,
  reason: { details?: readonly string[]; cause?: unknown } = {},
): VendhostError {
  const { environment, tenant } = place;
  const next = loadBalancer + 1;
  return new VendhostError(
    'LISTENER_FULL',
    `load balancer ${loadBalancer} of ${environment} has ${standing} rules, and AWS allows ${quota}`,
    {
      ...reason,
      hint: [
        `set environments.${environment}.load_balancers: ${next} or more in platform.yml`,
        `vendhost platform deploy --environment ${environment}`,
        `set load_balancer: ${next} in tenants/${tenant}.yml`,
        `vendhost tenant vend ${tenant} --environment ${environment}`,
      ].join('; '),
    },
  );
}
