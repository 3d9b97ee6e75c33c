import { setTimeout as wait } from 'node:timers/promises';
import type { z } from 'zod';
import { parseStored } from './read-stored.ts';
import type { Aws } from './session.ts';

/** An object as it was read: its value, and the ETag for a conditional write. */
export interface Stored<T> {
  readonly value: T;
  readonly etag: string;
  /** Milliseconds since it was written, both times by S3's clock, in whole seconds: the clock of this machine may be wrong. */
  readonly ageMs: number;
}

/** How often a write is sent that meets another one, and the longest pause before the second try, in milliseconds. */
const tries = 6;
const pauseMs = 50;

/**
 * JSON objects of a bucket, written only if no other writer was faster
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html). Each write returns whether it succeeded.
 */
export class ConditionalObjects<T> {
  readonly #aws: Aws;
  readonly #bucket: string;
  readonly #schema: z.ZodType<T>;

  constructor(aws: Aws, bucket: string, schema: z.ZodType<T>) {
    this.#aws = aws;
    this.#bucket = bucket;
    this.#schema = schema;
  }

  /** `undefined` when the object does not exist; a denial is thrown, and `OBJECT_UNREADABLE`. */
  async read(key: string): Promise<Stored<T> | undefined> {
    const { GetObjectCommand } = await import('@aws-sdk/client-s3');
    const command = new GetObjectCommand({ Bucket: this.#bucket, Key: key });
    let now = '';
    command.middlewareStack.add(
      (next) => async (args) => {
        const answer = await next(args);
        now = (answer.response as { headers?: Record<string, string> }).headers?.date ?? '';
        return answer;
      },
      { step: 'deserialize' },
    );
    try {
      const answer = await (await this.#aws.s3()).send(command);
      const text = (await answer.Body?.transformToString()) ?? '';
      const value = parseStored(this.#schema, text, { bucket: this.#bucket, key });
      return { value, etag: answer.ETag ?? '', ageMs: ageOf(answer.LastModified, now) };
    } catch (error) {
      if (await this.#isAbsence(error, key)) return undefined;
      throw error;
    }
  }

  /** Writes the object if there is none; returns its ETag, or `undefined` when there is one. */
  create(key: string, value: T): Promise<string | undefined> {
    return this.#put(key, value, { IfNoneMatch: '*' });
  }

  /** Writes the object if it still is the one that was read; returns its new ETag, or `undefined` when it is not. */
  replace(key: string, value: T, etag: string): Promise<string | undefined> {
    return this.#put(key, value, { IfMatch: etag });
  }

  /** Removes the object if it still is the one that was read. */
  async remove(key: string, etag: string): Promise<boolean> {
    const { DeleteObjectCommand } = await import('@aws-sdk/client-s3');
    const command = new DeleteObjectCommand({ Bucket: this.#bucket, Key: key, IfMatch: etag });
    return (await this.#won(key, async () => await (await this.#aws.s3()).send(command))) !== undefined;
  }

  /** The last parts of the keys directly under a prefix; reads all pages. */
  async list(prefix: string): Promise<string[]> {
    const { paginateListObjectsV2 } = await import('@aws-sdk/client-s3');
    const found: string[] = [];
    const request = { Bucket: this.#bucket, Prefix: prefix, Delimiter: '/' };
    for await (const page of paginateListObjectsV2({ client: await this.#aws.s3() }, request)) {
      for (const { Key } of page.Contents ?? []) if (Key !== undefined) found.push(Key.slice(prefix.length));
    }
    return found;
  }

  async #put(key: string, value: T, condition: { IfNoneMatch: string } | { IfMatch: string }) {
    const { PutObjectCommand } = await import('@aws-sdk/client-s3');
    const body = { Bucket: this.#bucket, Key: key, Body: JSON.stringify(value), ContentType: 'application/json' };
    const command = new PutObjectCommand({ ...body, ...condition });
    const answer = await this.#won(key, async () => await (await this.#aws.s3()).send(command));
    return answer?.ETag;
  }

  /**
   * 412: the condition does not hold. 404: the object to replace was deleted. 409: another write is in progress, and who wins is
   * open: the write is sent again (https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html, "conflict").
   */
  async #won<R>(key: string, send: () => Promise<R>): Promise<R | undefined> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await send();
      } catch (error) {
        if (nameOf(error) === 'PreconditionFailed') return undefined;
        if (nameOf(error) === 'ConditionalRequestConflict' && attempt < tries) {
          await wait(Math.random() * pauseMs * 2 ** (attempt - 1));
          continue;
        }
        if (await this.#isAbsence(error, key)) return undefined;
        throw error;
      }
    }
  }

  /**
   * Whether S3 says that the object does not exist. To a role that may list only below its own prefixes it says 403 instead of
   * 404 (https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html, "Permissions"): then the object is looked for by
   * its key as a prefix. Where that is refused too, or the object is there, the 403 means what it says.
   */
  async #isAbsence(thrown: unknown, key: string): Promise<boolean> {
    if (nameOf(thrown) !== 'AccessDenied') return nameOf(thrown) === 'NoSuchKey';
    const { ListObjectsV2Command } = await import('@aws-sdk/client-s3');
    const request = new ListObjectsV2Command({ Bucket: this.#bucket, Prefix: key, MaxKeys: 1 });
    try {
      const { Contents = [] } = await (await this.#aws.s3()).send(request);
      return !Contents.some(({ Key }) => Key === key);
    } catch (error) {
      if (nameOf(error) === 'AccessDenied') return false;
      throw error;
    }
  }
}

/** Without both times nothing is known of the age: then it counts as new. */
function ageOf(written: Date | undefined, now: string): number {
  const age = Date.parse(now) - (written?.getTime() ?? Number.NaN);
  return Number.isNaN(age) ? 0 : age;
}

function nameOf(thrown: unknown): string | undefined {
  return thrown instanceof Error ? thrown.name : undefined;
}
