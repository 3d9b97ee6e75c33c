import type { TenantBalancers } from '../../../cdk/tenant/access/tenant-access-stack.ts';
import type { PublishedFacts } from '../../aws/read-facts.ts';
import type { Aws } from '../../aws/session.ts';
import type { VendedRecord } from '../../config/facts.ts';
import { names, type Place } from '../../config/names.ts';
import { VendhostError } from '../../errors.ts';
import { readStack } from '../../stack/stack-state.ts';
import { readBalancerFacts } from './balancer-facts.ts';
import { type BalancerLevel, planBalancers } from './balancer-steps.ts';

/** A tenant moves from one load balancer of an environment to another. */
export interface BalancerMove {
  readonly from: number;
  readonly to: number;
  /** What must happen before the next vend can continue; nothing after the last step. */
  readonly waitsFor?: BalancerLevel['waitsFor'];
  /** Their DNS names. */
  readonly dns: { readonly from: string; readonly to: string };
}

/** The load balancers after a vend. */
export interface BalancerPlan extends BalancerLevel {
  /** The one without a number in logical ids. */
  readonly plain: number;
  /** Set when another one is to serve the tenant than before, or a move is not finished. */
  readonly move?: BalancerMove;
}

export interface BalancerWish {
  readonly loadBalancer: number;
  readonly port: number;
  readonly hosts: readonly string[];
  readonly published: PublishedFacts;
  readonly dnsMoved: boolean;
}

/**
 * Which load balancers the tenant should have. With a virtual host a move takes several vends, and `waitsFor` says what must happen between them. Throws
 * `PORT_FIXED` when the port would change while there is a virtual host, and `LOAD_BALANCER_FIXED` for a host whose rules an older version deployed.
 */
export async function planMove(
  aws: Aws,
  place: Place,
  record: VendedRecord | undefined,
  wish: BalancerWish,
): Promise<BalancerPlan> {
  const { loadBalancer: wanted, port } = wish;
  const only = { entry: [wanted], attach: [wanted], serving: wanted };
  const dnsOf = (number: number) => wish.published.values[names.balancerFact('load-balancer-dns', number)] ?? '';
  const moveFrom = (from: number) => ({ from, to: wanted, dns: { from: dnsOf(from), to: dnsOf(wanted) } });
  if (record === undefined) return { ...only, plain: wanted };
  const { loadBalancer: from, port: formerPort = port, plainBalancer } = record;
  if (from === wanted && formerPort === port && plainBalancer === undefined) return { ...only, plain: wanted };
  const stack = names.tenantStack(place, 'host');
  const host = await readStack(aws, stack);
  // A stack whose creation was rolled back has no instances.
  if (host === undefined || host.status === 'ROLLBACK_COMPLETE') {
    return { ...only, plain: plainBalancer ?? wanted, ...(from === wanted ? {} : { move: moveFrom(from) }) };
  }
  const standing = { stack, standing: `stack ${stack} is ${host.status}` };
  if (formerPort !== port) throw portFixed(place, formerPort, port, standing);
  if (record.port === undefined) throw balancerFixed(place, from, wanted, standing);
  const level = planBalancers(await readBalancerFacts(aws, { place, record, host, wanted, ...wish }));
  const [other = from] = level.entry.filter((number) => number !== wanted);
  const waits = level.waitsFor === undefined ? {} : { waitsFor: level.waitsFor };
  const isMoving = from !== wanted || level.waitsFor !== undefined || record.otherBalancers !== undefined;
  return {
    ...level,
    plain: plainBalancer ?? from,
    ...(isMoving ? { move: { ...moveFrom(from === wanted ? other : from), ...waits } } : {}),
  };
}

/** The load balancers for the tenant's stacks; `undefined` when one has all. */
export function stackBalancers(
  { values }: PublishedFacts,
  { entry, attach, serving, plain }: BalancerPlan,
): TenantBalancers | undefined {
  if (entry.length === 1 && plain === serving) return undefined;
  return {
    entry: entry.map((number) => {
      const listenerArn = values[names.balancerFact('listener-arn', number)] ?? '';
      return { number, listenerArn, isPlain: number === plain };
    }),
    others: attach.filter((number) => number !== serving),
    plain,
  };
}

/** Its number, where the logical ids of its resources have it. */
export function numberedBalancer({ plain }: Pick<BalancerPlan, 'plain'>, number: number): number | undefined {
  return number === plain ? undefined : number;
}

/** The listeners of the environment's load balancers on which the tenant should have no rules. */
export function otherListeners({ values }: PublishedFacts, entry: readonly number[]): string[] {
  const own = entry.map((number) => names.balancerFact('listener-arn', number));
  return Object.entries(values).flatMap(([fact, arn]) =>
    /^listener-arn(-\d+)?$/.test(fact) && !own.includes(fact) ? [arn] : [],
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
      details: [`${standing}: its rules and its target group are its own, as an older version deployed them`],
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
