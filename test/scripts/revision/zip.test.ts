import { randomBytes } from 'node:crypto';
import { chmod, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { unzipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { collectFiles } from '../../../scripts/revision/collect.ts';
import { batchesOf } from '../../../scripts/revision/compressors.ts';
import { hashContent, streamedFrom } from '../../../scripts/revision/hash.ts';
import { writeZip } from '../../../scripts/revision/zip.ts';
import { repository, type Tree, writeTree } from './repository.ts';

const never = new AbortController().signal;

async function hashed(root: string) {
  const { files } = await collectFiles(root, 'software');
  return await hashContent(files, never);
}

async function packed(root: string) {
  const { sha256, files } = await hashed(root);
  const target = join(await repository({}), 'revision.zip');
  const bytes = await writeZip(files, target, never);
  const zip = await readFile(target);
  return { sha256, bytes, zip, target };
}

const tree: Tree = {
  'appspec.yml': 'version: 0.0\n',
  'hooks/a.sh': '#!/bin/bash\n',
  'app/ümläut.txt': 'x'.repeat(9000),
  empty: '',
};

describe('a revision', () => {
  test('holds what the folder holds', async () => {
    const { zip, bytes } = await packed(await repository(tree));
    expect(zip.length).toBe(bytes);
    const files = Object.entries(unzipSync(zip)).map(([path, data]) => [path, Buffer.from(data).toString()]);
    expect(files).toEqual([
      ['app/ümläut.txt', 'x'.repeat(9000)],
      ['appspec.yml', 'version: 0.0\n'],
      ['empty', ''],
      ['hooks/a.sh', '#!/bin/bash\n'],
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
    const large = Buffer.concat([randomBytes(streamedFrom / 2), Buffer.alloc(streamedFrom / 2 + 1)]);
    const { zip } = await packed(await repository({ 'a.txt': 'a', 'large.bin': large, 'z.txt': 'z' }));
    expect(zip.length).toBeLessThan(large.length * 0.6);
    const files = unzipSync(zip);
    expect(Object.keys(files)).toEqual(['a.txt', 'large.bin', 'z.txt']);
    expect(Buffer.from(files['large.bin'] ?? []).equals(large)).toBe(true);
  });
  test.each([100, streamedFrom + 1])('a file of %i bytes that changes meanwhile is noticed', async (size) => {
    const root = await repository({ 'a.bin': Buffer.alloc(size, 'a') });
    const { files } = await hashed(root);
    await writeFile(join(root, 'a.bin'), Buffer.alloc(size, 'b'));
    await expect(writeZip(files, join(root, 'out.zip'), never)).rejects.toMatchObject({
      code: 'REVISION_CHANGED',
      message: '"a.bin" changed while the revision was packed',
    });
  });
  test('packing ends when the command is cancelled', async () => {
    const { files } = await hashed(await repository(tree));
    const stopped = AbortSignal.abort(new Error('told to stop'));
    await expect(writeZip(files, join(await repository({}), 'out.zip'), stopped)).rejects.toThrow('told to stop');
  });
  test('more than a zip can hold is refused', async () => {
    const file = { path: 'x', from: '/x', executable: false, crc: 0 };
    const refused = { code: 'REVISION_TOO_LARGE' };
    await expect(writeZip([{ ...file, size: 2 ** 32 }], '/nowhere/x', never)).rejects.toMatchObject(refused);
    const many = Array.from({ length: 70_000 }, () => ({ ...file, size: 0 }));
    await expect(writeZip(many, '/nowhere/x', never)).rejects.toMatchObject(refused);
  });
});

describe('with enough to do for several threads', () => {
  const many = Object.fromEntries(
    Array.from({ length: 900 }, (_, index) => [`folder-${index % 7}/file-${index}.txt`, `${index} `.repeat(3000)]),
  );
  test('the archive holds every file in its order, the same bytes each time', async () => {
    const root = await repository(many);
    const [first, second] = [await packed(root), await packed(root)];
    expect(second.zip.equals(first.zip)).toBe(true);
    const files = Object.entries(unzipSync(first.zip)).map(([path, data]) => [path, Buffer.from(data).toString()]);
    expect(files).toEqual(Object.entries(many).toSorted(([left], [right]) => (left < right ? -1 : 1)));
  });
  test('a file that changes meanwhile, or is gone, is noticed', async () => {
    const root = await repository(many);
    const { files } = await hashed(root);
    await writeFile(join(root, 'folder-3/file-10.txt'), 'x');
    const target = join(await repository({}), 'out.zip');
    await expect(writeZip(files, target, never)).rejects.toMatchObject({
      code: 'REVISION_CHANGED',
      message: '"folder-3/file-10.txt" changed while the revision was packed',
    });
    await rm(join(root, 'folder-3/file-10.txt'));
    await expect(writeZip(files, target, never)).rejects.toThrow(/ENOENT.*file-10\.txt/);
  });
  test('packing ends when the command is cancelled', async () => {
    const { files } = await hashed(await repository(many));
    const stopping = new AbortController();
    const packing = writeZip(files, join(await repository({}), 'out.zip'), stopping.signal);
    stopping.abort(new Error('told to stop'));
    await expect(packing).rejects.toThrow('told to stop');
  });
});

test('batches are neighbours of about a megabyte', () => {
  const file = (size: number) => ({ path: '', from: '', executable: false, crc: 0, size });
  const sizes = (list: number[]) => batchesOf(list.map(file)).map((batch) => batch.map(({ size }) => size));
  expect(sizes([600_000, 400_000, 100_000, 2_000_000, 1])).toEqual([[600_000, 400_000], [100_000], [2_000_000], [1]]);
  expect(sizes([])).toEqual([]);
  expect(sizes(Array(300).fill(0)).map(({ length }) => length)).toEqual([256, 44]);
});
