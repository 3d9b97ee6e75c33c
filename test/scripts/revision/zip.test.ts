import { randomBytes } from 'node:crypto';
import { appendFile, chmod, readFile, rename, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { unzipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { revisionFile } from '../../../scripts/config/names.ts';
import { collectFiles } from '../../../scripts/repository/collect.ts';
import { DeflateThreads } from '../../../scripts/revision/deflate-threads.ts';
import { deflateFiles } from '../../../scripts/revision/file-work.ts';
import { type HashedFile, hashContent } from '../../../scripts/revision/hash.ts';
import { checkFits, needsZip64, zipOf } from '../../../scripts/revision/zip.ts';
import { zip64 } from '../../../scripts/revision/zip64.ts';
import { repository, type Tree, writeTree } from '../../builders/repository.ts';

/** Large enough to be streamed when it is hashed. */
const largeFile = 18 * 1024 * 1024;
const never = new AbortController().signal;

async function hashed(root: string) {
  const { files } = await collectFiles(root, 'software');
  return await hashContent(files, never);
}

async function zipped(revision: { sha256: string; files: readonly HashedFile[] }, signal = never) {
  const target = join(await repository({}), 'revision.zip');
  await writeFile(target, zipOf({ ...revision, signal }));
  return target;
}

async function packed(root: string) {
  const revision = await hashed(root);
  const target = await zipped(revision);
  return { sha256: revision.sha256, zip: await readFile(target), target };
}

const tree: Tree = {
  'appspec.yml': 'version: 0.0\n',
  'hooks/a.sh': '#!/bin/bash\n',
  'app/ümläut.txt': 'x'.repeat(9000),
  empty: '',
};

describe('a revision', () => {
  test('holds what the folder holds', async () => {
    const { zip, sha256 } = await packed(await repository(tree));
    const files = Object.entries(unzipSync(zip)).map(([path, data]) => [path, Buffer.from(data).toString()]);
    expect(files).toEqual([
      ['app/ümläut.txt', 'x'.repeat(9000)],
      ['appspec.yml', 'version: 0.0\n'],
      ['empty', ''],
      ['hooks/a.sh', '#!/bin/bash\n'],
      [revisionFile, `${sha256}\n`],
    ]);
  });
  test('python unpacks it with its modes and the fixed time', async () => {
    const { target } = await packed(await repository(tree));
    const program = [
      'import sys, zipfile, json',
      'z = zipfile.ZipFile(sys.argv[1])',
      'assert z.testzip() is None',
      'print(json.dumps([[i.filename, oct(i.external_attr >> 16), list(i.date_time)] for i in z.infolist()]))',
    ].join('\n');
    const { stdout } = await execa('python3', ['-c', program, target]);
    const time = [1980, 1, 1, 0, 0, 0];
    expect(JSON.parse(stdout)).toEqual([
      ['app/ümläut.txt', '0o100644', time],
      ['appspec.yml', '0o100644', time],
      ['empty', '0o100644', time],
      ['hooks/a.sh', '0o100755', time],
      [revisionFile, '0o100644', time],
    ]);
  });
  test('is the same, byte for byte, whenever, wherever and in whatever order its files were written', async () => {
    const first = await packed(await repository(tree));
    const other = await repository(Object.fromEntries(Object.entries(tree).toReversed()));
    await utimes(join(other, 'appspec.yml'), 1, 1);
    await chmod(join(other, 'appspec.yml'), 0o600);
    await chmod(join(other, 'hooks/a.sh'), 0o700);
    const second = await packed(other);
    expect(second.sha256).toBe(first.sha256);
    expect(second.zip.equals(first.zip)).toBe(true);
  });
  test.each<[string, (root: string) => Promise<void>]>([
    ['a byte', (root) => writeFile(join(root, 'appspec.yml'), 'version: 0.1\n')],
    ['an executable bit', (root) => chmod(join(root, 'appspec.yml'), 0o755)],
    ['a name', (root) => rename(join(root, 'empty'), join(root, 'void'))],
    ['a new empty file', (root) => writeTree(root, { new: '' })],
  ])('has another name when %s changed', async (_what, change) => {
    const root = await repository(tree);
    const before = await hashed(root);
    await change(root);
    expect((await hashed(root)).sha256).not.toBe(before.sha256);
  });
  test('its name is stable over releases of this project', async () => {
    const { sha256 } = await hashed(await repository({ 'appspec.yml': 'version: 0.0\nos: linux\n' }));
    expect(sha256).toBe('d971e784acaf8f7f672112e8d83b9f5458938c435c95b770171080f2fe6eab5e');
  });
  test('a large file is streamed and comes out as it was', async () => {
    const large = Buffer.concat([randomBytes(largeFile / 2), Buffer.alloc(largeFile / 2)]);
    const { zip } = await packed(await repository({ 'a.txt': 'a', 'large.bin': large, 'z.txt': 'z' }));
    expect(zip.length).toBeLessThan(large.length * 0.6);
    const files = unzipSync(zip);
    expect(Object.keys(files)).toEqual(['a.txt', 'large.bin', 'z.txt', revisionFile]);
    expect(Buffer.from(files['large.bin'] ?? []).equals(large)).toBe(true);
  });
  test('many files are compressed on threads, and come out in their order as they were', async () => {
    const many: Tree = Object.fromEntries(
      Array.from({ length: 60 }, (_, index) => [`${index % 7}/${index}`, randomBytes(50_000).toString('hex')]),
    );
    const { zip } = await packed(await repository({ ...many, 'large.bin': Buffer.alloc(largeFile), 'z.txt': 'z' }));
    const files = unzipSync(zip);
    expect(Object.keys(files)).toEqual([...Object.keys(many).toSorted(), 'large.bin', 'z.txt', revisionFile]);
    for (const [path, text] of Object.entries(many)) expect(Buffer.from(files[path] ?? []).toString()).toBe(text);
  });
  test.each([1, 2, 8])(
    'with %i processors files are compressed in their order, as by any other number',
    async (processors) => {
      const many = Array.from({ length: 60 }, (_, index) => [`${index}`, randomBytes(50_000).toString('hex')]);
      const { files } = await hashed(await repository(Object.fromEntries(many) as Tree));
      const threads = new DeflateThreads(60 * 100_000, processors);
      const compressed: string[] = [];
      for await (const batch of threads.deflate(files, never)) {
        const { memory, parts } = deflateFiles(batch.files);
        expect(batch.deflated.parts).toEqual(parts);
        const length = parts.reduce((sum, part) => sum + part.length, 0);
        expect(Buffer.from(batch.deflated.memory, 0, length).equals(Buffer.from(memory, 0, length))).toBe(true);
        compressed.push(...batch.files.map(({ path }) => path));
      }
      await threads.end();
      expect(compressed).toEqual(files.map(({ path }) => path));
    },
  );
  test.each<[string, (file: string) => Promise<void>, object]>([
    ['grows', (file) => appendFile(file, 'b'), { code: 'REVISION_CHANGED' }],
    ['shrinks', (file) => truncate(file, 1), { code: 'REVISION_CHANGED' }],
    ['goes', (file) => rm(file), { code: 'REVISION_CHANGED' }],
  ])('a file that %s while threads compress is noticed', async (_what, change, failure) => {
    const many = Array.from({ length: 60 }, (_, index) => [`${index}`, Buffer.alloc(100_000, 'a')]);
    const root = await repository(Object.fromEntries(many) as Tree);
    const revision = await hashed(root);
    await change(join(root, '33'));
    await expect(zipped(revision)).rejects.toMatchObject(failure);
  });
  test.each([100, largeFile])('a file of %i bytes that changes meanwhile is noticed', async (size) => {
    const root = await repository({ 'a.bin': Buffer.alloc(size, 'a') });
    const revision = await hashed(root);
    await writeFile(join(root, 'a.bin'), Buffer.alloc(size, 'b'));
    await expect(zipped(revision)).rejects.toMatchObject({
      code: 'REVISION_CHANGED',
      message: '"a.bin" changed while the revision was packed',
    });
  });
  test.each([100, largeFile])('a file of %i bytes that is gone meanwhile is noticed', async (size) => {
    const root = await repository({ 'a.bin': Buffer.alloc(size, 'a') });
    const revision = await hashed(root);
    await rm(join(root, 'a.bin'));
    const failure = { code: 'REVISION_CHANGED', message: '"a.bin" changed while the revision was packed' };
    await expect(zipped(revision)).rejects.toMatchObject(failure);
    const target = join(await repository({}), 'large.zip');
    await expect(writeFile(target, zip64({ ...revision, signal: never }))).rejects.toMatchObject(failure);
  });
  test('packing ends when the command is cancelled', async () => {
    const revision = await hashed(await repository(tree));
    const stopped = AbortSignal.abort(new Error('told to stop'));
    await expect(zipped(revision, stopped)).rejects.toThrow('told to stop');
  });
  test('more files or bytes than a plain zip counts go into a zip64, which holds the same', async () => {
    const file = { path: 'x', from: '/x', executable: false, size: 1 };
    expect([
      needsZip64(Array.from({ length: 65_533 }, () => file)),
      needsZip64(Array.from({ length: 65_534 }, () => file)),
      needsZip64([{ ...file, size: 4.2e9 }]),
      needsZip64([{ ...file, size: 4.3e9 }]),
    ]).toEqual([false, true, false, true]);
    const revision = await hashed(await repository(tree));
    const target = join(await repository({}), 'large.zip');
    await writeFile(target, zip64({ ...revision, signal: never }));
    const plain = await readFile(await zipped(revision));
    expect(unzipSync(await readFile(target))).toEqual(unzipSync(plain));
    const changing = { ...revision, files: revision.files.map((each) => ({ ...each, sha256: 'another' })) };
    await expect(writeFile(target, zip64({ ...changing, signal: never }))).rejects.toMatchObject({
      code: 'REVISION_CHANGED',
    });
  });
  test('more than one object holds is refused', () => {
    const file = { path: 'x', from: '/x', executable: false, size: 6 * 1024 ** 3 };
    expect(() => checkFits([file])).toThrow(expect.objectContaining({ code: 'REVISION_TOO_LARGE' }));
  });
});
