import type { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import type { S3Client } from '@aws-sdk/client-s3';
import type { z } from 'zod';
import { VendhostError } from '../errors.ts';
import { awsPatience } from './calls/retries.ts';

/** Where a text is stored. */
export interface StoredAt {
  readonly bucket: string;
  readonly key: string;
}

/** An object as S3 has it. */
export interface StoredText {
  readonly text: string;
  readonly etag: string;
  /** Milliseconds since it was written, both times by S3's clock. */
  readonly ageMs: number;
}

const pauseMs = 200;

/** Bytes of the largest text that is read: what Vendhost writes is far smaller, and anyone who may write there could fill the reader's memory. */
const mostBytes = 8 * 1024 * 1024;

/** Reads a whole object; throws `OBJECT_UNREADABLE` for one that is too large. The SDK retries until a response begins; one that ends early is retried as often here. */
export async function readObjectText(s3: S3Client, { bucket, key }: StoredAt): Promise<StoredText> {
  const { GetObjectCommand } = await import('@aws-sdk/client-s3');
  const command = new GetObjectCommand({ Bucket: bucket, Key: key });
  let now = '';
  command.middlewareStack.add(
    (next) => async (args) => {
      const answer = await next(args);
      now = (answer.response as { headers?: Record<string, string> }).headers?.date ?? '';
      return answer;
    },
    { step: 'deserialize' },
  );
  for (let attempt = 1; ; attempt += 1) {
    const { Body, ETag = '', LastModified, ContentLength = 0 } = await s3.send(command);
    if (ContentLength > mostBytes) {
      (Body as Readable | undefined)?.destroy();
      throw tooLarge({ bucket, key }, ContentLength);
    }
    try {
      const text = (await Body?.transformToString()) ?? '';
      return { text, etag: ETag, ageMs: ageOf(LastModified, now) };
    } catch (error) {
      if (attempt === awsPatience.maxAttempts) throw error;
      await wait(Math.random() * pauseMs * 2 ** attempt);
    }
  }
}

function tooLarge({ bucket, key }: StoredAt, bytes: number): VendhostError {
  return new VendhostError(
    'OBJECT_UNREADABLE',
    `s3://${bucket}/${key} has ${bytes} bytes, which Vendhost never writes`,
    {
      hint: `ask the platform team to find out who wrote it; earlier versions: aws s3api list-object-versions --bucket ${bucket} --prefix ${key}`,
    },
  );
}

/** Without both times the age is unknown: then it counts as new. */
function ageOf(written: Date | undefined, now: string): number {
  const age = Date.parse(now) - (written?.getTime() ?? Number.NaN);
  return Number.isNaN(age) ? 0 : age;
}

/**
 * Parses a stored JSON text. Throws `OBJECT_UNREADABLE` if it is not as Vendhost writes it: somebody wrote it by hand, or
 * another program.
 */
export function parseStored<T>(schema: z.ZodType<T>, text: string, { bucket, key }: StoredAt): T {
  const parsed = schema.safeParse(jsonIn(text));
  if (parsed.success) return parsed.data;
  const keys = parsed.error.issues.map(({ path }) => path.join('.')).filter((each) => each !== '');
  const place = `s3://${bucket}/${key}`;
  throw new VendhostError('OBJECT_UNREADABLE', `${place} is not as Vendhost writes it`, {
    details: keys.map((each) => `missing or wrong in it: ${each}`),
    hint: `ask the platform team to look at it: aws s3 cp ${place} -; earlier versions: aws s3api list-object-versions --bucket ${bucket} --prefix ${key}`,
    cause: parsed.error,
  });
}

/** Whether `parseStored` threw it. */
export function isUnreadable(thrown: unknown): boolean {
  return thrown instanceof VendhostError && thrown.code === 'OBJECT_UNREADABLE';
}

/** `undefined` for invalid JSON. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
