/** Hosts that share a listener rule. */
export interface RuleGroup {
  /** The band of priorities that the rule's priority is in: `exact`, or `wildcard-<labels>`. */
  readonly band: string;
  readonly hosts: readonly string[];
}

/** Band of the rule that keeps a tenant's target group in use while a page answers for its hosts. */
export const keptBand = 'kept';

/**
 * The group of that rule: one host of the first group. A rule has five values at most in all of its conditions, and five hosts with an address are six
 * (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html, "Condition values per rule").
 */
export function keptGroup({ hosts }: RuleGroup): RuleGroup {
  return { band: keptBand, hosts: hosts.slice(0, 1) };
}

/**
 * Name of the parameter with a band's priority: `ListenerPriority` for `exact`, `ListenerPriorityWildcard3` for `wildcard-3`.
 * @param balancer number of the load balancer, if its resources have it in their logical ids
 */
export function priorityParameter(band: string, balancer?: number): string {
  const on = balancer === undefined ? '' : `OnBalancer${balancer}`;
  if (band === keptBand) return `ListenerPriorityKept${on}`;
  return band === 'exact' ? `ListenerPriority${on}` : `ListenerPriorityW${band.slice(1).replace('-', '')}${on}`;
}

/** Prefix of the names of outputs with the ARN of a rule. */
export const ruleOutputs = 'ListenerRule';

/** Name of the output with the ARN of a band's rule: so the list of all stacks shows who has which rule. */
export function ruleOutput(band: string, balancer?: number): string {
  return priorityParameter(band, balancer).replace('ListenerPriority', ruleOutputs);
}

/** A load balancer where a tenant has a target group and rules. */
export interface EntryBalancer {
  readonly number: number;
  readonly listenerArn: string;
  /** Its resources have no number in their logical ids: it is the tenant's first, and no update may replace them. */
  readonly isPlain: boolean;
}

/** An entry stack has this output as long as the tenant is in maintenance, or may switch it. */
export const keptOutput = ruleOutput(keptBand);

/** Output with the name of the document that switches maintenance, if the tenant's jobs may. */
export const switchOutput = 'MaintenanceSwitch';

/** A rule of the tenant's, by tokens. */
export interface TrafficRule {
  /** ARN. */
  readonly rule: string;
  /** ARN of the target group that it forwards to, unless a page answers. */
  readonly targetGroup: string;
}
