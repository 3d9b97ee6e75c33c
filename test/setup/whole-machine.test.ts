import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { dockerLine, whyNoDemo } from './whole-machine.ts';

const root = join(import.meta.dirname, '../..');

test('root on Linux can start the demo; nobody else, nor a root that is less than root', () => {
  const whole = { platform: 'linux', uid: 0, users: 4_294_967_295, mayMount: true };
  expect(whyNoDemo(whole)).toBeUndefined();
  expect(whyNoDemo({ ...whole, uid: 1000 })).toContain('root on Linux, and this is user 1000;');
  expect(whyNoDemo({ ...whole, platform: 'darwin' })).toContain('and this is darwin;');
  expect(whyNoDemo({ ...whole, platform: 'win32', uid: undefined })).toContain('and this is win32;');
  expect(whyNoDemo({ ...whole, users: 1 })).toContain('and this is root of a user namespace that has no other user;');
  expect(whyNoDemo({ ...whole, mayMount: false })).toContain('and this root may not mount anything;');
});

test.each(['README.md', 'docs/demo.md'])('%s has the line that the demo names', async (page) => {
  expect(await readFile(join(root, page), 'utf8')).toContain(dockerLine);
});

test.each([
  // A user namespace without a mapping: this user is nobody there, and may still read the checkout.
  ['nobody', ['--user'], /this is user \d+/],
  ['root of a user namespace', ['--user', '--map-root-user'], /this is root of a user namespace/],
  [
    'root that may do less',
    ['--user', '--map-root-user', 'setpriv', '--bounding-set=-sys_admin'],
    /this root may not mount anything/,
  ],
])('as %s the demo ends with one line, before it starts or writes anything', async (_who, words, said) => {
  const demo = [...words, process.execPath, join(root, 'test/e2e/demo.ts')];
  const { exitCode, stdout, stderr } = await execa('unshare', demo, { cwd: root, reject: false });
  expect([exitCode, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(/^demo failed: instances need root on Linux, and [^\n]+; with Docker [^\n]+$/);
  expect(stderr).toMatch(said);
});
