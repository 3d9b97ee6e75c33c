import type { PublishedFacts } from '../aws/read-facts.ts';
import type { Aws } from '../aws/session.ts';
import type { TenantRecord } from '../config/facts.ts';
import { names, type Place } from '../config/names.ts';
import { VendhostError } from '../errors.ts';
import { releasePriorities } from '../listener/priority-claim.ts';
import { readStack } from '../stack/stack-state.ts';

/** A tenant moves from one load balancer of an environment to another. */
export interface BalancerMove {
  readonly from: number;
  readonly to: number;
  /** Listener of the one it leaves; absent when the platform no longer has it. */
  readonly formerListener?: string;
}

/**
 * Whether the tenant is to move to another load balancer than in its record. Throws `LOAD_BALANCER_FIXED` when it has a
 * virtual host: a target group belongs to one load balancer
 * (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html).
 */
export async function planMove(
  aws: Aws,
  published: PublishedFacts,
  place: Place,
  record: TenantRecord | undefined,
  wanted: number,
): Promise<BalancerMove | undefined> {
  if (record === undefined || record.loadBalancer === wanted) return undefined;
  const { loadBalancer: from } = record;
  const stack = names.tenantStack(place, 'host');
  const host = await readStack(aws, stack);
  // A stack whose creation was rolled back has no target group.
  if (host !== undefined && host.status !== 'ROLLBACK_COMPLETE') throw fixed(place, from, wanted, stack, host.status);
  const formerListener = published.values[names.balancerFact('listener-arn', from)];
  return { from, to: wanted, ...(formerListener === undefined ? {} : { formerListener }) };
}

/** Gives back the priorities claimed on the listener that the tenant left; it has no rules there. */
export async function leaveBalancer(aws: Aws, place: Place, bucket: string, { formerListener }: BalancerMove) {
  if (formerListener === undefined) return;
  await releasePriorities(aws, { bucket, listenerArn: formerListener, tenant: place.tenant });
}

export function moveLine({ from, to }: BalancerMove): string {
  return `load balancer: ${from} → ${to}`;
}

function fixed({ environment, tenant }: Place, from: number, wanted: number, stack: string, status: string) {
  return new VendhostError(
    'LOAD_BALANCER_FIXED',
    `${tenant} in ${environment} is served by load balancer ${from} and cannot move to ${wanted}; nothing was changed`,
    {
      details: [`stack ${stack} is ${status}: its target group belongs to load balancer ${from}`],
      hint: [
        `set load_balancer: ${from} in tenants/${tenant}.yml`,
        `or, if downtime is acceptable: aws cloudformation delete-stack --stack-name ${stack} (its data stays), vend again, and run the tenant's pipeline`,
      ].join('; '),
    },
  );
}
