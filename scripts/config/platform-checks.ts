import { z } from 'zod';
import { defaultBranches, type Environment, environments } from './environment.ts';
import {
  contains,
  defaultSupernet,
  type Network,
  onBoundary,
  overlaps,
  parseNetwork,
  privateRanges,
  type SubnetKind,
  subnetKinds,
  supernetPrefixes,
  writeNetwork,
} from './network.ts';

/** A value that does not fit the rest of the file: where it is, and what is allowed. */
export interface CrossFieldFault {
  readonly path: readonly string[];
  readonly allowed: string;
}

/** The fault of a VPC's network on its own: it must be an aligned private /16. */
export function vpcFault(text: string): string | undefined {
  const network = parseNetwork(text);
  const inRange = network !== undefined && ranges.some((range) => contains(range, onBoundary(network)));
  if (network?.prefix !== 16 || !inRange) return `a private /16 network, like 10.10.0.0/16 (${rangesText})`;
  return boundaryFault(network);
}

/** The fault of a tier's network on its own. */
export function supernetFault(text: string): string | undefined {
  const network = parseNetwork(text);
  if (network === undefined) return 'a network, like 10.10.64.0/18';
  const { largest, smallest } = supernetPrefixes;
  if (network.prefix < largest || network.prefix > smallest) {
    return `from /${largest} to /${smallest}: its quarters are the subnets, which AWS has from /16 to /28`;
  }
  return boundaryFault(network);
}

/** The fault of a network of runners on its own. */
export function runnerFault(text: string): string | undefined {
  const parsed = parseNetwork(text);
  return parsed === undefined ? 'a network, like 203.0.113.7/32' : boundaryFault(parsed);
}

/**
 * An issuer of ID tokens that IAM accepts: https, no port, no query; a path is allowed
 * (https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html). Its address becomes part of an ARN, so
 * an international domain is written in ASCII.
 */
