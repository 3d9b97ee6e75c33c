/** Subnet tiers, in the order of their blocks. */
export const subnetKinds = ['public', 'egress', 'isolated'] as const;
export type SubnetKind = (typeof subnetKinds)[number];

/** Availability zones of a VPC: each tier has a subnet in each. */
export const zones = 3;

/**
 * Prefixes a supernet may have: subnets are quarters of it, and AWS has them from /16 to /28
 * (https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html).
 */
export const supernetPrefixes = { largest: 16, smallest: 26 } as const;

/** An IPv4 network: its first address as a number, and how many bits name it. */
export interface Network {
  readonly first: number;
  readonly prefix: number;
}

/** The subnets of a tier: the network that covers them all, and one subnet per zone. */
export interface SubnetPlan {
  readonly supernet: string;
  readonly subnets: readonly [string, string, string];
}

/** The part of an environment's configuration that determines its subnets. */
export interface NetworkChoice {
  /** The VPC, a /16. */
  readonly cidr: string;
  /** Networks of tiers that do not use the default plan. */
  readonly subnets: Readonly<Partial<Record<SubnetKind, string | undefined>>>;
}

/** The private ranges of RFC 1918 (https://datatracker.ietf.org/doc/html/rfc1918#section-3). */
export const privateRanges = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'] as const;

/** Without leading zeros: some programs read those as octal numbers. */
const form = /^((0|[1-9]\d{0,2})\.){3}(0|[1-9]\d{0,2})\/(0|[1-9]\d?)$/;

/** Parses `a.b.c.d/prefix`, whether or not it is aligned; `undefined` when it is not a network. */
export function parseNetwork(text: string): Network | undefined {
  if (!form.test(text)) return undefined;
  const [prefix = 0, ...octets] = text.split(/[./]/).map(Number).reverse();
  if (prefix > 32 || octets.some((octet) => octet > 255)) return undefined;
  return { first: octets.reduceRight((sum, octet) => sum * 256 + octet, 0), prefix };
}

/** Writes a network as `a.b.c.d/prefix`. */
export function writeNetwork({ first, prefix }: Network): string {
  return `${[24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256).join('.')}/${prefix}`;
}

/** How many addresses a network has. */
export function addressCount({ prefix }: Network): number {
  return 2 ** (32 - prefix);
}

/** The network of the same size that contains an unaligned network: `10.10.0.0/16` for `10.10.5.0/16`. */
export function onBoundary(network: Network): Network {
  return { ...network, first: network.first - (network.first % addressCount(network)) };
}

/** Whether all of the inner network lies in the outer one. */
export function contains(outer: Network, inner: Network): boolean {
  return inner.first >= outer.first && inner.first + addressCount(inner) <= outer.first + addressCount(outer);
}

/** Whether two networks share an address. */
export function overlaps(one: Network, other: Network): boolean {
  return one.first < other.first + addressCount(other) && other.first < one.first + addressCount(one);
}

/** The network of a tier that `platform.yml` does not set: one of the first three quarters of the VPC. */
export function defaultSupernet(vpc: Network, kind: SubnetKind): Network {
  return quarter(vpc, subnetKinds.indexOf(kind));
}

/**
 * The plan of a VPC: each tier has one supernet, each zone one quarter of it, so that one netmask names a
 * whole tier (`10.10.64.0/18` = every egress subnet). The last quarter of each stays free, for a fourth zone. Without
 * its own supernets a /16 is divided like this, with 4,091 addresses in a subnet:
 *
 * | kind    | zone a     | zone b     | zone c     | free       | supernet   |
 * |---------|------------|------------|------------|------------|------------|
 * | public  | x.0.0/20   | x.16.0/20  | x.32.0/20  | x.48.0/20  | x.0.0/18   |
 * | egress  | x.64.0/20  | x.80.0/20  | x.96.0/20  | x.112.0/20 | x.64.0/18  |
 * | isolated | x.128.0/20 | x.144.0/20 | x.160.0/20 | x.176.0/20 | x.128.0/18 |
 * | free    |            |            |            |            | x.192.0/18 |
 *
 * Takes values that passed `platformSchema`; throws when one is not a network.
 */
export function networkPlan({ cidr, subnets }: NetworkChoice): Record<SubnetKind, SubnetPlan> {
  const vpc = network(cidr);
  const planOf = (kind: SubnetKind): SubnetPlan => {
    const own = subnets[kind];
    const supernet = own === undefined ? defaultSupernet(vpc, kind) : network(own);
    const zone = (index: number) => writeNetwork(quarter(supernet, index));
    return { supernet: writeNetwork(supernet), subnets: [zone(0), zone(1), zone(2)] };
  };
  return { public: planOf('public'), egress: planOf('egress'), isolated: planOf('isolated') };
}

function quarter({ first, prefix }: Network, index: number): Network {
  const part = { first, prefix: prefix + 2 };
  return { ...part, first: first + index * addressCount(part) };
}

function network(text: string): Network {
  const parsed = parseNetwork(text);
  if (parsed === undefined) throw new Error(`${text} is not an IPv4 network`);
  return parsed;
}
