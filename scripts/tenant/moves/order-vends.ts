import type { Environment } from '../../config/environment.ts';
import { hostsOverlap } from '../../config/host-checks.ts';

/** What a tenant's file wants in an environment. */
export interface HostWish {
  readonly tenant: string;
  readonly environment: Environment;
  readonly hosts: readonly string[];
}

/** A claim that stands in an environment. */
export interface HeldClaim {
  readonly environment: Environment;
  readonly host: string;
  readonly tenant: string;
}

/** A host that moves from one tenant to another. */
export interface HostMove {
  readonly environment: Environment;
  readonly host: string;
  readonly from: string;
  readonly to: string;
}

/** Vends a tenant. */
export interface VendStep {
  readonly tenant: string;
  /** Hosts of its file that it gets in a later step: another tenant, which waits for one of this tenant's, still has them. */
  readonly without: readonly { readonly environment: Environment; readonly host: string }[];
}

/**
 * The hosts that move between the tenants, by their claims and not by their records. If its holder's file still has a host, it
 * does not move: vending its other tenant reports that (`HOST_TAKEN`).
 */
export function hostMoves(wishes: readonly HostWish[], held: readonly HeldClaim[]): HostMove[] {
  return wishes.flatMap(({ tenant: to, environment, hosts }) =>
    held.flatMap(({ environment: where, host, tenant: from }): HostMove[] => {
      const holder = wishes.find((wish) => wish.tenant === from && wish.environment === environment);
      const isWanted = where === environment && from !== to && hosts.some((each) => hostsOverlap(each, host));
      return isWanted && holder !== undefined && !holder.hosts.includes(host) ? [{ environment, host, from, to }] : [];
    }),
  );
}

/**
 * The order in which to vend tenants: the old tenant of a host comes before the new one. If tenants wait for each other in a circle, one is
 * vended twice: first without its new hosts, so that it releases the others. It depends on the present claims, so after a run that died the same
 * question has the rest of the same answer.
 * @param tenants in the order in which they are vended if nothing else decides
 */
export function orderVends(tenants: readonly string[], moves: readonly HostMove[]): VendStep[] {
  const steps: VendStep[] = [];
  const left = new Set(tenants);
  const all = moves.filter(({ from, to }) => left.has(from) && left.has(to));
  let open = all;
  // A released host has no rule until it is claimed: the tenant that waits for it is next, and a tenant that releases one waits for the others.
  const rank = (tenant: string) => {
    if (all.some(({ to }) => to === tenant)) return 0;
    return open.some(({ from }) => from === tenant) ? 2 : 1;
  };
  while (left.size > 0) {
    const ready = [...left]
      .filter((tenant) => !open.some(({ to }) => to === tenant))
      .sort((one, other) => rank(one) - rank(other))[0];
    const tenant = ready ?? giver([...left], open);
    const without = open.flatMap(({ environment, host, to }) => (to === tenant ? [{ environment, host }] : []));
    steps.push({ tenant, without });
    if (ready !== undefined) left.delete(tenant);
    open = open.filter(({ from }) => from !== tenant);
  }
  return steps;
}

/** A tenant of a circle: following each tenant to the one it waits for ends in one. */
function giver(waiting: readonly string[], open: readonly HostMove[]): string {
  const seen: string[] = [];
  let at = waiting[0] as string;
  while (!seen.includes(at)) {
    seen.push(at);
    at = open.find(({ to }) => to === at)?.from ?? at;
  }
  return at;
}

/**
 * Steps that are started together: each but the first is prepared, then the one before it releases, and it claims. A tenant that is vended twice is
 * prepared when its second turn comes: its own first one changes what that goes by.
 */
export function stepGroups(steps: readonly VendStep[], moves: readonly HostMove[]): VendStep[][] {
  const groups: VendStep[][] = [];
  for (const step of steps) {
    const group = groups.at(-1);
    const giver = group?.at(-1)?.tenant;
    const takes = moves.some(({ from, to }) => from === giver && to === step.tenant);
    const isOnce = steps.filter(({ tenant }) => tenant === step.tenant).length === 1;
    if (group !== undefined && takes && isOnce) group.push(step);
    else groups.push([step]);
  }
  return groups;
}

/** The tenants that are vended together with this one, itself among them: hosts move between them. */
export function movingWith(tenant: string, moves: readonly HostMove[]): string[] {
  const found = new Set([tenant]);
  for (const each of found) {
    for (const { from, to } of moves) if (from === each || to === each) found.add(from).add(to);
  }
  return [...found].sort();
}
