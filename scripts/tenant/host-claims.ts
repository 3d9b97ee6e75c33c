import { randomUUID } from 'node:crypto';
import { ConditionalObjects } from '../aws/objects.ts';
import type { Aws } from '../aws/session.ts';
import { hostsOverlap } from '../config/host-checks.ts';
import { keys } from '../config/names.ts';
import { type HostClaim, hostClaimSchema } from '../config/stored.ts';
import { VendhostError } from '../errors.ts';

/** Who holds which host, as far as one tenant is concerned. */
export interface ClaimPlan {
  readonly claim: readonly string[];
  readonly keep: readonly string[];
  readonly release: readonly string[];
}

/** What a plan takes into account in addition to the bucket. */
export interface ClaimOptions {
  /** Hosts of the tenant's record: an older version claimed hosts without listing them. */
  readonly recorded?: readonly string[];
  /** Hosts that their tenants will have released before these are claimed. */
  readonly coming?: readonly string[];
}

/**
 * The claims of an environment's bucket. Before a host is claimed it is written into the tenant's list, and it is removed from the list
 * after the claim was released: so one list shows what a tenant holds, however many tenants there are, and whatever a dead run
 * leaves, the next one finds.
 */
export class HostClaims {
  readonly #objects: ConditionalObjects<HostClaim>;
  readonly #tenant: string;
  readonly #run = randomUUID();

  constructor(aws: Aws, bucket: string, tenant: string) {
    this.#objects = new ConditionalObjects(aws, bucket, hostClaimSchema);
    this.#tenant = tenant;
  }

