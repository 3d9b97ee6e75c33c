import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import type { Aws } from '../aws/session.ts';

export interface UploadTarget {
  readonly bucket: string;
  readonly key: string;
}

/**
 * True when the object exists. Asked by listing: for an object that is absent, HeadObject answers 403 instead of 404 to a role
 * that may list its own prefixes only (https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html).
 */
export async function isUploaded(aws: Aws, { bucket, key }: UploadTarget, signal: AbortSignal): Promise<boolean> {
  const { ListObjectsV2Command } = await import('@aws-sdk/client-s3');
  const list = new ListObjectsV2Command({ Bucket: bucket, Prefix: key, MaxKeys: 1 });
  const { Contents = [] } = await (await aws.s3()).send(list, { abortSignal: signal });
  return Contents.some(({ Key }) => Key === key);
}

/**
 * Uploads a file unless the object exists (https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html); S3 compares
 * its checksum and encrypts by the bucket's default. Returns false when another writer was first.
 */
export async function uploadFile(aws: Aws, target: UploadTarget, file: string, signal: AbortSignal): Promise<boolean> {
  const { size } = await stat(file);
  const whole = size <= heldInMemory ? await readFile(file) : undefined;
  const sha256 = await digest(whole === undefined ? createReadStream(file) : [whole]);
  const body = () => whole ?? createReadStream(file, { highWaterMark: 1024 * 1024 });
  return await putOnce(aws, target, { body, size, sha256, type: 'application/zip' }, signal);
}

/** Uploads JSON unless the object exists; returns false when it does. */
export async function uploadJson(aws: Aws, target: UploadTarget, value: object, signal: AbortSignal): Promise<boolean> {
  const text = Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
  const sha256 = createHash('sha256').update(text).digest('base64');
  return await putOnce(aws, target, { body: () => text, size: text.length, sha256, type: 'application/json' }, signal);
}

interface Content {
  /** Creates the body for each attempt: a stream can be read only once, so the SDK does not retry it. */
  body: () => Buffer | ReturnType<typeof createReadStream>;
  size: number;
  sha256: string;
  type: string;
}

const tries = 3;
/** Up to this many bytes a zip is sent from memory, which the SDK itself can retry. */
const heldInMemory = 64 * 1024 * 1024;

async function putOnce(
  aws: Aws,
  { bucket, key }: UploadTarget,
  content: Content,
  signal: AbortSignal,
): Promise<boolean> {
  const { PutObjectCommand, S3ServiceException } = await import('@aws-sdk/client-s3');
  const s3 = await aws.s3();
  for (let attempt = 1; ; attempt += 1) {
    const put = new PutObjectCommand({
      Bucket: bucket,
      Key: key,
      Body: content.body(),
      ContentLength: content.size,
      ContentType: content.type,
      ChecksumSHA256: content.sha256,
      IfNoneMatch: '*',
    });
    try {
      await s3.send(put, { abortSignal: signal });
      return true;
    } catch (error) {
      signal.throwIfAborted();
      const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
      if (status === 412) return false;
      // 409: another conditional write to this key is in progress. No status: the connection broke.
      const again = status === undefined || status === 409 || status >= 500;
      if (!again || attempt === tries) throw error;
    }
  }
}

async function digest(chunks: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of chunks) hash.update(chunk);
  return hash.digest('base64');
}
