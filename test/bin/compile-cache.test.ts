import { chmod, lchown, mkdir, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execaNode } from 'execa';
import { describe, expect, test, vi } from 'vitest';
import { cacheFolder, ownFolder } from '../../bin/compile-cache.js';
import { repository } from '../builders/repository.ts';

describe('ownFolder', () => {
  test('is made for its owner alone, with those above it', async () => {
    const path = join(await repository({}), 'a/b');
    expect(ownFolder(path)).toBe(path);
    expect((await stat(path)).mode & 0o777).toBe(0o700);
    expect((await stat(join(path, '..'))).mode & 0o777).toBe(0o700);
    expect(ownFolder(path), 'the second time').toBe(path);
  });

  test.each<[string, (path: string, directory: string) => Promise<void>]>([
    ['open to others', (path) => mkdir(path).then(() => chmod(path, 0o755))],
    ["another user's", (path) => mkdir(path, { mode: 0o700 }).then(() => lchown(path, 12_345, 12_345))],
    ['a link to a folder', (path, directory) => symlink(directory, path)],
    ['a file', (path) => writeFile(path, '')],
  ])('is none when it is %s', async (_what, make) => {
    const directory = await repository({});
    const path = join(directory, 'cache');
    await make(path, directory);
    expect(ownFolder(path)).toBeUndefined();
  });
});

test('a relative path is no place for it: it would be wherever the command is called', async () => {
  const home = await repository({});
  vi.stubEnv('HOME', home);
  expect(cacheFolder({ XDG_CACHE_HOME: 'somewhere' }, 'compiled')).toBe(join(home, '.cache/vendhost/compiled'));
  vi.stubEnv('HOME', 'elsewhere');
  expect(cacheFolder({}, 'compiled')).toBeUndefined();
  vi.unstubAllEnvs();
});

test('the command keeps what it compiled there, and without such a folder it runs without', async () => {
  const [home, temporary] = [await repository({}), await repository({})];
  const env = { HOME: home, XDG_CACHE_HOME: '', NODE_COMPILE_CACHE: '', TMPDIR: temporary };
  const help = () => execaNode('scripts/vendhost.ts', ['--version'], { env });
  expect((await help()).stdout).toMatch(/^\d+\.\d+\.\d+$/);
  const folder = join(home, '.cache/vendhost/compiled');
  expect(await readdir(folder)).not.toEqual([]);
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  await chmod(folder, 0o777);
  expect((await help()).stdout).toMatch(/^\d+\.\d+\.\d+$/);
  expect(await readdir(temporary)).toEqual([]);
});
