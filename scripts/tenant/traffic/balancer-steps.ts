/** Where a tenant with a virtual host stands between load balancers; all of them by their numbers. */
export interface BalancerFacts {
  /** The one that its file names. */
  readonly wanted: number;
  /** Those with a target group of the tenant's. */
  readonly groups: readonly number[];
  /** Those whose target group the Auto Scaling group is attached to. */
  readonly attached: readonly number[];
  /** Those whose target group has all instances that are in service, healthy. */
  readonly healthy: readonly number[];
  /** Where the hosts' DNS records lead; `undefined` when they do not all lead to the same, or could not be asked for. */
  readonly dns: number | undefined;
}

/** What vending leaves: a level, which the same vend finds again, and not a step. */
export interface BalancerLevel {
  /** Target groups in the entry stack. */
  readonly groups: readonly number[];
  /** Load balancers with the tenant's rules. */
  readonly rules: readonly number[];
  /** Target groups for the next provision to attach, and for CodeDeploy to take instances out of. */
  readonly attach: readonly number[];
  /** What must happen before the next vend can go on. */
  readonly waitsFor?: 'provision' | 'health' | 'dns';
}

/**
 * How a tenant moves to another load balancer without an outage. The new target group and the rules that lead to it come first; the next
 * provision attaches the instances to both; when they are healthy in the new one, a person changes the DNS; then the old rules go, the next
 * provision detaches the instances, and the old target group goes. An Auto Scaling group has up to 50 target groups, a deployment group
 * up to ten (https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_LoadBalancerInfo.html), and a target group belongs to one load
 * balancer (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html).
 */
export function planBalancers({ wanted, groups, attached, healthy, dns }: BalancerFacts): BalancerLevel {
  const all = sorted([wanted, ...groups, ...attached]);
  const others = all.filter((number) => number !== wanted);
  if (others.length === 0) return { groups: all, rules: all, attach: all };
  const both = { groups: all, rules: all, attach: all };
  if (!attached.includes(wanted)) return { ...both, waitsFor: 'provision' };
  if (!healthy.includes(wanted)) return { ...both, waitsFor: 'health' };
  if (dns !== wanted) return { ...both, waitsFor: 'dns' };
  // A target group that instances are still attached to stays: deployments and Auto Scaling would look for it in vain.
  const left = others.filter((number) => attached.includes(number));
  const level = { groups: sorted([wanted, ...left]), rules: [wanted], attach: [wanted] };
  return left.length === 0 ? level : { ...level, waitsFor: 'provision' };
}

function sorted(numbers: readonly number[]): number[] {
  return [...new Set(numbers)].sort((one, other) => one - other);
}
