import { createHash } from 'node:crypto';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { S3Client } from '@aws-sdk/client-s3';
import { type Aws, openAws } from '../../scripts/aws/session.ts';
import { recorder } from './recorder.ts';

/**
 * What happens to a call. `twice`: its answer was lost, and the SDK sent it again. `unheard`: it was done, and nobody says so.
 * `failed`, `conflict`: it was not done. `killed`: its writer dies with it, before or after it is done.
 */
export const faults = ['twice', 'unheard', 'failed', 'conflict', 'killed before', 'killed after'] as const;
export type Fault = (typeof faults)[number];

export interface Writer {
  readonly aws: Aws;
  /** Resolves when the writer was killed: its calls are never answered again. */
  readonly killed: Promise<'killed'>;
  /** How many calls it has made. */
  readonly calls: () => number;
}

export interface MemoryBucket {
  /** Key → text. */
  readonly objects: () => Record<string, string>;
  /** Another process that uses the bucket. */
  readonly writer: (fault?: (call: number) => Fault | undefined) => Writer;
}

interface Call {
  readonly input: {
    Key?: string;
    Body?: string;
    IfMatch?: string;
    IfNoneMatch?: string;
    Prefix?: string;
    Delimiter?: string;
  };
  readonly constructor: { readonly name: string };
  readonly middlewareStack: {
    resolve(handler: () => Promise<object>, context: object): (args: object) => Promise<{ output: object }>;
  };
}

const refused = (name: string, httpStatusCode: number) =>
  Object.assign(new Error(`${name}, says the bucket`), { name, $metadata: { httpStatusCode } });

/**
 * A bucket in memory that keeps S3's promises on conditional writes, for many writers in one process.
 * @param turn what each call waits for before it is done, and before its answer arrives
 * @param now S3's clock, in milliseconds
 */
export function memoryBucket(turn: () => Promise<unknown>, now: () => number = () => 0): MemoryBucket {
  const held = new Map<string, { text: string; etag: string; written: number }>();

  const done = (
    command: string,
    { Key = '', Body = '', IfMatch, IfNoneMatch, Prefix = '', Delimiter }: Call['input'],
  ) => {
    if (command === 'ListObjectsV2Command') {
      const isDirect = (key: string) => Delimiter === undefined || !key.slice(Prefix.length).includes(Delimiter);
      const found = [...held.keys()].filter((key) => key.startsWith(Prefix) && isDirect(key));
      return { Contents: found.map((key) => ({ Key: key })) };
    }
    const object = held.get(Key);
    if (command === 'GetObjectCommand') {
      if (object === undefined) throw refused('NoSuchKey', 404);
      const { text, etag, written } = object;
      return { Body: { transformToString: async () => text }, ETag: etag, LastModified: new Date(written) };
    }
    if (IfMatch !== undefined && object === undefined) throw refused('NoSuchKey', 404);
    if ((IfMatch !== undefined && object?.etag !== IfMatch) || (IfNoneMatch !== undefined && object !== undefined)) {
      throw refused('PreconditionFailed', 412);
    }
    if (command === 'DeleteObjectCommand') {
      held.delete(Key);
      return {};
    }
    // As without KMS: what is equal has an equal ETag, so a condition on it does not see that an object was away in between.
    const etag = `"${createHash('md5').update(Body).digest('hex')}"`;
    held.set(Key, { text: Body, etag, written: now() });
    return { ETag: etag };
  };

  return {
    objects: () => Object.fromEntries([...held].map(([key, { text }]) => [key, text])),
    writer(fault = () => undefined) {
      let calls = 0;
      let isDead = false;
      let die: (dead: 'killed') => void = () => undefined;
      const killed = new Promise<'killed'>((resolve) => {
        die = resolve;
      });
      const never = () => {
        isDead = true;
        die('killed');
        return new Promise<never>(() => undefined);
      };
      const answer = async (command: string, input: Call['input']) => {
        if (isDead) return await never();
        const happens = fault(calls);
        calls += 1;
        await turn();
        if (happens === 'killed before') return await never();
        if (happens === 'failed') throw refused('InternalError', 500);
        if (happens === 'conflict' && /Put|Delete/.test(command)) throw refused('ConditionalRequestConflict', 409);
        if (happens === 'twice') await (async () => done(command, input))().catch(() => undefined);
        const output = done(command, input);
        await turn();
        if (happens === 'killed after') return await never();
        if (happens === 'unheard') throw new Error('the connection was closed');
        return output;
      };
      const send = async (call: Call) => {
        const handler = async () => ({
          response: { headers: { date: new Date(now()).toUTCString() } },
          output: await answer(call.constructor.name, call.input),
        });
        return (await call.middlewareStack.resolve(handler, {})({ input: call.input })).output;
      };
      const s3 = Object.assign(new S3Client({ region: 'eu-west-1' }), { send });
      const elb = Object.assign(new ElasticLoadBalancingV2Client({ region: 'eu-west-1' }), {
        send: async () => ({ Rules: [] }),
      });
      const aws = { ...openAws(recorder({ AWS_REGION: 'eu-west-1' })), s3: async () => s3, elb: async () => elb };
      return { aws: aws as unknown as Aws, killed, calls: () => calls };
    },
  };
}

/** What a writer came to: it was done, it failed, or it was killed. */
export type End<T> = { readonly done: T } | { readonly failed: unknown } | 'killed';

export async function endOf<T>({ killed }: Writer, work: Promise<T>): Promise<End<T>> {
  const ended = work.then(
    (done) => ({ done }),
    (failed: unknown) => ({ failed }),
  );
  return await Promise.race([ended, killed]);
}
