import { randomUUID } from 'node:crypto';
import { ConditionalObjects } from '../aws/objects.ts';
import type { Aws } from '../aws/session.ts';
import { keys } from '../config/names.ts';
import { type HostClaim, hostClaimSchema } from '../config/stored.ts';
import { VendhostError } from '../errors.ts';

/** Who holds which host, as far as one tenant is concerned. */
export interface ClaimPlan {
  readonly claim: readonly string[];
  readonly keep: readonly string[];
  readonly release: readonly string[];
}

/** The claims of an environment's bucket. */
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
   * Throws `HOST_TAKEN` when another tenant holds a host that is wanted.
   */
  async plan(wanted: readonly string[]): Promise<ClaimPlan> {
    return planClaims(this.#tenant, wanted, await this.#owners(wanted));
  }

  /** Claims all hosts or none: a race that is lost gives back what was won. */
  async claim(hosts: readonly string[]): Promise<void> {
    const won: string[] = [];
    for (const host of hosts) {
      const claim = { host, tenant: this.#tenant, run: this.#run };
      const written = await this.#objects.create(keys.hostClaim(host), claim);
      if (written.outcome !== 'lost') won.push(host);
      else if (written.current?.value.tenant !== this.#tenant) {
        await this.release(won);
        throw hostTaken(new Map([[host, written.current?.value.tenant ?? 'a tenant that just gave it back']]));
      }
    }
  }

  /** Claims again what another run of this tenant, which went by another file, has given back meanwhile. */
  async keep(hosts: readonly string[]): Promise<void> {
    const held = await Promise.all(hosts.map((host) => this.#objects.read(keys.hostClaim(host))));
    await this.claim(hosts.filter((_host, index) => held[index] === undefined));
  }

  /** Gives hosts back; claims of others stay. */
  async release(hosts: readonly string[]): Promise<void> {
    for (const host of hosts) {
      const stored = await this.#objects.read(keys.hostClaim(host));
      if (stored?.value.tenant === this.#tenant) await this.#objects.remove(keys.hostClaim(host), stored.etag);
    }
  }

  /** Host → tenant, of all claims; one that cannot be read stops only who wants its host. */
  async #owners(wanted: readonly string[]): Promise<Map<string, string>> {
    const names = (await this.#objects.list(keys.hostClaims)).filter((name) => name.endsWith('.json'));
    const owners = new Map<string, string>();
    const read = async (host: string) => {
      const stored = await this.#objects.read(keys.hostClaim(host)).catch((error: unknown) => {
        if (wanted.includes(host)) throw error;
        return undefined;
      });
      if (stored !== undefined) owners.set(host, stored.value.tenant);
    };
    await Promise.all(names.map((name) => read(name.slice(0, -'.json'.length))));
    return owners;
  }
}

/**
 * Splits the hosts a tenant wants, and those it has, by who holds them now; throws `HOST_TAKEN` for those of others, all at once.
 * @param owners host → tenant, of all claims
 */
export function planClaims(tenant: string, wanted: readonly string[], owners: ReadonlyMap<string, string>): ClaimPlan {
  const taken = new Map([...owners].filter(([host, owner]) => owner !== tenant && wanted.includes(host)));
  if (taken.size > 0) throw hostTaken(taken);
  return {
    claim: wanted.filter((host) => !owners.has(host)),
    keep: wanted.filter((host) => owners.has(host)),
    release: [...owners].flatMap(([host, owner]) => (owner === tenant && !wanted.includes(host) ? [host] : [])).sort(),
  };
}

function hostTaken(taken: ReadonlyMap<string, string>): VendhostError {
  const hosts = [...taken.keys()];
  return new VendhostError(
    'HOST_TAKEN',
    `${hosts.join(', ')} ${hosts.length === 1 ? 'belongs' : 'belong'} to another tenant; nothing was changed`,
    {
      details: [...taken].map(([host, owner]) => `${host} belongs to ${owner}`),
      hint: "remove it from this tenant's file, or from its owner's file and vend the owner first",
    },
  );
}
