import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, writeSync } from 'node:fs';
import { mkdir, readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { run } from '../../scripts/cli.ts';
import { fileError } from '../../scripts/errors.ts';
import { makeTemporary } from '../../scripts/temporary.ts';
import { repository, soundTenant } from '../builders/repository.ts';
import { errorIn, vendhost } from './command-line.ts';

const root = join(import.meta.dirname, '../..');
const executable = join(root, 'scripts/vendhost.ts');

/** Runs a line of bash in which $vendhost is the executable. */
async function bash(line: string, cwd: string) {
  const env = { ...process.env, vendhost: `${process.execPath} ${executable}` };
  const child = spawn('bash', ['-c', line], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (text) => (stdout += text));
  child.stderr.on('data', (text) => (stderr += text));
  const [code] = await once(child, 'close');
  return { code, stdout, stderr };
}

test('a full disk behind standard output is an error, and no crash', async () => {
  const ended = await bash('$vendhost config show >/dev/full', await repository(soundTenant));
  expect(ended).toEqual({
    code: 1,
    stdout: '',
    stderr:
      'error[OUTPUT_LOST]: cannot write to standard output: no space left on device\nhint: run the same command again with a writable output; it resumes from the current state\n',
  });
});

test('behind standard error it is the exit code alone that says so', async () => {
  const ended = await bash('$vendhost config check 2>/dev/full', await repository(soundTenant));
  expect(ended).toMatchObject({ code: 1, stderr: '' });
});

test('whoever has read enough of a result closes the pipe', async () => {
  const line = 'exec 3> >(:); wait $!; $vendhost config show >&3';
  expect(await bash(line, await repository(soundTenant))).toEqual({ code: 0, stdout: '', stderr: '' });
});

test('a working directory that is gone', async () => {
  const cwd = await repository({ 'gone/file': '' });
  const ended = await bash('cd gone; rm -r ../gone; $vendhost config show', cwd);
  expect(ended).toMatchObject({ code: 1, stdout: '' });
  expect(ended.stderr).toBe(
    'error[DIRECTORY_MISSING]: the working directory no longer exists\nhint: change into an existing folder, and run the same command again\n',
  );
});

test('what the disk refuses is no bug', async () => {
  let stderr = '';
  const code = await run(['config', 'show'], {
    env: {},
    cwd: await repository(soundTenant),
    signal: new AbortController().signal,
    stdout: () => {
      const full = openSync('/dev/full', 'w');
      try {
        writeSync(full, 'x');
      } finally {
        closeSync(full);
      }
    },
    stderr: (text) => {
      stderr += text;
    },
  });
  expect(code).toBe(1);
  expect(stderr).toBe(
    'error[FILE_FAILED]: cannot write: no space left on device\nhint: free space there, or set TMPDIR to a folder on a disk that has some, and run the same command again\n',
  );
});

test.each([
  [{ code: 'EACCES', errno: -13, syscall: 'open', path: '/x' }, 'cannot open /x: permission denied'],
  [{ code: 'EROFS', errno: -30, syscall: 'mkdir', path: '/x' }, 'cannot mkdir /x: read-only file system'],
  [{ code: 'EMFILE', errno: -24, syscall: 'scandir', path: '/x' }, 'cannot scandir /x: too many open files'],
])('%j is what the file system says', (parts, message) => {
  const error = Object.assign(new Error('no'), parts);
  expect(fileError(new Error('outer', { cause: error }))).toMatchObject({ code: 'FILE_FAILED', message });
});

test.each([
  [{ code: 'ENOENT', syscall: 'spawn packer' }],
  [{ code: 'ECONNREFUSED', syscall: 'connect' }],
  [{ code: 'ERR_INVALID_ARG_TYPE' }],
])('%j is none of the file system', (parts) => {
  expect(fileError(Object.assign(new Error('no'), parts))).toBeUndefined();
});

test.each(['toString', '__proto__', 'constructor', 'hasOwnProperty'])('%s is no noun', async (word) => {
  for (const words of [[word], [word, 'x'], ['config', word]]) {
    const ended = await vendhost(words);
    expect([errorIn(ended), ended.stderr.includes('bug')]).toEqual(['USAGE', false]);
  }
});

test('a switch is true or false', async () => {
  const cwd = await repository(soundTenant);
  const wrong = await vendhost(['config', 'show', '--json=maybe'], { cwd });
  expect(wrong).toEqual({
    code: 1,
    stdout: '',
    stderr: 'error[USAGE]: "maybe" is wrong: --json must be true or false\nhint: give --json, or leave it out\n',
  });
  expect((await vendhost(['config', 'show', '--json=true'], { cwd })).stdout).toMatch(/^\{/);
  expect((await vendhost(['config', 'show', '--json=false'], { cwd })).stdout).toMatch(/^image:/);
});

test('folders of runs that were killed are removed by the next run of the same user, after a day', async () => {
  const temporary = await repository({ 'elsewhere/kept': '', 'vendhost-bake-link01': '-> elsewhere' });
  const cwd = await repository(soundTenant);
  vi.stubEnv('TMPDIR', temporary);
  const names = ['vendhost-bake-killed', 'vendhost-assembly-killed', 'vendhost-bake-living', 'vendhost-other-killed'];
  for (const name of names) await mkdir(join(temporary, name, 'deep'), { recursive: true });
  const yesterday = new Date(Date.now() - 25 * 60 * 60_000);
  for (const name of [names[0], names[1], names[3], 'elsewhere']) {
    await utimes(join(temporary, name ?? ''), yesterday, yesterday);
  }
  execFileSync('touch', ['-h', '-d', '2 days ago', join(temporary, 'vendhost-bake-link01')]);
  await vendhost(['config', 'show'], { cwd });
  vi.unstubAllEnvs();
  expect((await readdir(temporary)).sort()).toEqual(['elsewhere', 'vendhost-bake-link01', names[2], names[3]].sort());
  expect(await readdir(join(temporary, 'elsewhere'))).toEqual(['kept']);
});

test('a temporary folder that is not there', async () => {
  vi.stubEnv('TMPDIR', '/nowhere');
  await expect(makeTemporary('assembly')).rejects.toMatchObject({
    code: 'TEMPORARY_FOLDER',
    message: 'cannot make a temporary folder in /nowhere: no such file or directory',
  });
  vi.unstubAllEnvs();
});
