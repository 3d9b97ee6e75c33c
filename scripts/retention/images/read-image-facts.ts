import type { Image } from '@aws-sdk/client-ec2';
import { atMost } from '../../aws/at-most.ts';
import type { Aws } from '../../aws/session.ts';
import { readLeases } from '../../image/bake/lease.ts';
import { type ImageOwner, listRecordedKeys, readKeptRecord } from '../../image/record.ts';
import { readKeptReleases } from '../kept-releases.ts';
import { usesOf } from './image-uses.ts';
import type { FoundRecord, ImageStanding } from './prune-plan.ts';
import { readUses } from './read-uses.ts';
import { tenantImagesOf } from './tenant-images.ts';

/** This many records are read from S3 at the same time. */
const atOnce = 10;

/** What `read` found, and all images of the account, of whichever tenant. */
export interface ReadImages {
  readonly facts: ImageStanding;
  readonly account: readonly Image[];
}

/** Reads a tenant's images and every reason to keep one. Throws if anything cannot be read to its end, so that nothing is decided without it. */
export async function readImageFacts(aws: Aws, owner: ImageOwner, { keep }: { keep: number }): Promise<ReadImages> {
  const { place, bucket } = owner;
  // Leases first: if a bake ends meanwhile, either its image is in the list or its lease is here.
  const leases = await readLeases(aws, bucket, place.tenant);
  const [account, releases] = await Promise.all([readUses(aws), readKeptReleases(aws, { place, bucket, keep })]);
  const images = tenantImagesOf(account.images, place);
  const bakeKeys = [...new Set(images.flatMap(({ bakeKey }) => bakeKey ?? []))];
  const records = await readImageRecords(aws, owner, bakeKeys);
  const facts = { images, uses: usesOf(account), records, leases, releases, now: new Date() };
  return { facts, account: account.images };
}

async function readImageRecords(
  aws: Aws,
  owner: ImageOwner,
  bakeKeys: readonly string[],
): Promise<ReadonlyMap<string, FoundRecord>> {
  const recorded = await listRecordedKeys(aws, owner);
  const read = async (key: string): Promise<[string, FoundRecord][]> => {
    const found = await readKeptRecord(aws, owner, key);
    if (found === undefined) return [];
    const { value, etag, ageMs } = found;
    return [[key, { ...value, etag, ageMs }]];
  };
  const wanted = bakeKeys.filter((key) => recorded.has(key));
  return new Map((await atMost(atOnce, wanted, read)).flat());
}
