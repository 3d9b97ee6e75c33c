import { randomBytes } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { unzipSync } from 'fflate';
import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { revisionPushSchema } from '../../../scripts/config/stored.ts';
import { pushRevision } from '../../../scripts/revision/push.ts';
import { cloudAccount } from '../../builders/account.ts';
import { makePlatform, type Platform } from '../../builders/platform.ts';
import { recorder } from '../../builders/recorder.ts';
import { repository, soundTenant, type Tree } from '../../builders/repository.ts';
import { recordTenant } from '../../builders/tenant.ts';

const account = cloudAccount('640000000001');
const place = { tenant: 'shop', environment: 'dev' } as const;
const push = {
  CI_COMMIT_SHA: '4f2c',
  CI_COMMIT_REF_NAME: 'dev',
  CI_COMMIT_AUTHOR: 'A Developer <dev@example.com>',
  CI_COMMIT_MESSAGE: 'feat: a "quoted" page\n\nbody',
  CI_PROJECT_URL: 'https://gitlab.example.com/acme/shop',
  CI_PIPELINE_URL: 'https://gitlab.example.com/acme/shop/-/pipelines/7',
};
const env = { ...account.env, ...push };
let platform: Platform;
let s3: S3Client;

beforeAll(async () => {
  platform = await makePlatform(account);
  s3 = await platform.aws.s3();
  await recordTenant(platform, place.tenant);
});

interface Result {
  revisionKey: string;
  sha256: string;
  uploaded: boolean;
  bytes: number;
}

async function pushed(
  directory: string,
  { dryRun = false, tenant = 'shop', signal = new AbortController().signal } = {},
) {
  const runtime = recorder(env, { signal });
  const code = await pushRevision(runtime, { ...place, tenant, directory, dryRun });
  return { code, result: JSON.parse(runtime.printed()) as Result };
}

async function bytesOf(key: string): Promise<Uint8Array> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: platform.bucket, Key: key }));
  return (await Body?.transformToByteArray()) ?? new Uint8Array();
}

async function versions(prefix: string): Promise<string[]> {
  const { Versions = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket: platform.bucket, Prefix: prefix }));
  return Versions.map(({ Key }) => Key ?? '');
}

const withPage = (page: string): Tree => ({ ...soundTenant, 'software/index.html': page });

describe('pushRevision', () => {
  test('uploads the software and the push that brought it', async () => {
    const directory = await repository(withPage('first'));
    const { code, result } = await pushed(directory);
    expect(code).toBeUndefined();
    expect(result).toEqual({
      revisionKey: `software/shop/${result.sha256}.zip`,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      uploaded: true,
      bytes: (await bytesOf(result.revisionKey)).length,
    });
    const files = unzipSync(await bytesOf(result.revisionKey));
    expect(Object.keys(files)).toEqual(['appspec.yml', 'hooks/after.sh', 'index.html', '.vendhost-revision']);
    const stored: unknown = JSON.parse(Buffer.from(await bytesOf(`software/shop/${result.sha256}.json`)).toString());
    expect(revisionPushSchema.strict().parse(stored)).toEqual({
      sha256: result.sha256,
      commit: '4f2c',
      branch: 'dev',
      author: 'A Developer <dev@example.com>',
      message: 'feat: a "quoted" page\n\nbody',
      repository: 'https://gitlab.example.com/acme/shop',
      pipelineUrl: 'https://gitlab.example.com/acme/shop/-/pipelines/7',
      hookSeconds: { AfterInstall: 60 },
    });
  });

  test('the same content again: nothing is uploaded, in any checkout', async () => {
    const first = await pushed(await repository(withPage('same')));
    const again = await pushed(await repository(withPage('same')));
    expect(again.result).toEqual({ ...first.result, uploaded: false, bytes: 0 });
    expect(await versions(`software/shop/${first.result.sha256}`)).toHaveLength(2);
  });

  test('ten jobs at once upload one object', async () => {
    const directory = await repository(withPage('at once'));
    const all = await Promise.all(Array.from({ length: 10 }, () => pushed(directory)));
    expect(all.filter(({ result }) => result.uploaded)).toHaveLength(1);
    expect(new Set(all.map(({ result }) => result.revisionKey)).size).toBe(1);
    expect(await versions(`software/shop/${all[0]?.result.sha256}`)).toHaveLength(2);
  });

  test('a dry run names the revision, uploads nothing and says that it differs', async () => {
    const directory = await repository(withPage('dry'));
    const dry = await pushed(directory, { dryRun: true });
    expect(dry).toEqual({ code: 2, result: expect.objectContaining({ uploaded: false, bytes: 0 }) });
    expect(await versions(`software/shop/${dry.result.sha256}`)).toEqual([]);
    await pushed(directory);
    expect((await pushed(directory, { dryRun: true })).code).toBeUndefined();
  });

  test('a faulty AppSpec is refused before anything is uploaded', async () => {
    const directory = await repository(soundTenant);
    await writeFile(join(directory, 'software/appspec.yml'), 'version: 0.0\nos: linux\nhooks:\n  AfterInstal: []\n');
    await expect(pushed(directory, { tenant: 'cafe' })).rejects.toMatchObject({
      code: 'CHECK_FAILED',
      details: [
        'software/appspec.yml:4: hooks.AfterInstal: its scripts never run: "AfterInstal" is not an event; write AfterInstall',
      ],
    });
    expect(await versions('software/cafe/')).toEqual([]);
  });

  test('a large tree goes up whole, and leaves no temporary file', async () => {
    const big = Buffer.alloc(20_000_000, 'vendhost ');
    const directory = await repository({ ...soundTenant, 'software/big.bin': big });
    // Other test files push at the same time.
    const temporary = await repository({});
    vi.stubEnv('TMPDIR', temporary);
    onTestFinished(() => void vi.unstubAllEnvs());
    const { result } = await pushed(directory);
    const files = unzipSync(await bytesOf(result.revisionKey));
    expect(Buffer.from(files['big.bin'] ?? []).equals(await readFile(join(directory, 'software/big.bin')))).toBe(true);
    expect(await readdir(temporary)).toEqual([]);
  });

  test('a larger one goes up in parts, once, when two jobs push it at the same time', async () => {
    const directory = await repository({ ...soundTenant, 'software/film.bin': randomBytes(18_000_000) });
    const both = await Promise.all([pushed(directory), pushed(directory)]);
    expect(both.map(({ result }) => result.uploaded).toSorted()).toEqual([false, true]);
    const { revisionKey, sha256 } = both[0]?.result ?? { revisionKey: '', sha256: '' };
    expect(await versions(`software/shop/${sha256}`)).toHaveLength(2);
    const files = unzipSync(await bytesOf(revisionKey));
    expect(Buffer.from(files['film.bin'] ?? []).equals(await readFile(join(directory, 'software/film.bin')))).toBe(
      true,
    );
    const { Uploads } = await s3.send(new ListMultipartUploadsCommand({ Bucket: platform.bucket }));
    expect(Uploads ?? []).toEqual([]);
  });

  test('a cancelled push uploads nothing', async () => {
    const directory = await repository(withPage('cancelled'));
    const { result } = await pushed(directory, { dryRun: true });
    const signal = AbortSignal.abort(new Error('told to stop'));
    await expect(pushed(directory, { signal })).rejects.toThrow('told to stop');
    expect(await versions(`software/shop/${result.sha256}`)).toEqual([]);
  });
});
