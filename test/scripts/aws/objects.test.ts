import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { awsError } from '../../../scripts/aws/foreseen-errors.ts';
import { ConditionalObjects } from '../../../scripts/aws/objects.ts';
import { type Aws, openAws } from '../../../scripts/aws/session.ts';
import { bakeLeaseSchema } from '../../../scripts/config/stored.ts';
import { takeLease } from '../../../scripts/image/bake/lease.ts';
import { type Fault, memoryBucket } from '../../builders/memory-bucket.ts';
import { recorder } from '../../builders/recorder.ts';

/** A bucket whose answers are errors of these names, by command. */
function refusing(names: Readonly<Record<string, string>>): Aws {
  const send = async (command: object) => {
    const name = names[command.constructor.name] ?? 'NotImplemented';
    throw Object.assign(new Error(`${name}, says the bucket`), { name });
  };
  return { s3: async () => ({ send }) } as unknown as Aws;
}

test('an object that is not there is none; one that may not be read is an error', async () => {
  const read = (name: string) =>
    new ConditionalObjects(
      refusing({ GetObjectCommand: name, ListObjectsV2Command: 'AccessDenied' }),
      'bucket',
      bakeLeaseSchema,
    ).read('key');
  expect(await read('NoSuchKey')).toBeUndefined();
  await expect(read('AccessDenied')).rejects.toThrow('AccessDenied, says the bucket');
});

/** A bucket that says 403 for whatever it does not show, and lists these keys. */
function hiding(listed: readonly string[]): Aws {
  const send = async (command: { input: { Prefix?: string } }) => {
    if (command.constructor.name !== 'ListObjectsV2Command')
      throw Object.assign(new Error('403'), { name: 'AccessDenied' });
    return { Contents: listed.filter((Key) => Key.startsWith(String(command.input.Prefix))).map((Key) => ({ Key })) };
  };
  return { s3: async () => ({ send }) } as unknown as Aws;
}

test('a 403 for an object that a listing does not show is its absence; for one that it shows it is a denial', async () => {
  const objects = (listed: readonly string[]) => new ConditionalObjects(hiding(listed), 'bucket', bakeLeaseSchema);
  expect(await objects(['key2']).read('key')).toBeUndefined();
  await expect(objects(['key']).read('key')).rejects.toThrow('403');
  expect(await objects([]).remove('key', 'etag'), 'nothing is left to remove').toBe(true);
  await expect(objects([]).create('key', { run: 'one', job: '', until: '' })).rejects.toThrow('403');
  await expect(objects(['key']).remove('key', 'etag')).rejects.toThrow('403');
});

test("another job's lease that may not be read is no free one", async () => {
  const denied = { GetObjectCommand: 'AccessDenied', ListObjectsV2Command: 'AccessDenied' };
  const aws = refusing({ PutObjectCommand: 'PreconditionFailed', ...denied });
  const taken = takeLease({ aws, bucket: 'bucket', key: 'key' }, { run: 'one', job: 'job 1' });
  const refused = await taken.catch((thrown: unknown) => awsError(thrown, {}));
  expect(refused).toMatchObject({
    code: 'ACCESS_DENIED',
    message: 'AWS refused a call: AccessDenied, says the bucket',
  });
});

const schema = z.object({ run: z.string() });
const one = { run: 'one' };
const two = { run: 'two' };

