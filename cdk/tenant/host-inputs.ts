/** Hosts that share one listener rule. */
export interface RuleGroup {
  /** Name of the band their priority lies in: `exact`, or `wildcard-<labels>`. */
  readonly band: string;
  readonly hosts: readonly string[];
}

/** `exact` → `ListenerPriority`, `wildcard-3` → `ListenerPriorityWildcard3`. */
export function priorityParameter(band: string): string {
  return band === 'exact' ? 'ListenerPriority' : `ListenerPriorityW${band.slice(1).replace('-', '')}`;
}

/** Names of the data stack's outputs, which the host stack takes as parameters of the same names. */
export const dataOutputs = ['DatabaseAddress', 'DatabasePort', 'DatabaseSecurityGroup'] as const;