export const issuerForm = /^https:\/\/([a-z0-9-]+\.)+[a-z0-9-]+(\/(?!\.well-known)[^?#\s]*[^/?#\s])?$/;

/**
 * Faults between keys of platform.yml. Takes the file's content as far as it could be read: keys that are faulty on
 * their own, or missing, are skipped, and the rest is checked.
 */
export function crossFieldFaults(content: unknown): CrossFieldFault[] {
  const read = contentSchema.safeParse(content);
  if (!read.success) return [];
  const all = environments.flatMap((name): EnvironmentEntry[] => {
    const entry = read.data.environments[name];
    return entry === undefined ? [] : [{ name, ...entry }];
  });
  return [
    ...issuerFaults(read.data),
    ...vendingFaults(read.data.project, all),
    ...imageSourceFaults(all),
    ...all.flatMap((entry) => [...supernetFaults(entry), ...arnFaults(entry)]),
    ...all.flatMap((entry, index) => all.slice(0, index).flatMap((former) => pairFaults(former, entry))),
  ];
}

/** The parts of an environment that tenants' files are checked against. */
export interface Hosting {
  readonly domain?: string | undefined;
  /** If absent, the environment's default. */
  readonly branch?: string | undefined;
  readonly load_balancers?: number | undefined;
}

/** The environments of a platform.yml, faulty or not, with what can be read about them; `undefined` when it has none. */
export function hostingOf(content: unknown): Readonly<Record<string, Hosting | undefined>> | undefined {
  return contentSchema.safeParse(content).data?.environments;
}

/** Anything else is a separate fault. */
export const gitlabForm = /^[^@?#]*$/;

const text = z.string().optional().catch(undefined);
const entrySchema = z.object({
  branch: text,
  account: z
    .string()
    .regex(/^\d{12}$/)
    .optional()
    .catch(undefined),
  region: text,
  role: text,
  cidr: text,
  domain: text,
  load_balancers: z.int().default(1).optional().catch(undefined),
  vending: text,
  images_from: text,
  certificate: text,
  subnets: z.object({ public: text, egress: text, isolated: text }).catch({}),
});
const contentSchema = z.object({
  gitlab: z
    .url({ protocol: /^https?$/ })
    .regex(gitlabForm)
    .optional()
    .catch(undefined),
  issuer: z.unknown().optional(),
  project: z.unknown().optional(),
  environments: z.record(z.string(), entrySchema.optional().catch(undefined)),
});
type EnvironmentEntry = z.output<typeof entrySchema> & { readonly name: Environment };

/** GitLab's address is the issuer of its ID tokens unless the file names another. */
function issuerFaults({ gitlab, issuer }: z.output<typeof contentSchema>): CrossFieldFault[] {
  if (gitlab === undefined || issuer !== undefined || issuerForm.test(gitlab.replace(/\/+$/, ''))) return [];
  const allowed =
    'an address that AWS accepts as the issuer of ID tokens: https, a lower-case domain (an international one as xn--…), no port; or issuer must name another, see docs/gitlab.md';
  return [{ path: ['gitlab'], allowed }];
}

/** Jobs that vend belong to the platform's project. */
function vendingFaults(project: unknown, all: readonly EnvironmentEntry[]): CrossFieldFault[] {
  if (project !== undefined) return [];
  return all
    .filter(({ vending }) => vending === 'jobs')
    .map(({ name }) => ({
      path: ['environments', name, 'vending'],
      allowed: 'people, as the file names no `project`',
    }));
}

/** Images come from an environment that this platform has, and that is another one. */
function imageSourceFaults(all: readonly EnvironmentEntry[]): CrossFieldFault[] {
  return all.flatMap(({ name, images_from: from }) => {
    const others = all.map((each) => each.name).filter((each) => each !== name);
    if (from === undefined || others.some((each) => each === from)) return [];
    const allowed = `another environment of this file: ${others.join(' or ') || 'there is none'}`;
    return [{ path: ['environments', name, 'images_from'], allowed }];
  });
}

const ranges = privateRanges.flatMap((range) => parseNetwork(range) ?? []);
const rangesText = `within ${privateRanges.slice(0, -1).join(', ')} or ${privateRanges.at(-1)}`;

function boundaryFault(network: Network): string | undefined {
  const start = onBoundary(network);
  return start.first === network.first ? undefined : `on its boundary: ${writeNetwork(start)}`;
}

/** The network as meantNetwork: an unaligned one is a separate fault, and is compared as if it were aligned. */
function meantNetwork(value: string | undefined): Network | undefined {
  const network = value === undefined ? undefined : parseNetwork(value);
  return network === undefined ? undefined : onBoundary(network);
}

/** Tier networks outside the VPC, and those that share addresses with another tier. */
function supernetFaults({ name, cidr, subnets }: EnvironmentEntry): CrossFieldFault[] {
  const vpc = meantNetwork(cidr);
  if (vpc === undefined || cidr === undefined) return [];
  const own = (kind: SubnetKind) => (subnets[kind] === undefined ? undefined : meantNetwork(subnets[kind]));
  return subnetKinds.flatMap((kind, index): CrossFieldFault[] => {
    const supernet = own(kind);
    if (supernet === undefined) return [];
    const fault = (allowed: string) => ({ path: ['environments', name, 'subnets', kind], allowed });
    if (!contains(vpc, supernet)) return [fault(`within the VPC, ${writeNetwork(vpc)}`)];
    return subnetKinds.flatMap((other, otherIndex): CrossFieldFault[] => {
      const isNamed = subnets[other] !== undefined;
      // Of two networks that the file sets, the later one is the fault.
      if (other === kind || (isNamed && otherIndex > index)) return [];
      const taken = isNamed ? own(other) : defaultSupernet(vpc, other);
      if (taken === undefined || !overlaps(taken, supernet)) return [];
      const wayOut = isNamed ? '' : `, or subnets.${other} must name another`;
      return [fault(`apart from the ${other} subnets, ${writeNetwork(taken)}${wayOut}`)];
    });
  });
}

/** Certificates and roles in another region, account or partition than the environment. */
function arnFaults({ name, account, region, certificate, role }: EnvironmentEntry): CrossFieldFault[] {
  const expected = { partition: region === undefined ? undefined : partitionOfRegion(region), region, account };
  const differing = (arn: string | undefined, parts: readonly (keyof typeof expected)[]) => {
    const [, partition, , arnRegion, arnAccount] = (arn ?? '').split(':');
    const found = { partition, region: arnRegion, account: arnAccount };
    // A value that is not an ARN is a separate fault.
    if (arnAccount === undefined) return [];
    return parts.filter((part) => expected[part] !== undefined && found[part] !== expected[part]);
  };
  const fault = (key: string, thing: string, parts: readonly (keyof typeof expected)[]): CrossFieldFault[] => {
    const wanted = parts.map((part) => `${part} ${expected[part]}`).join(' and ');
    return parts.length === 0
      ? []
      : [{ path: ['environments', name, key], allowed: `${thing} of ${wanted}, as ${name} is` }];
  };
  return [
    ...fault('certificate', 'a certificate', differing(certificate, ['partition', 'region', 'account'])),
    ...fault('role', 'a role', differing(role, ['partition', 'account'])),
  ];
}

/** What two environments must not share; the later one is the fault, unless only the earlier one sets it. */
function pairFaults(former: EnvironmentEntry, entry: EnvironmentEntry): CrossFieldFault[] {
  const found: CrossFieldFault[] = [];
  const [formerVpc, vpc] = [meantNetwork(former.cidr), meantNetwork(entry.cidr)];
  if (formerVpc !== undefined && vpc !== undefined && overlaps(formerVpc, vpc)) {
    found.push({
      path: ['environments', entry.name, 'cidr'],
      allowed: `a network that shares no address with that of ${former.name}, ${writeNetwork(formerVpc)}`,
    });
  }
  const [formerBranch, branch] = [branchOf(former), branchOf(entry)];
  if (branch === formerBranch) {
    const [one, other] = entry.branch === undefined ? [former, entry] : [entry, former];
    found.push({
      path: ['environments', one.name, 'branch'],
      allowed: `a branch of its own: ${branch} is that of ${other.name}`,
    });
  }
  if (entry.domain !== undefined && entry.domain === former.domain) {
    found.push({
      path: ['environments', entry.name, 'domain'],
      allowed: `a domain of its own, or one below it: it is that of ${former.name}`,
    });
  }
  return found;
}

function branchOf({ name, branch }: EnvironmentEntry): string {
  return branch ?? defaultBranches[name];
}

/** The part of AWS a region is in (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html). */
function partitionOfRegion(region: string): string | undefined {
  if (region.startsWith('cn-')) return 'aws-cn';
  if (region.startsWith('us-gov-')) return 'aws-us-gov';
  // Partitions that are not public have regions like us-iso-east-1: their names are not checked here.
  return /^[a-z]{2}-iso/.test(region) ? undefined : 'aws';
}
