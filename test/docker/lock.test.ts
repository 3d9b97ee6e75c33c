import { mkdtempSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { fullDisk } from '../../docker/full-disk.ts';
import { lockFolder } from '../../docker/lock.ts';

const folder = () => mkdtempSync(join(tmpdir(), 'lock-'));

test('the second build says for whom it waits, and begins when the first has ended', async () => {
  const directory = folder();
  const said: string[] = [];
  const waits = Promise.withResolvers<void>();
  const first = await lockFolder(directory, (line) => said.push(line));
  expect(said).toEqual([]);
  const events: string[] = [];
  const second = lockFolder(directory, (line) => {
    said.push(line);
    waits.resolve();
  }).then((lock) => {
    events.push('second');
    return lock;
  });
  await waits.promise;
  expect(said).toEqual([
    expect.stringMatching(new RegExp(`^waiting for the build of process ${process.pid}, since \\d{4}-.*${directory}$`)),
  ]);
  events.push('first ends');
  first.release();
  (await second).release();
  expect(events).toEqual(['first ends', 'second']);
  expect(await readFile(join(directory, 'lock'), 'utf8')).toMatch(/^process \d+, since .*\n$/);
});

test('what a build started holds the lock too, until it ends; waiting has an end', async () => {
  const directory = folder();
  const { file, release } = await lockFolder(directory, () => undefined);
  const child = execa('cat', { stdio: ['pipe', 'ignore', 'ignore', file] });
  release();
  await expect(lockFolder(directory, () => undefined, 0)).rejects.toThrow(
    /^the build of process \d+, since \S+ still has \S+\/lock after 0 s: wait for it, or end it$/,
  );
  child.stdin.end();
  await child;
  const said: string[] = [];
  (await lockFolder(directory, (line) => said.push(line))).release();
  expect(said).toEqual([]);
});

test('a full disk is named, with what to do', () => {
  expect(fullDisk('buildah commit failed: write /x: no space left on device')).toMatch(/^a disk is full: /);
  expect(fullDisk('npm error code ENOSPC')).toMatch(/^a disk is full: /);
  expect(fullDisk('buildah bud failed: exit status 1')).toBeUndefined();
});
