import { keptBand, keptGroup, priorityParameter, type RuleGroup } from '../../../cdk/tenant/entry/rule-groups.ts';
import type { Aws } from '../../aws/session.ts';
import type { PlatformFacts } from '../../config/facts.ts';
import { names, type Place } from '../../config/names.ts';
import { readRules } from '../../listener/listener-rules.ts';
import { type Band, groupByBand, type ListenerRule, priorities } from '../../listener/priority.ts';
import {
  type Claimant,
  claimPriority,
  type PriorityHolder,
  planPriority,
  planReleases,
  recordedPriority,
  releasePriorities,
} from '../../listener/priority-claim.ts';
import { checkRoom, isTooManyRules, listenerFull, readRuleQuota } from '../../listener/quota.ts';
import type { Runtime } from '../../runtime.ts';

/** A rule of the tenant with its present or future priority on the listener. */
export interface PlannedRule extends RuleGroup {
  readonly priority: number;
  /** The tenant had this number before. */
  readonly kept: boolean;
  /** The tenant already holds the priority; otherwise it must be claimed, and another tenant may be faster. */
  readonly claimed: boolean;
  /** Number of the load balancer. */
  readonly loadBalancer: number;
}

export interface RulesOf {
  readonly place: Place;
  readonly facts: PlatformFacts;
  readonly hosts: readonly string[];
  /** Number of the load balancer the facts are of. */
  readonly loadBalancer: number;
  /** Listeners on which the tenant has no rules: it may have left them. */
  readonly elsewhere?: readonly string[];
  /** Whether a page answers for the hosts, or may: then an additional rule keeps the target group in use. */
  readonly keepsGroup?: boolean;
}

/** No request matches that rule, whatever its number. */
const kept: Band = { name: keptBand, first: 49_001, last: priorities.highest };

/** The tenant's rules: one for the hosts of each band and, where a page answers or may, the one that keeps the target group in use. */
function groupsOf({ hosts, keepsGroup = false }: Pick<RulesOf, 'hosts' | 'keepsGroup'>) {
  const groups: { readonly band: Band; readonly hosts: readonly string[] }[] = groupByBand(hosts);
  const [first] = ruleGroups(hosts);
  return keepsGroup && first !== undefined ? [...groups, { hosts: keptGroup(first).hosts, band: kept }] : groups;
}

/** Hosts that share a rule, for the entry stack. */
export function ruleGroups(hosts: readonly string[]): RuleGroup[] {
  return groupByBand(hosts).map(({ band, hosts: own }) => ({ band: band.name, hosts: own }));
}

/** The tenant's rules with the priorities they have or would get. Throws `LISTENER_FULL` when there is no room for them. */
export async function planRules(aws: Aws, of: RulesOf): Promise<PlannedRule[]> {
  const groups = groupsOf(of);
  const standing = await readRules(aws, of.facts['listener-arn']);
  const own = standing.filter((rule) => isOwn(rule, of));
  await checkRoom(aws, of, standing.length, groups.length - own.length);
  return await Promise.all(
    groups.map(
      async ({ band, hosts }): Promise<PlannedRule> => ({
        band: band.name,
        hosts,
        loadBalancer: of.loadBalancer,
        ...(await planPriority(aws, claimantOf(of, band))),
      }),
    ),
  );
}

/** The priorities that a tenant has, by its hosts; `undefined` for hosts without one. Every tenant may read them. */
export async function recordedRules(
  aws: Aws,
  of: RulesOf,
): Promise<{ readonly hosts: readonly string[]; readonly priority: number | undefined }[]> {
  return await Promise.all(
    groupByBand(of.hosts).map(async ({ band, hosts }) => {
      return { hosts, priority: await recordedPriority(aws, { ...holderOf(of), band }) };
    }),
  );
}

