import type { Aws } from '../aws/session.ts';
import { type QuotaId, quotaOf } from './quotas.ts';
import type { Usage, Usages } from './told.ts';

/** A load balancer, and how many rules its listeners have. */
export interface CountedBalancer {
  /** Name of its stack. */
  readonly name: string;
  readonly arn: string;
  readonly rules: number;
}

/** What one load balancer uses of its quotas. */
export interface BalancerUsage extends Usage {
  readonly id: QuotaId;
  readonly balancer: string;
}

/** Elastic Load Balancing's names (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Limit.html). */
const limitNames = {
  'load-balancer-rules': 'rules-per-application-load-balancer',
  'load-balancer-target-groups': 'target-groups-per-application-load-balancer',
  'target-groups': 'target-groups',
} as const satisfies Partial<Record<QuotaId, string>>;

/** Target groups of the region, and what each load balancer uses; all pages. */
export async function readBalancerUsage(
  aws: Aws,
  balancers: readonly CountedBalancer[],
): Promise<{ usages: Usages; each: BalancerUsage[] }> {
  const sdk = await import('@aws-sdk/client-elastic-load-balancing-v2');
  const client = await aws.elb();
  const limits = new Map<string, number>();
  for await (const { Limits = [] } of sdk.paginateDescribeAccountLimits({ client }, {})) {
    for (const { Name = '', Max } of Limits) if (Number(Max) > 0) limits.set(Name, Number(Max));
  }
  const users: string[][] = [];
  for await (const { TargetGroups = [] } of sdk.paginateDescribeTargetGroups({ client }, {})) {
    users.push(...TargetGroups.map(({ LoadBalancerArns = [] }) => LoadBalancerArns));
  }
  const limit = (id: keyof typeof limitNames) => limits.get(limitNames[id]) ?? quotaOf(id).usual;
  return {
    usages: { 'target-groups': { used: users.length, limit: limit('target-groups') } },
    each: balancers.flatMap(({ name, arn, rules }): BalancerUsage[] => [
      { id: 'load-balancer-rules', balancer: name, used: rules, limit: limit('load-balancer-rules') },
      {
        id: 'load-balancer-target-groups',
        balancer: name,
        used: users.filter((of) => of.includes(arn)).length,
        limit: limit('load-balancer-target-groups'),
      },
    ]),
  };
}
