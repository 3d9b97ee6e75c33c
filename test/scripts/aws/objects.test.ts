import { expect, test } from 'vitest';
import { awsError } from '../../../scripts/aws/foreseen-errors.ts';
import { ConditionalObjects } from '../../../scripts/aws/objects.ts';
import type { Aws } from '../../../scripts/aws/session.ts';
import { bakeLeaseSchema } from '../../../scripts/config/stored.ts';
import { takeLease } from '../../../scripts/image/bake/lease.ts';

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
  expect(await objects([]).remove('key', 'etag')).toBe(false);
  await expect(objects(['key']).remove('key', 'etag')).rejects.toThrow('403');
});

test("another job's lease that may not be read is no free one", async () => {
  const denied = { GetObjectCommand: 'AccessDenied', ListObjectsV2Command: 'AccessDenied' };
  const aws = refusing({ PutObjectCommand: 'PreconditionFailed', ...denied });
  const taken = takeLease({ aws, bucket: 'bucket', key: 'key' }, { run: 'one', job: 'job 1' });
  const refused = await taken.catch((thrown: unknown) => awsError(thrown, {}));
  expect(refused).toMatchObject({ code: 'ACCESS_DENIED', message: 'AccessDenied, says the bucket' });
});
