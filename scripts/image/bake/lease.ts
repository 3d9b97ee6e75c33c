import { ConditionalObjects } from '../../aws/objects.ts';
import type { Aws } from '../../aws/session.ts';
import { keys } from '../../config/names.ts';
import { type BakeLease, bakeLeaseSchema } from '../../config/stored.ts';

/** The baking job, shown to other jobs. */
export type LeaseHolder = Omit<BakeLease, 'until'>;

/** Where a lease is kept. */
export interface LeasePlace {
  readonly aws: Aws;
  readonly bucket: string;
  readonly key: string;
}

/** A lease that was not renewed for this long, by S3's clock, belongs to a dead job. */
const leaseMs = 5 * 60_000;
const renewEveryMs = 60_000;

/** A lease as it is stored. */
export interface KeptLease extends BakeLease {
  readonly key: string;
  readonly etag: string;
  /** Its last holder died. */
  readonly isStale: boolean;
}

/** The right to bake one key: an object that only one job could write, renewed while it works. */
export class Lease {
  readonly #place: LeasePlace;
  readonly #holder: LeaseHolder;
  readonly #timer: NodeJS.Timeout;
  #etag: string;
  #renewal: Promise<unknown> = Promise.resolve();
  #taker: BakeLease | undefined;

  constructor(place: LeasePlace, holder: LeaseHolder, etag: string) {
    this.#place = place;
    this.#holder = holder;
    this.#etag = etag;
    // A failed renewal does not change the lease; the next one is in time.
    this.#timer = setInterval(() => {
      this.#renewal = this.renew().catch(() => undefined);
    }, renewEveryMs).unref();
  }

  /** Who took the lease over, because this run could not renew it for too long. */
  get taker(): BakeLease | undefined {
    return this.#taker;
  }

  async renew(): Promise<void> {
    const { key } = this.#place;
    let written = await objects(this.#place).replace(key, textOf(this.#holder), this.#etag);
    // An earlier renewal was written, and its response was lost.
    if (written.outcome === 'lost' && written.current?.value.run === this.#holder.run)
      written = await objects(this.#place).replace(key, textOf(this.#holder), written.current.etag);
    // Somebody removed it.
    else if (written.outcome === 'lost' && written.current === undefined)
      written = await objects(this.#place).create(key, textOf(this.#holder));
    if (written.outcome === 'lost') this.#taker = written.current?.value;
    else this.#etag = written.etag;
    if (this.#taker !== undefined) clearInterval(this.#timer);
  }

  /** Releases the lease, if this run still holds it. */
  async release(): Promise<void> {
    clearInterval(this.#timer);
    await this.#renewal;
    const current = await objects(this.#place).read(this.#place.key);
    if (current?.value.run === this.#holder.run) await objects(this.#place).remove(this.#place.key, current.etag);
  }
}

/**
 * Takes the lease, even from a job that died with it; otherwise returns its holder. `undefined`: it just changed
 * hands, call again.
 */
export async function takeLease(
  place: LeasePlace,
  holder: LeaseHolder,
  staleAfterMs = leaseMs,
): Promise<Lease | BakeLease | undefined> {
  const text = textOf(holder);
  let written = await objects(place).create(place.key, text);
  if (written.outcome === 'lost') {
    const { current } = written;
    if (current === undefined) return undefined;
    const isOurs = current.value.run === holder.run;
    if (!isOurs && current.ageMs <= staleAfterMs) return current.value;
    written = await objects(place).replace(place.key, text, current.etag);
  }
  return written.outcome === 'lost' ? undefined : new Lease(place, holder, written.etag);
}

/** All leases of a tenant, for all bake keys. */
export async function readLeases(aws: Aws, bucket: string, tenant: string): Promise<KeptLease[]> {
  const leases = objects({ aws, bucket });
  const prefix = keys.bakeLeases(tenant);
  const found = (await leases.list(prefix)).map(async (name): Promise<KeptLease[]> => {
    const key = `${prefix}${name}`;
    const lease = await leases.read(key);
    return lease === undefined ? [] : [{ ...lease.value, key, etag: lease.etag, isStale: lease.ageMs > leaseMs }];
  });
  return (await Promise.all(found)).flat();
}

/** Removes a lease that has not been taken over or renewed since it was read. */
export async function dropLease(aws: Aws, bucket: string, { key, etag }: KeptLease): Promise<boolean> {
  return await objects({ aws, bucket }).remove(key, etag);
}

function objects({ aws, bucket }: Omit<LeasePlace, 'key'>): ConditionalObjects<BakeLease> {
  return new ConditionalObjects(aws, bucket, bakeLeaseSchema);
}

function textOf(holder: LeaseHolder): BakeLease {
  return { ...holder, until: new Date(Date.now() + leaseMs).toISOString() };
}
