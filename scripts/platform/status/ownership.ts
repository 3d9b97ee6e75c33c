import type { FormerRecord } from '../../config/facts.ts';
import type { StandingRule } from '../../listener/listener-rules.ts';

/** A rule on a listener, with the tenant whose stack it is in. */
export interface OwnedRule extends StandingRule {
  /** Name of the load balancer's stack. */
  readonly balancer: string;
  /** Absent when no stack of a tenant has the rule. */
  readonly tenant?: string;
}

/** A claim in the bucket; without a tenant its object could not be read. */
export interface HeldHost {
  readonly host: string;
  readonly tenant?: string;
}

export interface HeldPriority {
  readonly balancer: string;
  readonly priority: number;
  /** Key of the claim. */
  readonly key: string;
  readonly tenant?: string;
  /** The tenant's own record of its numbers (`keys.tenantPriority`) names this one; not looked at where a rule has it. */
  readonly recorded: boolean;
}

/** What a tenant's record says, and what its file wants it to say. */
export type Granted = Pick<
  FormerRecord,
  'project' | 'software' | 'branch' | 'hosts' | 'port' | 'loadBalancer' | 'limits' | 'approval'
>;

/** A tenant's record or file; without a content it could not be read. */
export interface GrantOf {
  readonly tenant: string;
  readonly content?: Granted;
  /** Of a file: a page is to answer for the hosts, or the tenant's jobs may have one answer. */
  readonly maintenance?: boolean | 'switched';
}

/** Who owns what in an environment, as each place has it that says so. */
export interface Ownership {
  readonly environment: string;
  readonly bucket: string;
  readonly rules: readonly OwnedRule[];
  readonly hosts: readonly HeldHost[];
  readonly priorities: readonly HeldPriority[];
  /** Folders of claims on listeners that nothing publishes. */
  readonly abandoned?: readonly string[];
  readonly records: readonly GrantOf[];
  /** Files in `tenants/` with hosts in the environment; absent when the folder is not there. */
  readonly files?: readonly GrantOf[];
}

/** How two places can differ; each has a row in docs/runbook.md. */
export const differenceKinds = [
  'RULE_WITHOUT_STACK',
  'RULE_FOR_ALL_HOSTS',
  'RULE_HOST_UNCLAIMED',
  'RULE_HOST_OF_ANOTHER',
  'RULE_PRIORITY_DIFFERS',
  'CLAIM_UNREADABLE',
  'CLAIM_WITHOUT_RECORD',
  'CLAIM_NOT_RECORDED',
  'CLAIM_WITHOUT_RULE',
  'CLAIM_WITHOUT_LISTENER',
  'RECORD_UNREADABLE',
  'RECORD_HOST_UNCLAIMED',
  'RECORD_WITHOUT_FILE',
  'RECORD_DIFFERS',
  'APPROVAL_DIFFERS',
  'MAINTENANCE_DIFFERS',
  'FILE_UNREADABLE',
  'FILE_WITHOUT_RECORD',
] as const;

export interface Difference {
  readonly kind: (typeof differenceKinds)[number];
  /** What is there, and what it differs from. */
  readonly text: string;
  /** What its reader does next. */
  readonly next: string;
}

/** Tenants with a rule that forwards to nothing, sorted: a page answers for its hosts. */
export function tenantsInMaintenance(rules: readonly OwnedRule[]): string[] {
  const paged = rules.flatMap(({ tenant, targetGroups }) =>
    tenant === undefined || targetGroups.length > 0 ? [] : [tenant],
  );
  return [...new Set(paged)].sort();
}
