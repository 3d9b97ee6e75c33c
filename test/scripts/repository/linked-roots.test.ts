import { rename, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { run } from '../../../scripts/cli.ts';
import { repository, soundTenant, writeTree } from '../../builders/repository.ts';

/** Another project's folders, as a runner that keeps its build folders has them. */
const theirs = { 'software/appspec.yml': 'version: 0.0\nos: linux\n', 'infrastructure/install.sh': '#!/bin/bash\n' };

async function vendhost(...words: string[]) {
  let said = '';
  const code = await run(words, {
    env: { PATH: process.env.PATH, AWS_REGION: 'eu-west-1', AWS_ENDPOINT_URL: 'http://127.0.0.1:9' },
    cwd: '/',
    signal: new AbortController().signal,
    stdout: (text) => (said += text),
    stderr: (text) => (said += text),
  });
  return { code, said };
}

const place = ['--tenant', 'shop', '--environment', 'dev'];
const commands = {
  infrastructure: [
    ['config', 'check'],
    ['image', 'bake', ...place],
  ],
  software: [
    ['config', 'check'],
    ['revision', 'push', ...place],
  ],
} as const;
const cases = Object.entries(commands).flatMap(([root, all]) => all.map((words) => ({ root, words, name: words[1] })));

test.each(cases)('vendhost … $name refuses $root that is a link out of the repository', async ({ root, words }) => {
  const directory = await repository(soundTenant);
  const other = await repository(theirs);
  await rename(join(directory, root), join(directory, 'old'));
  await symlink(join(other, root), join(directory, root));
  const { code, said } = await vendhost(...words, '--directory', directory);
  const out = `../${basename(other)}/${root}`;
  expect(said).toContain(`  ${root}/: is a symbolic link out of the repository, to "${out}": must be a folder in it\n`);
  expect(code).toBe(1);
});

test('a chain of links, a folder in a linked folder, and .git are no roots either', async () => {
  const directory = await repository({ ...soundTenant, '.git/software/appspec.yml': '' });
  const other = await repository(theirs);
  await rename(join(directory, 'software'), join(directory, 'old'));
  await symlink('second', join(directory, 'software'));
  await symlink(join(other, 'software'), join(directory, 'second'));
  await symlink(other, join(directory, 'theirs'));
  const check = async (yml: string) => {
    await writeTree(directory, { 'vendhost.yml': yml });
    return (await vendhost('config', 'check', '--directory', directory)).said;
  };
  expect(await check('')).toMatch(/software\/: is a symbolic link out of the repository, to ".*\/software"/);
  expect(await check('revision: { directory: theirs/software }\n')).toMatch(
    /theirs\/software\/: is a symbolic link out of the repository/,
  );
  expect(await check('revision: { directory: .git/software }\n')).toContain('.git/software/: leads into .git');
});

test('a link to another folder of the repository is a root, also when the repository itself is reached by a link', async () => {
  const directory = await repository(soundTenant);
  const elsewhere = await repository({});
  await rename(join(directory, 'software'), join(directory, 'real'));
  await symlink('real', join(directory, 'software'));
  await symlink(directory, join(elsewhere, 'checkout'));
  const { code, said } = await vendhost('config', 'check', '--directory', join(elsewhere, 'checkout'));
  expect(said).toContain('no fault');
  expect(code).toBe(0);
});
