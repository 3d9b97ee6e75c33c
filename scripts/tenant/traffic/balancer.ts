import type { PublishedFacts } from '../../aws/read-facts.ts';
import type { Aws } from '../../aws/session.ts';
import type { VendedRecord } from '../../config/facts.ts';
import { names, type Place } from '../../config/names.ts';
import { VendhostError } from '../../errors.ts';
import { readStack } from '../../stack/stack-state.ts';

/** A tenant moves from one load balancer of an environment to another. */
export interface BalancerMove {
  readonly from: number;
  readonly to: number;
}

/**
 * Whether the tenant is to move to another load balancer than in its record. Throws `LOAD_BALANCER_FIXED` or `PORT_FIXED` when
 * load balancer or port would change while it has a virtual host: a target group has one of each, and the instances are in it
 * (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html).
 */
export async function planMove(
  aws: Aws,
  place: Place,
  record: VendedRecord | undefined,
  { loadBalancer: wanted, port }: { loadBalancer: number; port: number },
): Promise<BalancerMove | undefined> {
  if (record === undefined) return undefined;
  const { loadBalancer: from, port: formerPort = port } = record;
  if (from === wanted && formerPort === port) return undefined;
  const stack = names.tenantStack(place, 'host');
  const host = await readStack(aws, stack);
  // A stack whose creation was rolled back has no instances.
  if (host !== undefined && host.status !== 'ROLLBACK_COMPLETE') {
    const standing = `stack ${stack} is ${host.status}`;
    if (from !== wanted) throw balancerFixed(place, from, wanted, { stack, standing });
    throw portFixed(place, formerPort, port, { stack, standing });
  }
  if (from === wanted) return undefined;
  return { from, to: wanted };
}

/** The listeners of the environment's other load balancers: a tenant has no rules there. */
export function otherListeners({ values }: PublishedFacts, loadBalancer: number): string[] {
  const own = names.balancerFact('listener-arn', loadBalancer);
  return Object.entries(values).flatMap(([fact, arn]) =>
    /^listener-arn(-\d+)?$/.test(fact) && fact !== own ? [arn] : [],
  );
}

export function moveLine({ from, to }: BalancerMove): string {
  return `load balancer: ${from} → ${to}`;
}

interface Standing {
  readonly stack: string;
  readonly standing: string;
}

function balancerFixed({ environment, tenant }: Place, from: number, wanted: number, { stack, standing }: Standing) {
  return new VendhostError(
    'LOAD_BALANCER_FIXED',
    `${tenant} in ${environment} is served by load balancer ${from} and cannot move to ${wanted}; nothing was changed`,
    {
      details: [`${standing}: its target group belongs to load balancer ${from}`],
      hint: `set load_balancer: ${from} in tenants/${tenant}.yml; ${deletion(stack)}`,
    },
  );
}

function portFixed({ environment, tenant }: Place, from: number, wanted: number, { stack, standing }: Standing) {
  return new VendhostError(
    'PORT_FIXED',
    `${tenant} in ${environment} listens on port ${from} and cannot move to ${wanted}; nothing was changed`,
    {
      details: [`${standing}: its instances and its target group have port ${from}`],
      hint: `set port: ${from} in tenants/${tenant}.yml; ${deletion(stack)}`,
    },
  );
}

function deletion(stack: string): string {
  return `or, if downtime is acceptable: aws cloudformation delete-stack --stack-name ${stack} (its data stays), vend again, and run the tenant's pipeline`;
}
