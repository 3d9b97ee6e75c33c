import type { Aws } from '../aws/session.ts';
import { VendhostError } from '../errors.ts';
import { type Content, sendParts, type UploadTarget } from './send-parts.ts';

/**
 * Which of a bucket's objects exist, in one call: no other keys have the same prefixes. It lists: for an object that is
 * absent, HeadObject answers 403 instead of 404 to a role that may list its own prefixes only
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html).
 */
export async function areUploaded(
  aws: Aws,
  { bucket, keys }: { bucket: string; keys: readonly string[] },
  signal: AbortSignal,
): Promise<boolean[]> {
  const { ListObjectsV2Command } = await import('@aws-sdk/client-s3');
  const list = new ListObjectsV2Command({ Bucket: bucket, Prefix: sameStart(keys), MaxKeys: keys.length });
  const { Contents = [] } = await (await aws.s3()).send(list, { abortSignal: signal });
  return keys.map((key) => Contents.some(({ Key }) => Key === key));
}

export async function isUploaded(aws: Aws, { bucket, key }: UploadTarget, signal: AbortSignal): Promise<boolean> {
  return (await areUploaded(aws, { bucket, keys: [key] }, signal)).every(Boolean);
}

function sameStart([first = '', ...others]: readonly string[]): string {
  const end = [...first].findIndex((letter, index) => others.some((other) => other[index] !== letter));
  return end < 0 ? first : first.slice(0, end);
}

const tries = 3;

/**
 * Uploads an object unless it exists (https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html): while it is made, a
 * larger one in parts side by side. S3 compares checksums and encrypts by the bucket's default. Returns the bytes sent;
 * `undefined` when another writer was first.
 */
export async function uploadOnce(
  aws: Aws,
  target: UploadTarget,
  content: Content,
  signal: AbortSignal,
): Promise<number | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await sendParts(await aws.s3(), target, content, signal);
    } catch (error) {
      signal.throwIfAborted();
      const status = statusOf(error);
      if (status === 412) return undefined;
      // 409: another conditional write to this key is in progress. 404: the parts are gone, perhaps because they were put
      // together and the response was lost. No status: the connection broke.
      const again = status === undefined || status === 404 || status === 409 || status >= 500;
      if (!again || error instanceof VendhostError) throw error;
      if (await isUploaded(aws, target, signal)) return undefined;
      if (attempt === tries) throw error;
    }
  }
}

function statusOf(error: unknown): number | undefined {
  const { $metadata } = Object(error) as { $metadata?: { httpStatusCode?: number } };
  return $metadata?.httpStatusCode;
}
