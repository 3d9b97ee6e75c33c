import type { Aws } from '../aws/session.ts';
import type { PlatformFacts } from '../config/facts.ts';
import { names, type Place } from '../config/names.ts';
import { readRules } from '../listener/listener-rules.ts';
import { type Band, groupByBand, type ListenerRule } from '../listener/priority.ts';
import {
  type Claimant,
  claimPriority,
  type PriorityHolder,
  planPriority,
  planReleases,
  releasePriorities,
} from '../listener/priority-claim.ts';
import { checkRoom } from '../listener/quota.ts';
import type { Runtime } from '../runtime.ts';
import type { PlannedRule } from './host-plan.ts';

export interface RulesOf {
  readonly place: Place;
  readonly facts: PlatformFacts;
  readonly hosts: readonly string[];
  /** Number of the load balancer the facts are of. */
  readonly loadBalancer: number;
}

/** The host's rules with the priorities they have or would get. Throws `LISTENER_FULL` when there is no room for them. */
export async function planRules(aws: Aws, of: RulesOf): Promise<PlannedRule[]> {
  const groups = groupByBand(of.hosts);
  const standing = await readRules(aws, of.facts['listener-arn']);
  const own = standing.filter((rule) => forwardsTo(rule, of.place));
  await checkRoom(aws, of, standing.length, groups.length - own.length);
  return await Promise.all(
    groups.map(async ({ band, hosts }) => ({
      band: band.name,
      hosts,
      ...(await planPriority(aws, claimantOf(of, band))),
    })),
  );
}

/** Claims the priorities of a plan that are not claimed yet; returns the numbers of all rules by their bands. */
export async function claimRules(
  runtime: Runtime,
  aws: Aws,
  of: RulesOf,
  planned: readonly PlannedRule[],
): Promise<Map<string, number>> {
  const numbers = new Map(planned.map(({ band, priority }) => [band, priority]));
  const unclaimed = groupByBand(of.hosts).filter(({ band }) =>
    planned.some((rule) => rule.band === band.name && !rule.claimed),
  );
  for (const { band } of unclaimed) {
    const { priority } = await claimPriority(runtime, aws, claimantOf(of, band));
    numbers.set(band.name, priority);
  }
  return numbers;
}

/** The numbers of rules the host no longer has. */
export async function planGiveBack(aws: Aws, of: RulesOf): Promise<number[]> {
  return await planReleases(aws, holderOf(of), bandsOf(of));
}

/** Gives back the numbers of rules the host no longer has; call it when the rules are gone. */
export async function giveBack(aws: Aws, of: RulesOf): Promise<number[]> {
  return await releasePriorities(aws, holderOf(of), bandsOf(of));
}

function bandsOf({ hosts }: RulesOf): Band[] {
  return groupByBand(hosts).map(({ band }) => band);
}

function holderOf({ place, facts }: RulesOf): PriorityHolder {
  return { bucket: facts.bucket, listenerArn: facts['listener-arn'], tenant: place.tenant };
}

function claimantOf(of: RulesOf, band: Band): Claimant {
  return { ...holderOf(of), band, isOurs: (rule) => forwardsTo(rule, of.place) };
}

/** Only this tenant's target groups have its name; the port at its end may be a former one. */
function forwardsTo({ targetGroups }: ListenerRule, place: Place): boolean {
  const own = names.targetGroupPrefix(place);
  return targetGroups.some((name) => name.startsWith(own) && /^\d+$/.test(name.slice(own.length)));
}
