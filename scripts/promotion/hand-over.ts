import { ConditionalObjects } from '../aws/objects.ts';
import type { Aws } from '../aws/session.ts';
import { keys } from '../config/names.ts';
import { revisionPushSchema } from '../config/stored.ts';
import { VendhostError } from '../errors.ts';
import { chooseRevision } from '../revision/chosen/choose.ts';
import { areUploaded, uploadOnce } from '../revision/upload.ts';
import type { PromotedSoftware } from './promotion.ts';

/** A bucket, with credentials to use it. */
export interface BucketAccess {
  readonly aws: Aws;
  readonly bucket: string;
}

/**
 * Copies a revision, and the description of its push, from one environment's bucket to another's, unless they exist there. The job itself
 * reads and writes: no role has permissions on both buckets, which may be in two accounts. Each bucket encrypts with its own key. Returns
 * the bytes sent.
 */
export async function handOver(
  from: BucketAccess,
  to: BucketAccess,
  { revision, version }: Pick<PromotedSoftware, 'revision' | 'version'>,
  signal: AbortSignal,
): Promise<number> {
  const zip = { bucket: to.bucket, key: revision };
  const push = { bucket: to.bucket, key: keys.pushOf(revision) };
  const areThere = async () => await areUploaded(to.aws, { bucket: to.bucket, keys: [zip.key, push.key] }, signal);
  let [hasZip, hasPush] = await areThere();
  // Once marked, no prune removes it; one may have done so before.
  if (hasZip && (await chooseRevision(to.aws, { bucket: to.bucket, revision }, signal)))
    [hasZip, hasPush] = await areThere();
  const bytes = () => objectBytes(from, revision, version, signal);
  const sent = hasZip ? 0 : ((await uploadOnce(to.aws, zip, { bytes, type: 'application/zip' }, signal)) ?? 0);
  if (!hasPush) await copyPush(from, to, push.key);
  return sent;
}

/** Exactly the deployed version; the read-only role has no permission to read an older one by its id. */
async function* objectBytes(
  { aws, bucket }: BucketAccess,
  key: string,
  version: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const { GetObjectCommand } = await import('@aws-sdk/client-s3');
  const get = new GetObjectCommand({ Bucket: bucket, Key: key });
  const { Body, VersionId } = await (await aws.s3()).send(get, { abortSignal: signal });
  if (VersionId !== version || Body === undefined) {
    throw new VendhostError('PROMOTION_OUTDATED', `s3://${bucket}/${key} was written again while it was read`, {
      hint: 'release it there again, and then promote that',
    });
  }
  yield* Body as unknown as AsyncIterable<Uint8Array>;
}

/** Unchanged, including what a newer version of Vendhost may have added. */
async function copyPush(from: BucketAccess, to: BucketAccess, key: string): Promise<void> {
  const found = await new ConditionalObjects(from.aws, from.bucket, revisionPushSchema.loose()).read(key);
  if (found === undefined) return;
  await new ConditionalObjects(to.aws, to.bucket, revisionPushSchema.loose()).create(key, {
    ...found.value,
    prunedAt: undefined,
  });
}
