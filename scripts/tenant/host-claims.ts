import { ConditionalObjects, type Stored } from '../aws/objects.ts';
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

  constructor(aws: Aws, bucket: string, tenant: string) {
    this.#objects = new ConditionalObjects(aws, bucket, hostClaimSchema);
    this.#tenant = tenant;
  }

  /** What must be claimed and released; throws `HOST_TAKEN` when another tenant holds a host that is wanted. */
  async plan(wanted: readonly string[], former: readonly string[]): Promise<ClaimPlan> {
    const gone = former.filter((host) => !wanted.includes(host));
    const [owners, old] = await Promise.all([this.#owners(wanted), this.#owners(gone)]);
    return planClaims(
      this.#tenant,
      wanted,
      owners,
      gone.filter((host) => old.get(host) === this.#tenant),
    );
  }

  /** Claims all hosts or none: a race that is lost gives back what was won. */
  async claim(hosts: readonly string[]): Promise<void> {
    const won: string[] = [];
    for (const host of hosts) {
      const etag = await this.#objects.create(keys.hostClaim(host), { host, tenant: this.#tenant });
      if (etag !== undefined) {
        won.push(host);
        continue;
      }
      const owner = (await this.#read(host))?.value.tenant;
      if (owner === this.#tenant) continue;
      await this.release(won);
      throw hostTaken(new Map([[host, owner ?? 'a tenant that just gave it back']]));
    }
  }

  /** Gives hosts back; claims of others stay. */
  async release(hosts: readonly string[]): Promise<void> {
    for (const host of hosts) {
      const stored = await this.#read(host);
      if (stored?.value.tenant === this.#tenant) await this.#objects.remove(keys.hostClaim(host), stored.etag);
    }
  }

  async #owners(hosts: readonly string[]): Promise<Map<string, string>> {
    const stored = await Promise.all(hosts.map((host) => this.#read(host)));
    return new Map(
      stored.flatMap((each) => (each === undefined ? [] : [[each.value.host, each.value.tenant] as const])),
    );
  }

  async #read(host: string): Promise<Stored<HostClaim> | undefined> {
    return await this.#objects.read(keys.hostClaim(host));
  }
}

/** Splits the hosts a tenant wants by who holds them now; throws `HOST_TAKEN` for those of others, all at once. */
export function planClaims(
  tenant: string,
  wanted: readonly string[],
  owners: ReadonlyMap<string, string>,
  release: readonly string[],
): ClaimPlan {
  const taken = new Map([...owners].filter(([, owner]) => owner !== tenant));
  if (taken.size > 0) throw hostTaken(taken);
  return {
    claim: wanted.filter((host) => !owners.has(host)),
    keep: wanted.filter((host) => owners.has(host)),
    release,
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