/** Claims the priorities of a plan that are not claimed yet; returns the numbers of all rules by their bands. */
export async function claimRules(
  runtime: Runtime,
  aws: Aws,
  of: RulesOf,
  planned: readonly PlannedRule[],
): Promise<Map<string, number>> {
  const here = planned.filter(({ loadBalancer }) => loadBalancer === of.loadBalancer);
  const numbers = new Map(here.map(({ band, priority }) => [band, priority]));
  const unclaimed = groupsOf(of).filter(({ band }) => here.some((rule) => rule.band === band.name && !rule.claimed));
  for (const { band } of unclaimed) {
    const { priority } = await claimPriority(runtime, aws, claimantOf(of, band));
    numbers.set(band.name, priority);
  }
  return numbers;
}

/**
 * Parameters of the entry stack: the priority of each rule.
 * @param balancer number of the load balancer, where logical ids have it
 */
export function priorityParameters(
  numbers: Iterable<readonly [band: string, priority: number]>,
  balancer?: number,
): Record<string, string> {
  return Object.fromEntries(
    [...numbers].map(([band, priority]) => [priorityParameter(band, balancer), String(priority)]),
  );
}

/** `LISTENER_FULL` when another writer added a rule in the meantime, and it was the last that AWS allows; else the error itself. */
export async function explainFull(aws: Aws, all: readonly RulesOf[], error: unknown): Promise<unknown> {
  if (!isTooManyRules(error)) return error;
  const quota = await readRuleQuota(aws);
  const standing = await Promise.all(all.map(({ facts }) => readRules(aws, facts['listener-arn'])));
  const [at] = [...standing.keys()].sort((one, other) => (standing[other]?.length ?? 0) - (standing[one]?.length ?? 0));
  const { place, loadBalancer } = all[at ?? 0] as RulesOf;
  const reason = { details: error.details, cause: error };
  return listenerFull({ place, loadBalancer }, standing[at ?? 0]?.length ?? 0, quota, reason);
}

/** The numbers of rules the tenant no longer has, by what it has on record on every listener: a run may have died before it gave them back. */
export async function planGiveBack(aws: Aws, of: RulesOf): Promise<number[]> {
  const left = holdersElsewhere(of).map((holder) => planReleases(aws, holder));
  return (await Promise.all([planReleases(aws, holderOf(of), bandsOf(of)), ...left])).flat();
}

/** Releases the numbers of rules the tenant no longer has; call it when the rules are deleted. */
export async function giveBack(aws: Aws, of: RulesOf): Promise<number[]> {
  const left = holdersElsewhere(of).map((holder) => releasePriorities(aws, holder));
  return (await Promise.all([releasePriorities(aws, holderOf(of), bandsOf(of)), ...left])).flat();
}

function holdersElsewhere(of: RulesOf): PriorityHolder[] {
  return (of.elsewhere ?? []).map((listenerArn) => ({ ...holderOf(of), listenerArn }));
}

function bandsOf(of: RulesOf): Band[] {
  return groupsOf(of).map(({ band }) => band);
}

function holderOf({ place, facts }: RulesOf): PriorityHolder {
  return { bucket: facts.bucket, listenerArn: facts['listener-arn'], tenant: place.tenant };
}

function claimantOf(of: RulesOf, band: Band): Claimant {
  return { ...holderOf(of), band, isOurs: (rule) => isOwn(rule, of) };
}

/** In maintenance a rule forwards to nothing, and is identified by its hosts, which nobody else may have. */
function isOwn(rule: ListenerRule, { place, hosts }: Pick<RulesOf, 'place' | 'hosts'>): boolean {
  if (rule.targetGroups.length > 0) return forwardsTo(rule, place);
  return rule.hosts?.some((host) => hosts.includes(host)) === true;
}

/**
 * Only this tenant's target groups have its name; port and load balancer at its end may be former ones. The rule of a virtual host
 * that an older version deployed is not ours: it keeps its number until that host is moved.
 */
function forwardsTo({ targetGroups }: ListenerRule, place: Place): boolean {
  const own = names.targetGroupPrefix(place);
  return targetGroups.some((name) => name.startsWith(own) && /^\d+-\d+$/.test(name.slice(own.length)));
}
