/** Hosts that share a listener rule. */
export interface RuleGroup {
  /** The band of priorities that the rule's priority is in: `exact`, or `wildcard-<labels>`. */
  readonly band: string;
  readonly hosts: readonly string[];
}

/** Name of the parameter with a band's priority: `ListenerPriority` for `exact`, `ListenerPriorityWildcard3` for `wildcard-3`. */
export function priorityParameter(band: string): string {
  return band === 'exact' ? 'ListenerPriority' : `ListenerPriorityW${band.slice(1).replace('-', '')}`;
}
