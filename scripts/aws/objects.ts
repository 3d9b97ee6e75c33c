import { setTimeout as wait } from 'node:timers/promises';
import type { z } from 'zod';
import { answered } from './answers.ts';
import { parseStored, readObjectText, type StoredText } from './read-stored.ts';
import type { Aws } from './session.ts';

/** An object as it was read: its value, and the ETag for a conditional write. */
export interface Stored<T> {
  readonly value: T;
  readonly etag: string;
  /** Milliseconds since it was written, both times by S3's clock, in whole seconds: the clock of this machine may be wrong. */
  readonly ageMs: number;
}

/**
 * How a conditional write ended, by what the bucket holds after it. `mine`: what was to be written is there, so the response to
 * it was lost, or an equal writer was faster. `lost`: something else is there, or, if `current` is absent, nothing.
 */
export type Written<T> =
  | { readonly outcome: 'won' | 'mine'; readonly etag: string }
  | { readonly outcome: 'lost'; readonly current: Stored<T> | undefined };

/** How often a write that meets another one is sent, and the longest pause before the second attempt, in milliseconds. */
const tries = 6;
const pauseMs = 50;

/**
 * JSON objects of a bucket, written only if no other writer was faster
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html). A refusal alone does not say who wrote: when a response
 * is lost, the SDK sends the write again, and S3 refuses it because of itself. So the object is read back and compared. A value
 * that only one writer could write (it names a run) is `mine` for that writer alone.
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
    return this.#parsed(key, await this.#fetch(key));
  }

  /** Writes the object if there is none. */
  async create(key: string, value: T): Promise<Written<T>> {
    return await this.#put(key, value, { IfNoneMatch: '*' });
  }

  /** Writes the object if it still is the one that was read. */
  async replace(key: string, value: T, etag: string): Promise<Written<T>> {
    return await this.#put(key, value, { IfMatch: etag });
  }

  /** Removes the object if it still is the one that was read; `false` when another one is there instead. */
  async remove(key: string, etag: string): Promise<boolean> {
    const { DeleteObjectCommand } = await import('@aws-sdk/client-s3');
    const command = new DeleteObjectCommand({ Bucket: this.#bucket, Key: key, IfMatch: etag });
    const sent = await this.#send(key, async () => await (await this.#aws.s3()).send(command));
    if (!('refused' in sent) || sent.refused === 'absent') return true;
    const found = await this.#readBack(key, sent);
    if (found?.etag === etag) throw sent.error;
    return found === undefined;
  }

  /** The last parts of the keys directly under a prefix; reads all pages. */
  async list(prefix: string): Promise<string[]> {
    return await this.#list(prefix, { Delimiter: '/' });
  }

  /** As `list`, the newest first by S3's clock, with the milliseconds since 1970 at which each was written; 0 where S3 does not say. */
  async listNewest(prefix: string): Promise<{ name: string; written: number }[]> {
    const found = await this.#listObjects(prefix, { Delimiter: '/' });
    return found.sort((a, b) => b.written - a.written || (a.name < b.name ? 1 : -1));
  }

  /** As `list`, of the keys at any depth. */
  async listAll(prefix: string): Promise<string[]> {
    return await this.#list(prefix, {});
  }

  async #list(prefix: string, grouped: { Delimiter?: string }): Promise<string[]> {
    return (await this.#listObjects(prefix, grouped)).map(({ name }) => name);
  }

  async #listObjects(prefix: string, grouped: { Delimiter?: string }) {
    const { paginateListObjectsV2 } = await import('@aws-sdk/client-s3');
    const found: { name: string; written: number }[] = [];
    const request = { Bucket: this.#bucket, Prefix: prefix, ...grouped };
    for await (const page of paginateListObjectsV2({ client: await this.#aws.s3() }, request)) {
      for (const { Key, LastModified } of page.Contents ?? []) {
        if (Key !== undefined) found.push({ name: Key.slice(prefix.length), written: LastModified?.getTime() ?? 0 });
      }
    }
    return found;
  }

  async #put(key: string, value: T, condition: { IfNoneMatch: string } | { IfMatch: string }): Promise<Written<T>> {
    const { PutObjectCommand } = await import('@aws-sdk/client-s3');
    const text = JSON.stringify(value);
    const body = { Bucket: this.#bucket, Key: key, Body: text, ContentType: 'application/json' };
    const command = new PutObjectCommand({ ...body, ...condition });
    const sent = await this.#send(key, async () => await (await this.#aws.s3()).send(command));
    if (!('refused' in sent)) return { outcome: 'won', etag: answered(sent.ETag, 'S3 PutObject', 'an ETag') };
    const before = 'IfMatch' in condition ? condition.IfMatch : undefined;
    // If there is nothing to replace, the 403 for a new object is a denial.
    if (sent.refused === 'absent' && before === undefined) throw sent.error;
    if (sent.refused === 'absent') return { outcome: 'lost', current: undefined };
    const found = await this.#readBack(key, sent);
    if (found?.text === text) return { outcome: 'mine', etag: found.etag };
    // Nothing has changed: nobody was faster, the write itself failed.
    if (sent.refused === 'open' && found?.etag === before) throw sent.error;
    return { outcome: 'lost', current: this.#parsed(key, found) };
  }

  /** What exists after a write that S3 refused; if it cannot be read, a write with an unknown outcome has failed for its own reason. */
  async #readBack(key: string, { refused, error }: Unwritten): Promise<StoredText | undefined> {
    try {
      return await this.#fetch(key);
    } catch (thrown) {
      throw refused === 'open' ? error : thrown;
    }
  }

  async #fetch(key: string): Promise<StoredText | undefined> {
    try {
      return await readObjectText(await this.#aws.s3(), { bucket: this.#bucket, key });
    } catch (error) {
      if (await this.#isAbsence(error, key)) return undefined;
      throw error;
    }
  }

  #parsed(key: string, found: StoredText | undefined): Stored<T> | undefined {
    if (found === undefined) return undefined;
    const { text, ...rest } = found;
    return { ...rest, value: parseStored(this.#schema, text, { bucket: this.#bucket, key }) };
  }

  /**
   * 412: the condition does not hold. 404: the object to replace was deleted. 409: another write is in progress, and the winner is
   * unknown: the write is sent again (https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html, "conflict").
   */
  async #send<R extends object>(key: string, send: () => Promise<R>): Promise<R | Unwritten> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await send();
      } catch (error) {
        const name = nameOf(error);
        if (name === 'PreconditionFailed') return { refused: 'condition', error };
        if (name === 'ConditionalRequestConflict' && attempt < tries) {
          await wait(Math.random() * pauseMs * 2 ** (attempt - 1));
          continue;
        }
        if (await this.#isAbsence(error, key)) return { refused: 'absent', error };
        if (name === 'ConditionalRequestConflict' || hasOpenEnd(error)) return { refused: 'open', error };
        throw error;
      }
    }
  }

  /**
   * Whether S3 says that the object does not exist. To a role that may list only below its own prefixes it answers 403 instead of
   * 404 (https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html, "Permissions"): then the object is looked up by
   * its key as a prefix. If that is refused too, or the object exists, the 403 means what it says.
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

/** Why a write did not succeed. `open`: S3 did not say whether it did. */
interface Unwritten {
  readonly refused: 'condition' | 'absent' | 'open';
  readonly error: unknown;
}

/** No response, or one of a fault of S3's: the write may still have been done. */
function hasOpenEnd(thrown: unknown): boolean {
  const { $metadata } = Object(thrown) as { $metadata?: { httpStatusCode?: number } };
  return nameOf(thrown) !== 'AccessDenied' && ($metadata?.httpStatusCode ?? 500) >= 500;
}

function nameOf(thrown: unknown): string | undefined {
  return thrown instanceof Error ? thrown.name : undefined;
}
