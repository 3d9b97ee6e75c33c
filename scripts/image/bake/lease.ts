import { ConditionalObjects } from '../../aws/objects.ts';
import type { Aws } from '../../aws/session.ts';
import { type BakeLease, bakeLeaseSchema } from '../../config/stored.ts';

/** Who bakes, shown to other jobs. */
export type LeaseHolder = Omit<BakeLease, 'until'>;

/** Where a lease is kept. */
export interface LeasePlace {
  readonly aws: Aws;
  readonly bucket: string;
  readonly key: string;
}

/** A lease that is not renewed for this long belongs to a dead job. Clocks of runners may differ by a minute. */
const leaseMs = 5 * 60_000;
const renewEveryMs = 60_000;

/** The right to bake one key: an object that only one job could write, renewed while it works. */
export class Lease {
  readonly #place: LeasePlace;
  readonly #holder: LeaseHolder;
  readonly #timer: NodeJS.Timeout;
  /** The run that held it and died. */
  readonly died: string | undefined;
  #etag: string;

  constructor(place: LeasePlace, holder: LeaseHolder, etag: string, died?: string) {
    this.died = died;
    this.#place = place;
    this.#holder = holder;
    this.#etag = etag;
    // A renewal that fails leaves the lease as it is: at worst another job bakes the same key once more.
    this.#timer = setInterval(() => void this.renew().catch(() => undefined), renewEveryMs).unref();
  }

  async renew(): Promise<void> {
    const { key } = this.#place;
    const text = textOf(this.#holder, Date.now());
    this.#etag = (await objects(this.#place).replace(key, text, this.#etag)) ?? this.#etag;
  }

  /** Gives the lease back, if this run still holds it. */
  async release(): Promise<void> {
    clearInterval(this.#timer);
    const current = await objects(this.#place).read(this.#place.key);
    if (current?.value.run === this.#holder.run) await objects(this.#place).remove(this.#place.key, current.etag);
  }
}

/**
 * Takes the lease, also from a job that died with it; otherwise returns who holds it. `undefined`: it just changed
 * hands, call again.
 */
export async function takeLease(
  place: LeasePlace,
  holder: LeaseHolder,
  now = Date.now(),
): Promise<Lease | BakeLease | undefined> {
  const text = textOf(holder, now);
  const free = await objects(place).create(place.key, text);
  if (free !== undefined) return new Lease(place, holder, free);
  const current = await objects(place).read(place.key);
  if (current === undefined) return undefined;
  if (Date.parse(current.value.until) > now) return current.value;
  const taken = await objects(place).replace(place.key, text, current.etag);
  return taken === undefined ? undefined : new Lease(place, holder, taken, current.value.run);
}

function objects({ aws, bucket }: LeasePlace): ConditionalObjects<BakeLease> {
  return new ConditionalObjects(aws, bucket, bakeLeaseSchema);
}

function textOf(holder: LeaseHolder, now: number): BakeLease {
  return { ...holder, until: new Date(now + leaseMs).toISOString() };
}
