import { ConditionalObjects, type Stored } from '../aws/objects.ts';
import type { Aws } from '../aws/session.ts';
import { keys, type Place } from '../config/names.ts';
import { type ImageRecord, imageRecordSchema, type NamedImage } from '../config/stored.ts';
import { VendhostError } from '../errors.ts';

/** Whose images: only the tenant's own roles can write its records, in the bucket of the environment. */
export interface ImageOwner {
  readonly place: Place;
  readonly bucket: string;
}

/**
 * Records the image of a bake key, in place of an image that no longer exists. Throws `RECORD_CHANGED` when another run wrote it just now,
 * and what it wrote is no usable image.
 */
export async function writeRecord(aws: Aws, owner: ImageOwner, bakeKey: string, record: ImageRecord): Promise<void> {
  const objects = records(aws, owner);
  const key = keys.imageRecord(owner.place.tenant, bakeKey);
  const current = await objects.read(key);
  const written = await (current === undefined
    ? objects.create(key, record)
    : objects.replace(key, record, current.etag));
  if (written.outcome !== 'lost') return;
  throw new VendhostError('RECORD_CHANGED', `another run wrote ${key} while this one baked`, {
    hint: 'run the job again: it uses the image of the other run',
  });
}

/** Every image that a record names, the one first that its bake key stands for. */
export function namedImages({ imageId, promotedFrom, earlier = [] }: ImageRecord): NamedImage[] {
  return [{ imageId, ...(promotedFrom && { promotedFrom }) }, ...earlier];
}

/** What a record says of an image; `undefined` when it does not name it. */
export function recordNaming(record: ImageRecord | undefined, id: string): ImageRecord | undefined {
  const named = record && namedImages(record).find(({ imageId }) => imageId === id);
  return named && { ...named, inputs: record.inputs };
}

/** The record of a bake key; `undefined` when there is none, or one of a version that named no image. */
export async function readRecord(aws: Aws, owner: ImageOwner, bakeKey: string): Promise<ImageRecord | undefined> {
  return (await readKeptRecord(aws, owner, bakeKey))?.value;
}

/** The same, with its age: the time since a job chose the image. */
export async function readKeptRecord(
  aws: Aws,
  owner: ImageOwner,
  bakeKey: string,
): Promise<Stored<ImageRecord> | undefined> {
  const found = await records(aws, owner).read(keys.imageRecord(owner.place.tenant, bakeKey));
  return found?.value === undefined ? undefined : { ...found, value: found.value };
}

/** A record is rewritten when an image is chosen this long after it was written; images that were chosen within 24 hours are not pruned. */
const markAgainMs = 12 * 60 * 60_000;

/**
 * Marks an image as chosen, so that no prune removes it before it is rolled out. `false`: its record was removed or names another
 * image by now.
 */
export async function markChosen(aws: Aws, owner: ImageOwner, bakeKey: string, imageId: string): Promise<boolean> {
  const found = await readKeptRecord(aws, owner, bakeKey);
  if (found?.value.imageId !== imageId) return false;
  if (found.ageMs < markAgainMs) return true;
  const key = keys.imageRecord(owner.place.tenant, bakeKey);
  // The time changes the object and its ETag: a prune that read the previous one does not remove it.
  const chosen = { ...found.value, chosenAt: new Date().toISOString() };
  const written = await records(aws, owner).replace(key, chosen, found.etag);
  return written.outcome !== 'lost' || written.current?.value?.imageId === imageId;
}

/**
 * Removes a record that is unchanged since it was read, or has it name what it names besides and is kept. `false` when a job wrote it since.
 */
export async function removeRecord(
  aws: Aws,
  owner: ImageOwner,
  bakeKey: string,
  etag: string,
  kept: ReadonlySet<string> = new Set(),
): Promise<boolean> {
  const key = keys.imageRecord(owner.place.tenant, bakeKey);
  const current = await records(aws, owner).read(key);
  if (current?.etag !== etag) return false;
  const { value } = current;
  const [next, ...earlier] = value?.earlier?.filter(({ imageId }) => kept.has(imageId)) ?? [];
  if (value === undefined || next === undefined) return await records(aws, owner).remove(key, etag);
  const record = { ...next, inputs: value.inputs, ...(earlier.length > 0 && { earlier }) };
  return (await records(aws, owner).replace(key, record, etag)).outcome !== 'lost';
}

/** Bake keys that have a record. */
export async function listRecordedKeys(aws: Aws, owner: ImageOwner): Promise<ReadonlySet<string>> {
  const listed = await records(aws, owner).list(keys.imageRecords(owner.place.tenant));
  return new Set(listed.map((name) => name.replace(/\.json$/, '')));
}

/** The record that was written last, for any bake key. */
export async function readNewestRecord(aws: Aws, owner: ImageOwner): Promise<ImageRecord | undefined> {
  const { paginateListObjectsV2 } = await import('@aws-sdk/client-s3');
  const request = { Bucket: owner.bucket, Prefix: keys.imageRecords(owner.place.tenant), Delimiter: '/' };
  let newest: { key: string; time: number } | undefined;
  for await (const page of paginateListObjectsV2({ client: await aws.s3() }, request)) {
    for (const { Key = '', LastModified } of page.Contents ?? []) {
      const time = LastModified?.getTime() ?? 0;
      if (newest === undefined || time > newest.time) newest = { key: Key, time };
    }
  }
  return newest && (await records(aws, owner).read(newest.key))?.value;
}

function records(aws: Aws, { bucket }: ImageOwner): ConditionalObjects<ImageRecord | undefined> {
  return new ConditionalObjects(aws, bucket, imageRecordSchema.optional().catch(undefined));
}
