import { randomBytes } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, expect, test } from 'vitest';
import { buildSnapshot } from '../../docker/snapshot/build.ts';
import { cloudAccount } from '../builders/account.ts';
import { makePlatform } from '../builders/platform.ts';
import { repository, soundTenant } from '../builders/repository.ts';
import { recordTenant } from '../builders/tenant.ts';
import { projectRoot } from '../local-gitlab/platform.ts';

const account = cloudAccount('640000000014');
let snapshot: string;

beforeAll(async () => {
  await recordTenant(await makePlatform(account), 'shop');
  snapshot = join(await mkdtemp(join(tmpdir(), 'snapshot-')), 'push.blob');
  await buildSnapshot(snapshot);
});

const command = join(projectRoot, 'bin/vendhost.js');

async function run(start: readonly string[], words: readonly string[]) {
  const { exitCode, stdout, stderr } = await execa(
    process.execPath,
    [...start, command, 'revision', 'push', ...words],
    {
      env: { ...account.env, PATH: process.env.PATH, HOME: process.env.HOME },
      extendEnv: false,
      reject: false,
    },
  );
  return { exitCode, stdout, stderr };
}

const fromSnapshot = (words: readonly string[]) => run(['--snapshot-blob', snapshot], words);

test('the snapshot pushes, on threads too, what the files then find pushed', async () => {
  // Above what one thread compresses alone.
  const directory = await repository({
    ...soundTenant,
    'software/large': randomBytes(6 * 1024 ** 2).toString('base64'),
  });
  const words = ['--tenant', 'shop', '--environment', 'dev', '--directory', directory, '--json'];
  const pushed = await fromSnapshot(words);
  expect(pushed, pushed.stderr).toMatchObject({ exitCode: 0 });
  const result = JSON.parse(pushed.stdout) as { uploaded: boolean };
  expect(result).toMatchObject({ uploaded: true });
  for (const again of [await run([], words), await fromSnapshot(words)]) {
    expect(JSON.parse(again.stdout)).toEqual({ ...result, uploaded: false, bytes: 0 });
  }
});

test.each([
  [['--tenannt', 'shop']],
  [['--help']],
  // What this needs is loaded from packages that are not in the snapshot.
  [['--tenant', 'shop', '--environment', 'dev', '--require-provisioned']],
])('%j: as from the files', async (words) => {
  const directory = await repository(soundTenant);
  const all = words.includes('--tenant') ? [...words, '--directory', directory] : words;
  const fromFiles = await run([], all);
  expect(await fromSnapshot(all)).toEqual(fromFiles);
});
