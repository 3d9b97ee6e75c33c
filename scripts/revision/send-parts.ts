import type { CompletedPart, S3Client } from '@aws-sdk/client-s3';

export interface UploadTarget {
  readonly bucket: string;
  readonly key: string;
}

export interface Content {
  /** Makes the bytes, again for each attempt: sent bytes are no longer in memory. */
  readonly bytes: () => Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  readonly type: string;
}

/** S3's minimum size of a part except the last (https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html). */
const partBytes = 5 * 1024 ** 2;
/** How many parts are in transit at the same time: together with the one being filled, all the memory of an upload. */
const atOnce = 3;

/**
 * Writes an object if there is none with its key: in one call if it fits into one part, otherwise in parallel parts,
 * while it is made. Returns the bytes sent. lib-storage does the same, but allocates new memory for each part, which Node frees late.
 */
export async function sendParts(
  s3: S3Client,
  target: UploadTarget,
  content: Content,
  signal: AbortSignal,
): Promise<number> {
  const { PutObjectCommand } = await import('@aws-sdk/client-s3');
  let upload: PartedUpload | undefined;
  let part = Buffer.allocUnsafeSlow(partBytes);
  let filled = 0;
  let sent = 0;
  try {
    for await (const chunk of content.bytes()) {
      signal.throwIfAborted();
      sent += chunk.length;
      for (let at = 0; at < chunk.length; ) {
        if (filled === partBytes) {
          upload ??= await startParts(s3, target, content.type, signal);
          part = await upload.send(part);
          filled = 0;
        }
        const end = Math.min(chunk.length, at + partBytes - filled);
        part.set(chunk.subarray(at, end), filled);
        filled += end - at;
        at = end;
      }
    }
    if (upload === undefined) {
      const object = { Bucket: target.bucket, Key: target.key, ContentType: content.type, IfNoneMatch: '*' };
      await s3.send(new PutObjectCommand({ ...object, Body: part.subarray(0, filled) }), { abortSignal: signal });
    } else {
      await upload.send(part.subarray(0, filled));
      await upload.complete();
    }
    return sent;
  } catch (error) {
    await upload?.abort();
    throw error;
  }
}

interface PartedUpload {
  /** Sends a part, once few enough are on their way; returns memory for the next one. */
  send(part: Buffer<ArrayBuffer>): Promise<Buffer<ArrayBuffer>>;
  complete(): Promise<void>;
  /** Ends what is in transit and makes S3 forget the parts. */
  abort(): Promise<void>;
}

async function startParts(s3: S3Client, target: UploadTarget, type: string, signal: AbortSignal) {
  const sdk = await import('@aws-sdk/client-s3');
  const object = { Bucket: target.bucket, Key: target.key };
  const failing = new AbortController();
  const stop = { abortSignal: AbortSignal.any([signal, failing.signal]) };
  const create = new sdk.CreateMultipartUploadCommand({ ...object, ContentType: type, ChecksumAlgorithm: 'CRC32' });
  const { UploadId } = await s3.send(create, stop);
  const parts: CompletedPart[] = [];
  const sending = new Set<Promise<void>>();
  const free: Buffer<ArrayBuffer>[] = [];
  let count = 0;
  const sendPart = async (body: Buffer<ArrayBuffer>, number: number) => {
    const part = { UploadId, PartNumber: number, Body: body, ChecksumAlgorithm: 'CRC32' } as const;
    const { ETag, ChecksumCRC32 } = await s3.send(new sdk.UploadPartCommand({ ...object, ...part }), stop);
    parts[number - 1] = { PartNumber: number, ETag, ChecksumCRC32 };
    free.push(body);
  };
  const upload: PartedUpload = {
    async send(body) {
      count += 1;
      const made: Promise<void> = sendPart(body, count).then(() => void sending.delete(made));
      // Awaited here or when the upload is complete; until then a failure must not end the process.
      made.catch(() => undefined);
      sending.add(made);
      if (sending.size >= atOnce) await Promise.race(sending);
      return free.pop() ?? Buffer.allocUnsafeSlow(partBytes);
    },
    async complete() {
      await Promise.all(sending);
      const complete = { UploadId, MultipartUpload: { Parts: parts }, IfNoneMatch: '*' };
      await s3.send(new sdk.CompleteMultipartUploadCommand({ ...object, ...complete }), stop);
    },
    async abort() {
      failing.abort();
      await Promise.allSettled(sending);
      // What failed is thrown; a rule of the bucket removes parts that stay.
      await s3.send(new sdk.AbortMultipartUploadCommand({ ...object, UploadId })).catch(() => undefined);
    },
  };
  return upload;
}
