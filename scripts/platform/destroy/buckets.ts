import type { DeleteMarkerEntry, ObjectVersion, S3Client } from '@aws-sdk/client-s3';
import { poll } from '../../aws/poll.ts';
import type { Aws } from '../../aws/session.ts';
import { VendhostError } from '../../errors.ts';
import type { Runtime } from '../../runtime.ts';

/** Logs are still delivered for some minutes after their source was deleted. */
const limitMs = 15 * 60_000;

/** Which of the buckets exist and belong to the account. */
export async function existingBuckets(aws: Aws, buckets: readonly string[]): Promise<string[]> {
  const { HeadBucketCommand } = await import('@aws-sdk/client-s3');
  const [client, account] = await Promise.all([aws.s3(), aws.account()]);
  const found = await Promise.all(
    buckets.map(async (bucket) => {
      try {
        await client.send(new HeadBucketCommand({ Bucket: bucket, ExpectedBucketOwner: account }));
        return [bucket];
      } catch (error) {
        if (error instanceof Error && ['NotFound', 'NoSuchBucket'].includes(error.name)) return [];
        throw error;
      }
    }),
  );
  return found.flat();
}

/** Deletes all versions of all objects of a bucket, then the bucket; starts over when something was written in between. */
export async function removeBucket(runtime: Runtime, aws: Aws, bucket: string): Promise<void> {
  const client = await aws.s3();
  await poll({
    what: `${bucket} to stay empty`,
    pace: aws.pace,
    limitMs,
    signal: runtime.signal,
    check: async () => {
      await emptyBucket(runtime, client, bucket);
      // Another writer may have been faster.
      return (await deleteEmpty(client, bucket)) ? true : undefined;
    },
  });
  runtime.out.detail(`${bucket}: deleted`);
}

async function emptyBucket({ out, signal }: Runtime, client: S3Client, bucket: string): Promise<void> {
  const { ListObjectVersionsCommand } = await import('@aws-sdk/client-s3');
  let removed = 0;
  for (;;) {
    signal.throwIfAborted();
    // A page has at most 1000 entries, as many as one DeleteObjects takes; what is deleted is not on the next one.
    const page = await client.send(new ListObjectVersionsCommand({ Bucket: bucket }));
    const entries = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])];
    if (entries.length === 0) return;
    await deleteVersions(client, bucket, entries);
    removed += entries.length;
    out.detail(`${bucket}: ${removed} versions deleted`);
  }
}

async function deleteVersions(
  client: S3Client,
  bucket: string,
  entries: readonly (ObjectVersion | DeleteMarkerEntry)[],
): Promise<void> {
  const { DeleteObjectsCommand } = await import('@aws-sdk/client-s3');
  const objects = entries.map(({ Key, VersionId }) => ({ Key, VersionId }));
  const command = new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: objects, Quiet: true } });
  const { Errors = [] } = await client.send(command);
  if (Errors.length === 0) return;
  throw new VendhostError('BUCKET_NOT_EMPTIED', `cannot delete ${Errors.length} objects of ${bucket}`, {
    details: Errors.slice(0, 10).map(({ Key, Code, Message }) => `${Key}: ${Code}: ${Message}`),
    hint: 'fix what S3 reports above and run the same command again; it resumes with what is left',
  });
}

/** `false`: something was written after it was emptied. */
async function deleteEmpty(client: S3Client, bucket: string): Promise<boolean> {
  const { DeleteBucketCommand } = await import('@aws-sdk/client-s3');
  try {
    await client.send(new DeleteBucketCommand({ Bucket: bucket }));
    return true;
  } catch (error) {
    if (error instanceof Error && error.name === 'NoSuchBucket') return true;
    if (error instanceof Error && error.name === 'BucketNotEmpty') return false;
    throw error;
  }
}
