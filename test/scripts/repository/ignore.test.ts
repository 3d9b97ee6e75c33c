import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { collectFiles } from '../../../scripts/repository/collect.ts';
import { repository, type Tree, writeTree } from '../../builders/repository.ts';

const name = fc.constantFrom('a', 'A', 'b', 'dist', 'x.js', 'y.log', '.env', 'a b', 'ü');
const paths = fc.uniqueArray(
  fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/')),
  {
    minLength: 1,
    maxLength: 8,
  },
);
const part = fc.constantFrom(
  'a',
  'b',
  'dist',
  '*.js',
  '*.log',
  '*',
  '**',
  '?',
  '[ab]',
  '[!a]',
  'x.*',
  '.env',
  'a b',
  'ü',
  '\\a',
);
const pattern = fc
  .record({
    not: fc.constantFrom('', '', '!'),
    root: fc.constantFrom('', '', '/'),
    parts: fc.array(part, { minLength: 1, maxLength: 3 }),
    end: fc.constantFrom('', '', '/', '/**', ' '),
  })
  .map(({ not, root, parts, end }) => `${not}${root}${parts.join('/')}${end}`);

/** A path that another one needs as a folder cannot be a file too. */
function treeOf(all: readonly string[]): Tree {
  return Object.fromEntries(
    all.filter((path) => !all.some((other) => other.startsWith(`${path}/`))).map((path) => [path, '']),
  );
}

/** What git would add of a tree with these patterns: https://git-scm.com/docs/gitignore */
async function filesOfGit(root: string, git: string, patterns: readonly string[]): Promise<string[]> {
  const list = `${git}-patterns`;
  await writeFile(list, patterns.map((each) => `${each}\n`).join(''));
  const words = [`--git-dir=${git}`, `--work-tree=${root}`, 'ls-files', '-z', '--others', '--exclude-from', list];
  const { stdout } = await execa('git', words, { cwd: root });
  return stdout
    .split('\0')
    .filter((path) => path !== '')
    .toSorted();
}

test('revision.ignore leaves out what git would ignore', async () => {
  const git = join(await repository({}), 'git');
  await execa('git', ['init', '--quiet', '--bare', git]);
  const root = join(await repository({}), 'tree');
  await fc.assert(
    fc.asyncProperty(paths, fc.array(pattern, { minLength: 1, maxLength: 5 }), async (all, patterns) => {
      await rm(root, { recursive: true, force: true });
      await mkdir(root);
      await writeTree(root, treeOf(all));
      const { files } = await collectFiles(root, 'software', { include: ['**'], ignore: patterns });
      expect(files.map(({ path }) => path).toSorted()).toEqual(await filesOfGit(root, git, patterns));
    }),
    { numRuns: 150, seed: 1 },
  );
}, 240_000);