  /**
   * What must be claimed and released, by what the bucket holds: a run that died may have claimed hosts that no record names.
   * Throws `HOST_TAKEN` when another tenant holds a host that is wanted, or one that a wanted host overlaps.
   */
  async plan(wanted: readonly string[], { recorded = [], coming = [] }: ClaimOptions = {}): Promise<ClaimPlan> {
    const [owners, listed] = await Promise.all([holdersIn(this.#objects, wanted), this.#listed()]);
    const unlisted = recorded.filter((host) => !listed.includes(host) && !wanted.includes(host));
    for (const [host, owner] of await readOwners(this.#objects, unlisted, wanted)) owners.set(host, owner);
    for (const host of listed) if (!wanted.includes(host)) owners.set(host, this.#tenant);
    for (const host of coming) if (owners.get(host) !== this.#tenant) owners.delete(host);
    return planClaims(this.#tenant, wanted, owners);
  }

  /** Claims all hosts or none: a lost race releases what was won. */
  async claim(hosts: readonly string[]): Promise<void> {
    const won: string[] = [];
    for (const host of hosts) {
      await this.#objects.create(this.#listKey(host), { host, tenant: this.#tenant });
      const claim = { host, tenant: this.#tenant, run: this.#run };
      const written = await this.#objects.create(keys.hostClaim(host), claim);
      if (written.outcome !== 'lost') won.push(host);
      else if (written.current?.value.tenant !== this.#tenant) {
        await this.release([...won, host]);
        const owner = written.current?.value.tenant ?? 'a tenant that just gave it back';
        throw hostTaken(this.#tenant, [{ host, held: host, owner }]);
      }
    }
  }

  /**
   * Claims again what another run of this tenant, with another version of the file, has released meanwhile, and lists what an older version
   * claimed.
   */
  async keep(hosts: readonly string[]): Promise<void> {
    const held = await Promise.all(hosts.map((host) => this.#objects.read(keys.hostClaim(host))));
    await this.claim(hosts.filter((_host, index) => held[index] === undefined));
    const listed = await this.#listed();
    for (const host of hosts) {
      if (!listed.includes(host)) await this.#objects.create(this.#listKey(host), { host, tenant: this.#tenant });
    }
  }

  /** Releases hosts; claims of others stay. */
  async release(hosts: readonly string[]): Promise<void> {
    for (const host of hosts) {
      const stored = await this.#objects.read(keys.hostClaim(host));
      if (stored?.value.tenant === this.#tenant) await this.#objects.remove(keys.hostClaim(host), stored.etag);
      const entry = await this.#objects.read(this.#listKey(host));
      if (entry !== undefined) await this.#objects.remove(this.#listKey(host), entry.etag);
    }
  }

  #listKey(host: string): string {
    return keys.tenantHost(this.#tenant, host);
  }

  async #listed(): Promise<string[]> {
    return await claimedHosts(this.#objects, keys.tenantHosts(this.#tenant));
  }
}

/** Host → tenant, of the claims in an environment's bucket on these hosts and on those they overlap; reads all pages. */
export async function readHolders(aws: Aws, bucket: string, hosts: readonly string[]): Promise<Map<string, string>> {
  return await holdersIn(new ConditionalObjects(aws, bucket, hostClaimSchema), hosts);
}

type Claims = ConditionalObjects<HostClaim>;

async function holdersIn(claims: Claims, hosts: readonly string[]): Promise<Map<string, string>> {
  const all = await claimedHosts(claims, keys.hostClaims);
  const meant = all.filter((claimed) => hosts.some((host) => hostsOverlap(host, claimed)));
  return await readOwners(claims, meant, hosts);
}

async function claimedHosts(claims: Claims, folder: string): Promise<string[]> {
  const names = await claims.list(folder);
  return names.filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -'.json'.length));
}

/** Host → tenant; an unreadable claim stops only tenants that want its host. */
async function readOwners(
  claims: Claims,
  hosts: readonly string[],
  wanted: readonly string[],
): Promise<Map<string, string>> {
  const owners = new Map<string, string>();
  const read = async (host: string) => {
    const stored = await claims.read(keys.hostClaim(host)).catch((error: unknown) => {
      if (wanted.includes(host)) throw error;
      return undefined;
    });
    if (stored !== undefined) owners.set(host, stored.value.tenant);
  };
  await Promise.all(hosts.map(read));
  return owners;
}

/** A wanted host, and the claim that conflicts with it. */
interface Taken {
  readonly host: string;
  readonly held: string;
  readonly owner: string;
}

/**
 * Splits the hosts a tenant wants, and those it has, by who holds them now; throws `HOST_TAKEN` for those of others, all at once. A host
 * that the tenant holds already stays its own, whatever others hold beside it.
 * @param owners host → tenant, of the claims that matter to this tenant
 */
export function planClaims(tenant: string, wanted: readonly string[], owners: ReadonlyMap<string, string>): ClaimPlan {
  const others = [...owners].filter(([, owner]) => owner !== tenant);
  const taken = wanted.flatMap((host): Taken[] => {
    if (owners.get(host) === tenant) return [];
    return others.flatMap(([held, owner]) => (hostsOverlap(host, held) ? [{ host, held, owner }] : []));
  });
  if (taken.length > 0) throw hostTaken(tenant, taken);
  return {
    claim: wanted.filter((host) => !owners.has(host)),
    keep: wanted.filter((host) => owners.has(host)),
    release: [...owners].flatMap(([host, owner]) => (owner === tenant && !wanted.includes(host) ? [host] : [])).sort(),
  };
}

function hostTaken(tenant: string, taken: readonly Taken[]): VendhostError {
  const hosts = [...new Set(taken.map(({ host }) => host))];
  const owners = [...new Set(taken.map(({ owner }) => owner))];
  return new VendhostError(
    'HOST_TAKEN',
    `${hosts.join(', ')} ${hosts.length === 1 ? 'belongs' : 'belong'} to another tenant; nothing was changed`,
    {
      details: taken.map(({ host, held, owner }) =>
        host === held ? `${host} belongs to ${owner}` : `${host} overlaps ${held}, which belongs to ${owner}`,
      ),
      hint: `remove it from this tenant's file; or, to move it here, from its owner's file, and vend them together: vendhost tenant vend ${[...owners, tenant].join(',')}`,
    },
  );
}
