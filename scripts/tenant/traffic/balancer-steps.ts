/** Where a tenant with a virtual host stands between load balancers; all of them by their numbers. */
export interface BalancerFacts {
  /** The one that its file names. */
  readonly wanted: number;
  /** The one of its record, which serves the hosts. */
  readonly serving: number;
  /** Others of its record, that instances are to be attached to. */
  readonly others: readonly number[];
  /** Those whose target group the Auto Scaling group is attached to. */
  readonly attached: readonly number[];
  /** Each instance that the serving one finds healthy is healthy in the wanted one as well. */
  readonly isHealthy: boolean;
  /** All hosts' DNS records lead to the wanted one; also `false` if that is not known. */
  readonly isDnsMoved: boolean;
}

/** What must happen before the next vend can continue. */
export type BalancerWait = 'attach' | 'health' | 'dns' | 'detach';

/** What vending leaves: a state that a repeated vend finds again, not a step. */
export interface BalancerLevel {
  /** Load balancers with a target group and rules of the tenant's. */
  readonly entry: readonly number[];
  /** Those that the next provision attaches the instances to, and that CodeDeploy takes instances out of. */
  readonly attach: readonly number[];
  /** The one that DNS is to lead to. */
  readonly serving: number;
  readonly waitsFor?: BalancerWait;
}

/**
 * How a tenant moves to another load balancer without an outage. The new target group and the rules that lead to it come first; the next
 * provision attaches the instances to both; when they are healthy in the new one, a person changes the DNS; then the next provision
 * detaches the instances from the old target group, which goes with its rules. They go together: a target group without a rule is
 * unused, its targets have no health, and a release would wait for it
 * (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html).
 */
export function planBalancers(facts: BalancerFacts): BalancerLevel {
  const { wanted, serving, others, attached, isHealthy } = facts;
  const only = { entry: [wanted], attach: [wanted], serving: wanted };
  const all = sorted([wanted, serving, ...others, ...attached]);
  const both = { entry: all, attach: all };
  if (all.length === 1) return only;
  if (!attached.includes(wanted)) return { ...both, serving, waitsFor: 'attach' };
  const left = attached.filter((number) => number !== wanted);
  if (left.length === 0) return only;
  const detaching = { ...only, entry: sorted([wanted, ...left]), waitsFor: 'detach' as const };
  // An earlier vend has already seen DNS lead there.
  if (serving === wanted && others.length === 0) return detaching;
  if (!isHealthy) return { ...both, serving, waitsFor: 'health' };
  return facts.isDnsMoved ? detaching : { ...both, serving: wanted, waitsFor: 'dns' };
}

function sorted(numbers: readonly number[]): number[] {
  return [...new Set(numbers)].sort((one, other) => one - other);
}
