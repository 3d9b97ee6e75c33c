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
    new ConditionalObjects(refusing({ GetObjectCommand: name }), 'bucket', bakeLeaseSchema).read('key');
  expect(await read('NoSuchKey')).toBeUndefined();
  await expect(read('AccessDenied')).rejects.toThrow('AccessDenied, says the bucket');
});

test("another job's lease that may not be read is no free one", async () => {
  const aws = refusing({ PutObjectCommand: 'PreconditionFailed', GetObjectCommand: 'AccessDenied' });
  const taken = takeLease({ aws, bucket: 'bucket', key: 'key' }, { run: 'one', job: 'job 1' });
  const refused = await taken.catch((thrown: unknown) => awsError(thrown, {}));
  expect(refused).toMatchObject({ code: 'ACCESS_DENIED', message: 'AccessDenied, says the bucket' });
});
