import type { Aws } from '../aws/session.ts';
import type { PlatformFacts } from '../config/facts.ts';
import { names, type Place } from '../config/names.ts';
import { readRules } from '../listener/listener-rules.ts';
import { type Band, groupByBand, type ListenerRule } from '../listener/priority.ts';
import { type Claimant, claimPriority, planPriority, releasePriorities } from '../listener/priority-claim.ts';
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

/** The host's rules with their priorities: claimed, or in a dry run those that would be. Throws `LISTENER_FULL`. */
export async function settleRules(runtime: Runtime, aws: Aws, of: RulesOf, dryRun: boolean): Promise<PlannedRule[]> {
  const groups = groupByBand(of.hosts);
  const standing = await readRules(aws, of.facts['listener-arn']);
  const own = standing.filter((rule) => forwardsTo(rule, of.place));
  await checkRoom(aws, of, standing.length, groups.length - own.length);
  const rules: PlannedRule[] = [];
  for (const { band, hosts } of groups) {
    const claimant = claimantOf(of, band);
    const choice = dryRun ? await planPriority(aws, claimant) : await claimPriority(runtime, aws, claimant);
    rules.push({ band: band.name, hosts, ...choice });
  }
  return rules;
}

/** Gives back the numbers of rules the host no longer has. */
export async function releaseOldRules(aws: Aws, of: RulesOf): Promise<number[]> {
  const groups = groupByBand(of.hosts);
  const [first] = groups;
  if (first === undefined) return [];
  return await releasePriorities(
    aws,
    claimantOf(of, first.band),
    groups.map(({ band }) => band),
  );
}

function claimantOf({ place, facts }: RulesOf, band: Band): Claimant {
  const { bucket, 'listener-arn': listenerArn } = facts;
  return { bucket, listenerArn, tenant: place.tenant, band, isOurs: (rule) => forwardsTo(rule, place) };
}

/** Only this tenant's target groups have its name; the port after it may be one of before. */
function forwardsTo({ targetGroups }: ListenerRule, place: Place): boolean {
  const own = names.targetGroupPrefix(place);
  return targetGroups.some((name) => name.startsWith(own) && /^\d+$/.test(name.slice(own.length)));
}
