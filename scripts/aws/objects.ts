import type { z } from 'zod';
import type { Aws } from './session.ts';

/** An object as it was read: its value, and the ETag for a conditional write. */
export interface Stored<T> {
  readonly value: T;
  readonly etag: string;
}

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

  /** `undefined` when the object does not exist. A denial is thrown: the roles may list what they read, so absence is a 404. */
  async read(key: string): Promise<Stored<T> | undefined> {
    const { GetObjectCommand } = await import('@aws-sdk/client-s3');
    try {
      const answer = await (await this.#aws.s3()).send(new GetObjectCommand({ Bucket: this.#bucket, Key: key }));
      const text = (await answer.Body?.transformToString()) ?? '';
      return { value: this.#schema.parse(JSON.parse(text)), etag: answer.ETag ?? '' };
    } catch (error) {
      if (isAbsence(error)) return undefined;
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
    return (await this.#won(async () => await (await this.#aws.s3()).send(command))) !== undefined;
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
    const answer = await this.#won(async () => await (await this.#aws.s3()).send(command));
    return answer?.ETag;
  }

  /** 412: the condition does not hold. 409: another write is in progress. 404: the object to replace was deleted. */
  async #won<R>(send: () => Promise<R>): Promise<R | undefined> {
    try {
      return await send();
    } catch (error) {
      if (error instanceof Error && lost.has(error.name)) return undefined;
      throw error;
    }
  }
}

/** Whether S3 says that an object does not exist; `AccessDenied` does not say so. */
export function isAbsence(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === 'NoSuchKey';
}

const lost = new Set(['PreconditionFailed', 'ConditionalRequestConflict', 'NoSuchKey']);
