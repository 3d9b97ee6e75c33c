/** Hosts that share a listener rule. */
export interface RuleGroup {
  /** The band of priorities that the rule's priority is in: `exact`, or `wildcard-<labels>`. */
  readonly band: string;
  readonly hosts: readonly string[];
}

/** Band of the rule that keeps a tenant's target group in use while its hosts are in maintenance. */
export const keptBand = 'kept';

/** Name of the parameter with a band's priority: `ListenerPriority` for `exact`, `ListenerPriorityWildcard3` for `wildcard-3`. */
export function priorityParameter(band: string): string {
  if (band === keptBand) return 'ListenerPriorityKept';
  return band === 'exact' ? 'ListenerPriority' : `ListenerPriorityW${band.slice(1).replace('-', '')}`;
}

/** What the names of outputs begin with that have the ARN of a rule. */
export const ruleOutputs = 'ListenerRule';

/** Name of the output with the ARN of a band's rule: who has which rule is then in the list of all stacks. */
export function ruleOutput(band: string): string {
  return priorityParameter(band).replace('ListenerPriority', ruleOutputs);
}

/** An entry stack has this output as long as the tenant is in maintenance. */
export const maintenanceOutput = ruleOutput(keptBand);
