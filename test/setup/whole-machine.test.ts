import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { dockerLine, whyNoDemo } from './whole-machine.ts';

const root = join(import.meta.dirname, '../..');

test('root on Linux can start the demo; nobody else', () => {
  expect(whyNoDemo({ platform: 'linux', uid: 0 })).toBeUndefined();
  expect(whyNoDemo({ platform: 'linux', uid: 1000 })).toContain('root on Linux, and this is user 1000;');
  expect(whyNoDemo({ platform: 'darwin', uid: 0 })).toContain('and this is darwin;');
  expect(whyNoDemo({ platform: 'win32', uid: undefined })).toContain('and this is win32;');
});

test.each(['README.md', 'docs/demo.md'])('%s has the line that the demo names', async (page) => {
  expect(await readFile(join(root, page), 'utf8')).toContain(dockerLine);
});

test('without root the demo ends with one line, before it starts or writes anything', async () => {
  // A user namespace without a mapping: this user is nobody there, and may still read the checkout.
  const words = ['--user', process.execPath, join(root, 'test/e2e/demo.ts')];
  const { exitCode, stdout, stderr } = await execa('unshare', words, { cwd: root, reject: false });
  expect([exitCode, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(/^demo failed: instances need root on Linux, and this is user \d+; with Docker [^\n]+$/);
});
