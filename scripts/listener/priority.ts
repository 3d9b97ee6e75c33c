/** Listener rules have priorities from 1 to 50000 (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateRule.html). */
export const priorities = { lowest: 1, highest: 50_000 } as const;

/** The numbers that rules of one kind of host may have; both ends belong to it. */
export interface Band {
  /** `exact`, or `wildcard-<labels>`; part of the claim's key, so never rename one. */
  readonly name: string;
  readonly first: number;
  readonly last: number;
}

/** A rule on the listener, whoever created it. */
export interface ListenerRule {
  readonly priority: number;
  readonly targetGroups: readonly string[];
  /** Values of its conditions on the host; none: it answers for every host. */
  readonly hosts?: readonly string[];
}

export interface PriorityChoice {
  readonly priority: number;
  /** The tenant already had this number. */
  readonly kept: boolean;
}

const widestDepth = 11;
const bandSize = 1000;

/**
 * The band of a host. A load balancer takes the first rule that matches, and `*.example.com` matches `a.b.example.com`
 * too: so exact names come first (1 to 40000), then wildcards, those with more labels before those with fewer.
 */
export function bandOf(host: string): Band {
  if (!host.startsWith('*.')) return { name: 'exact', first: priorities.lowest, last: 40_000 };
  const labels = Math.min(host.split('.').length, widestDepth);
  const first = 40_001 + (widestDepth - labels) * bandSize;
  return { name: `wildcard-${labels}`, first, last: first + bandSize - 1 };
}

/** Hosts that share a rule, in the order of their bands; a tenant with exact names only has one group. */
export function groupByBand(hosts: readonly string[]): { band: Band; hosts: string[] }[] {
  const groups = new Map<string, { band: Band; hosts: string[] }>();
  for (const host of [...hosts].sort()) {
    const band = bandOf(host);
    const group = groups.get(band.name) ?? { band, hosts: [] };
    group.hosts.push(host);
    groups.set(band.name, group);
  }
  return [...groups.values()].sort((a, b) => a.band.first - b.band.first);
}

/**
 * Chooses a priority: the tenant's own number while no other's rule has it, else the lowest free one of the band.
 * @param taken numbers that others claimed
 * @param own the number the tenant's record names
 * @param isOurs whether a rule belongs to this tenant: its own rule does not make its own number foreign
 * @param skip how many free numbers to leave to others, if there are more; the tenant's own number is still kept
 * @returns `undefined` when the band is full
 */
export function choosePriority(world: {
  band: Band;
  rules: readonly ListenerRule[];
  taken: ReadonlySet<number>;
  own: number | undefined;
  isOurs: (rule: ListenerRule) => boolean;
  skip?: number;
}): PriorityChoice | undefined {
  const { band, own, skip = 0 } = world;
  const foreign = new Set(world.taken);
  for (const rule of world.rules) {
    if (!(rule.priority === own && world.isOurs(rule))) foreign.add(rule.priority);
  }
  const inBand = own !== undefined && own >= band.first && own <= band.last;
  if (inBand && !foreign.has(own)) return { priority: own, kept: true };
  const free: number[] = [];
  for (let priority = band.first; priority <= band.last && free.length <= skip; priority += 1) {
    if (!foreign.has(priority)) free.push(priority);
  }
  const priority = free.at(-1);
  return priority === undefined ? undefined : { priority, kept: false };
}
