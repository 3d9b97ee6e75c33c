import type { Aws } from '../aws/session.ts';

/** Who bakes, as other jobs are told. */
export interface Holder {
  /** Random; tells one run from the other. */
  readonly run: string;
  /** The job's address, or what else a person can look at. */
  readonly job: string;
}

/** Who holds a lease, until when (ISO 8601). */
export interface LeaseText extends Holder {
  readonly until: string;
}

/** A lease that is not renewed for this long belongs to a dead job. Clocks of runners may differ by a minute. */
const leaseMs = 5 * 60_000;
const renewEveryMs = 60_000;

/** The right to bake one key: an object that one job could write, renewed while it works. */
export class Lease {
  readonly #place: LeasePlace;
  readonly #holder: Holder;
  #etag: string;
  readonly #timer: NodeJS.Timeout;

  constructor(place: LeasePlace, holder: Holder, etag: string) {
    this.#place = place;
    this.#holder = holder;
    this.#etag = etag;
    // A renewal that fails leaves the lease as it is: at worst another job bakes the same key once more.
    this.#timer = setInterval(() => void this.renew().catch(() => undefined), renewEveryMs).unref();
  }

  async renew(): Promise<void> {
    this.#etag = (await put(this.#place, this.#holder, { IfMatch: this.#etag })) ?? this.#etag;
  }

  /** Gives the lease back, if it still is ours. */
  async release(): Promise<void> {
    clearInterval(this.#timer);
    const { DeleteObjectCommand } = await import('@aws-sdk/client-s3');
    const { aws, bucket, key } = this.#place;
    const current = await read(this.#place);
    if (current?.text.run !== this.#holder.run) return;
    await (await aws.s3()).send(new DeleteObjectCommand({ Bucket: bucket, Key: key, IfMatch: current.etag }));
  }
}

/** Where a lease is kept. */
export interface LeasePlace {
  readonly aws: Aws;
  readonly bucket: string;
  readonly key: string;
}

/**
 * Takes the lease, also from a job that died with it; otherwise returns who holds it. A conditional PUT decides between jobs
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html). `undefined`: it changed hands just now, ask again.
 */
export async function takeLease(
  place: LeasePlace,
  holder: Holder,
  now = Date.now(),
): Promise<Lease | LeaseText | undefined> {
  const free = await put(place, holder, { IfNoneMatch: '*' }, now);
  if (free !== undefined) return new Lease(place, holder, free);
  const current = await read(place);
  if (current === undefined) return undefined;
  if (Date.parse(current.text.until) > now) return current.text;
  const taken = await put(place, holder, { IfMatch: current.etag }, now);
  return taken === undefined ? undefined : new Lease(place, holder, taken);
}

/** Writes the lease under a condition; returns its ETag, or `undefined` when the condition does not hold. */
async function put(
  { aws, bucket, key }: LeasePlace,
  holder: Holder,
  condition: { IfMatch: string } | { IfNoneMatch: '*' },
  now = Date.now(),
): Promise<string | undefined> {
  const { PutObjectCommand, S3ServiceException } = await import('@aws-sdk/client-s3');
  const text: LeaseText = { ...holder, until: new Date(now + leaseMs).toISOString() };
  try {
    const { ETag } = await (await aws.s3()).send(
      new PutObjectCommand({ Bucket: bucket, Key: key, Body: JSON.stringify(text), ...condition }),
    );
    return ETag ?? '';
  } catch (thrown) {
    const status = thrown instanceof S3ServiceException ? thrown.$metadata.httpStatusCode : undefined;
    // 409: another conditional write is under way. 404: the object an If-Match names is gone.
    if (status === 412 || status === 409 || ('IfMatch' in condition && status === 404)) return undefined;
    throw thrown;
  }
}

async function read({ aws, bucket, key }: LeasePlace): Promise<{ text: LeaseText; etag: string } | undefined> {
  const { GetObjectCommand, NoSuchKey } = await import('@aws-sdk/client-s3');
  try {
    const { Body, ETag } = await (await aws.s3()).send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return { text: JSON.parse((await Body?.transformToString()) ?? '') as LeaseText, etag: ETag ?? '' };
  } catch (thrown) {
    if (thrown instanceof NoSuchKey) return undefined;
    throw thrown;
  }
}
