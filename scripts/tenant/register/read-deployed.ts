import { atMost } from '../../aws/at-most.ts';
import { ConditionalObjects } from '../../aws/objects.ts';
import { type PublishedFacts, readPublishedFacts } from '../../aws/read-facts.ts';
import { isUnreadable } from '../../aws/read-stored.ts';
import type { Aws } from '../../aws/session.ts';
import { partOf, partValue, type StatusPart } from '../../aws/status-part.ts';
import { keys, names } from '../../config/names.ts';
import { hostClaimSchema, priorityClaimSchema } from '../../config/stored.ts';
import { listStacks, readRecordTexts } from '../../platform/account-stacks.ts';
import { readsAtOnce } from '../../platform/status/read-claims.ts';
import type { EnvironmentTarget } from '../../platform/targets.ts';
import type { Runtime } from '../../runtime.ts';
import { VendedMarks } from './vended-marks.ts';

/** A number that a tenant has on record, by the listener's id and the band of its rule. */
export interface HeldBand {
  readonly listener: string;
  readonly tenant: string;
  readonly band: string;
}

/** What an environment has of all its tenants; each part was read once for all, or has the reason why not. */
export interface DeployedTenants {
  readonly facts: StatusPart<PublishedFacts>;
  /** Tenant → the text of its record. */
  readonly records: StatusPart<ReadonlyMap<string, string>>;
  /** Stack → its status, of stacks of the environment. */
  readonly stacks: StatusPart<ReadonlyMap<string, string>>;
  /** Tenant → keys of the completed vends. */
  readonly marks: StatusPart<ReadonlyMap<string, readonly string[]>>;
  /** Hosts that are claimed. */
  readonly hosts: StatusPart<ReadonlySet<string>>;
  readonly bands: StatusPart<readonly HeldBand[]>;
}

/** Reads lists, all pages of each: how many calls that takes depends on how many tenants a page holds. */
export async function readDeployedTenants(
  runtime: Runtime,
  { aws, environment }: EnvironmentTarget,
): Promise<DeployedTenants> {
  const bucket = names.bucket(environment, await aws.account(), aws.region);
  const prefix = names.tenantStack({ environment, tenant: '' }, 'access').replace(/-access$/, '');
  const [facts, records, stacks, marks, hosts, bands] = await Promise.all([
    partOf(runtime, () => readPublishedFacts(aws, environment)),
    partOf(runtime, () => readRecordTexts(aws, environment)),
    partOf(runtime, async () => {
      const own = (await listStacks(aws)).filter(({ name }) => name.startsWith(prefix));
      return new Map(own.map(({ name, status }) => [name, status]));
    }),
    partOf(runtime, () => new VendedMarks(aws, bucket).list()),
    partOf(runtime, () => listHosts(aws, bucket)),
    partOf(runtime, () => listBands(aws, bucket)),
  ]);
  return { facts, records, stacks, marks, hosts, bands };
}

/**
 * Whose the claims are that no record explains, by host; absent when its object is gone, or is none of Vendhost's. A claim that the
 * record of a tenant explains is not read: `platform status` compares each with its owner.
 */
export async function readClaimOwners(
  runtime: Runtime,
  { aws, environment }: EnvironmentTarget,
  hosts: readonly string[],
): Promise<StatusPart<ReadonlyMap<string, string>>> {
  if (hosts.length === 0) return { value: new Map() };
  const bucket = names.bucket(environment, await aws.account(), aws.region);
  const claims = new ConditionalObjects(aws, bucket, hostClaimSchema);
  return await partOf(runtime, async () => {
    const found = await atMost(readsAtOnce, hosts, async (host) => {
      const stored = await claims.read(keys.hostClaim(host)).catch((error: unknown) => {
        if (isUnreadable(error)) return undefined;
        throw error;
      });
      return stored === undefined ? [] : [[host, stored.value.tenant] as const];
    });
    return new Map(found.flat());
  });
}

/** Claims of hosts that no record names. */
export function unexplained({ hosts, records }: DeployedTenants): string[] {
  const recorded = new Set([...(partValue(records) ?? new Map()).values()].flatMap(recordedHosts));
  return [...(partValue(hosts) ?? [])].filter((host) => !recorded.has(host)).sort();
}

/** The hosts that a record names; none where it cannot be read. */
export function recordedHosts(record: string): string[] {
  try {
    const { hosts } = JSON.parse(record) as { hosts?: unknown };
    return Array.isArray(hosts) ? hosts.filter((host) => typeof host === 'string') : [];
  } catch {
    return [];
  }
}

async function listHosts(aws: Aws, bucket: string): Promise<Set<string>> {
  const listed = await new ConditionalObjects(aws, bucket, hostClaimSchema).list(keys.hostClaims);
  return new Set(listed.flatMap((name) => /^(.+)\.json$/.exec(name)?.[1] ?? []));
}

async function listBands(aws: Aws, bucket: string): Promise<HeldBand[]> {
  const listed = await new ConditionalObjects(aws, bucket, priorityClaimSchema).listAll(keys.priorityClaims);
  return listed.flatMap((name): HeldBand[] => {
    const [, listener, tenant, band] = /^([^/]+)\/tenants\/([^/]+)\/([^/]+)\.json$/.exec(name) ?? [];
    return listener === undefined || tenant === undefined || band === undefined ? [] : [{ listener, tenant, band }];
  });
}