describe('a write whose answer is no success is compared with what the bucket holds', () => {
  /** A bucket in which `two` may be already, and a writer whose first call has this fate. */
  async function bucketWith(fault: Fault | undefined, held?: typeof two) {
    const bucket = memoryBucket(async () => undefined);
    const etag = held && (await write(new ConditionalObjects(bucket.writer().aws, 'bucket', schema), held));
    const writer = bucket.writer((call) => (call === 0 ? fault : undefined));
    return { etag: etag ?? '', objects: new ConditionalObjects(writer.aws, 'bucket', schema), bucket };
  }

  async function write(objects: ConditionalObjects<typeof one>, value: typeof one): Promise<string> {
    const written = await objects.create('key', value);
    if (written.outcome === 'lost') throw new Error('there is one');
    return written.etag;
  }

  test.each<[Fault | undefined, string]>([
    [undefined, 'won'],
    ['twice', 'mine'],
    ['unheard', 'mine'],
    ['conflict', 'won'],
  ])('%s: %s', async (fault, outcome) => {
    const { objects } = await bucketWith(fault);
    expect(await objects.create('key', one)).toEqual({ outcome, etag: expect.any(String) });
    const next = await bucketWith(fault, two);
    expect(await next.objects.replace('key', one, next.etag)).toEqual({ outcome, etag: expect.any(String) });
    const last = await bucketWith(fault, two);
    expect(await last.objects.remove('key', last.etag)).toBe(true);
    expect(last.bucket.objects()).toEqual({});
  });

  test.each<Fault | undefined>([undefined, 'twice', 'unheard', 'failed'])(
    '%s, and another was faster: lost, with what is there',
    async (fault) => {
      const { objects } = await bucketWith(fault, two);
      const lost = { outcome: 'lost', current: { value: two } };
      expect(await objects.create('key', one)).toMatchObject(lost);
      expect(await objects.replace('key', one, '"another"')).toMatchObject(lost);
      expect(await objects.remove('key', '"another"')).toBe(false);
    },
  );

  test('what was to be replaced is gone: lost, and nothing is there', async () => {
    const { objects } = await bucketWith(undefined);
    expect(await objects.replace('key', one, '"another"')).toEqual({ outcome: 'lost', current: undefined });
  });

  test('a write that failed, while nobody else wrote, is an error and not a lost race', async () => {
    const { objects } = await bucketWith('failed');
    await expect(objects.create('key', one)).rejects.toThrow('InternalError');
    const next = await bucketWith('failed', two);
    await expect(next.objects.replace('key', one, next.etag)).rejects.toThrow('InternalError');
    const last = await bucketWith('failed', two);
    await expect(last.objects.remove('key', last.etag)).rejects.toThrow('InternalError');
  });
});

describe('an answer that ends before its time', () => {
  /** S3 that breaks off so many answers amid the object. */
  async function breaking(times: number) {
    let calls = 0;
    const text = JSON.stringify(one);
    const server = createServer((_, response) => {
      calls += 1;
      response.writeHead(200, { etag: '"1"', 'content-length': text.length });
      if (calls > times) response.end(text);
      else response.write(text.slice(0, 3), () => response.socket?.resetAndDestroy());
    }).listen(0, '127.0.0.1');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const keys = { AWS_ACCESS_KEY_ID: '100000000001', AWS_SECRET_ACCESS_KEY: 'a secret key', AWS_REGION: 'eu-west-1' };
    const aws = openAws(recorder({ AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`, ...keys }));
    return { objects: new ConditionalObjects(aws, 'bucket', schema), calls: () => calls };
  }

  test('is asked for again', async () => {
    const { objects, calls } = await breaking(2);
    expect((await objects.read('key'))?.value).toEqual(one);
    expect(calls()).toBe(3);
  });

  test('as often as any other call', async () => {
    const { objects, calls } = await breaking(100);
    const ended = await objects.read('key').catch((thrown: unknown) => awsError(thrown, {}));
    expect(ended).toMatchObject({ code: 'ENDPOINT_UNREACHABLE' });
    expect(calls()).toBe(5);
  });
});

test('an object larger than anything Vendhost writes is not read into memory', async () => {
  const server = createServer((_, response) => {
    response.writeHead(200, { etag: '"1"', 'content-length': 5_000_000_000 });
    response.write('{');
  }).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  const keys = { AWS_ACCESS_KEY_ID: '100000000001', AWS_SECRET_ACCESS_KEY: 'a secret key', AWS_REGION: 'eu-west-1' };
  const { port } = server.address() as AddressInfo;
  const aws = openAws(recorder({ AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`, ...keys }));
  await expect(new ConditionalObjects(aws, 'bucket', schema).read('key')).rejects.toMatchObject({
    code: 'OBJECT_UNREADABLE',
    message: 's3://bucket/key has 5000000000 bytes, which Vendhost never writes',
  });
});

test('a write that is answered without an ETag was not won', async () => {
  const send = async () => ({ $metadata: {} });
  const objects = new ConditionalObjects({ s3: async () => ({ send }) } as unknown as Aws, 'bucket', schema);
  await expect(objects.create('key', one)).rejects.toMatchObject({ code: 'AWS_FAILED' });
});
