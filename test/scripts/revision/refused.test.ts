import { rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { factsSchema } from '../../../scripts/config/facts.ts';
import { repository, soundTenant, type Tree } from '../../builders/repository.ts';
import { errorIn, vendhost } from '../command-line.ts';
import { refusal, type WireCall, wire } from '../wire.ts';

const words = ['revision', 'push', '--tenant', 'shop', '--environment', 'dev'];

/** A platform whose bucket has this revision, or none; `uploads` is what it is asked to take. */
function platform(beforeUpload: () => Promise<unknown> = async () => undefined, isThere = false) {
  const uploads: string[] = [];
  const facts = Object.keys(factsSchema.shape).map((name) => ({
    Name: `/vendhost/dev/${name}`,
    Value: name === 'builder-access' ? 'private' : 'false',
  }));
  const answer = async (call: WireCall) => {
    if (call.service === 'ssm') return { status: 200, body: JSON.stringify({ Parameters: facts }) };
    if (call.operation.startsWith('PUT')) uploads.push(call.operation);
    // Asked whether the revision is there: the last call before it is packed.
    else await beforeUpload();
    return call.operation.startsWith('GET')
      ? {
          status: 200,
          body: `<ListBucketResult><IsTruncated>false</IsTruncated>${isThere ? found(call) : ''}</ListBucketResult>`,
        }
      : refusal(call, 'InternalError');
  };
  return { uploads, answer };
}

const found = ({ operation }: WireCall) =>
  `<Contents><Key>${new URLSearchParams(operation.split('?')[1]).get('prefix')}zip</Key></Contents>`;

async function push(tree: Tree, change?: (directory: string) => Promise<unknown>) {
  const cwd = await repository({ ...soundTenant, ...tree });
  const { uploads, answer } = platform(() => change?.(cwd) ?? Promise.resolve());
  const env = { AWS_ENDPOINT_URL: await wire(undefined, answer), AWS_REGION: 'eu-west-1' };
  const keys = { AWS_ACCESS_KEY_ID: '100000000001', AWS_SECRET_ACCESS_KEY: 'secret' };
  return { ended: await vendhost(words, { env: { ...env, ...keys }, cwd }), uploads };
}

test.each([
  [false, 2],
  [true, 0],
])('a dry run uploads nothing, whether the revision is there (%s) or not', async (isThere, code) => {
  const cwd = await repository(soundTenant);
  const { uploads, answer } = platform(undefined, isThere);
  const env = {
    AWS_ENDPOINT_URL: await wire(undefined, answer),
    VENDHOST_LOCAL_CLOUD: '1',
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: '100000000001',
    AWS_SECRET_ACCESS_KEY: 'secret',
  };
  const ended = await vendhost([...words, '--dry-run'], { env, cwd });
  expect([ended.code, uploads]).toEqual([code, []]);
});

test('more than one upload holds, before it is read', async () => {
  const cwd = await repository(soundTenant);
  await writeFile(join(cwd, 'software/film.bin'), '');
  await truncate(join(cwd, 'software/film.bin'), 5 * 1024 ** 3);
  const env = { AWS_REGION: 'eu-west-1' };
  for (const dryRun of [[], ['--dry-run']]) {
    expect(errorIn(await vendhost([...words, ...dryRun], { env, cwd }))).toBe('REVISION_TOO_LARGE');
  }
});

test('a file of the name that each revision gets', async () => {
  const { ended, uploads } = await push({ 'software/.vendhost-revision': 'mine' });
  expect([errorIn(ended), uploads]).toEqual(['CHECK_FAILED', []]);
});

test.each([
  ['a small file', 'page'],
  ['a large one', 'page'.repeat(300_000)],
])('%s that changes after it was hashed', async (_what, page) => {
  const file = 'software/index.html';
  const { ended, uploads } = await push({ [file]: page }, (directory) =>
    writeFile(join(directory, file), `${page.slice(0, -1)}!`),
  );
  expect([errorIn(ended), uploads]).toEqual(['REVISION_CHANGED', []]);
});

test('a file that is deleted after it was hashed', async () => {
  const { ended, uploads } = await push({ 'software/index.html': 'page' }, (directory) =>
    rm(join(directory, 'software/index.html'), { force: true }),
  );
  expect([errorIn(ended), uploads]).toEqual(['REVISION_CHANGED', []]);
});
