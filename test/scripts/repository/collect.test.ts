import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { collectFiles } from '../../../scripts/repository/collect.ts';
import { shownFinding } from '../../../scripts/repository/findings.ts';
import { repository, type Tree } from '../../builders/repository.ts';

async function collected(tree: Tree, choice?: { include: string[]; ignore: string[] }) {
  const root = await repository(tree);
  const { files, findings } = await collectFiles(root, 'software', choice);
  return { root, paths: files.map(({ path }) => path), files, findings: findings.map(shownFinding) };
}

const all = ['**'];

describe('collectFiles', () => {
  test('lists files sorted by path, with size and executable bit; folders without files are left out', async () => {
    const { root, files } = await collected({ 'b/z.txt': 'four', 'b.txt': '', 'a.sh': '#!' });
    expect(files).toEqual([
      { path: 'a.sh', from: join(root, 'a.sh'), executable: true, size: 2 },
      { path: 'b.txt', from: join(root, 'b.txt'), executable: false, size: 0 },
      { path: 'b/z.txt', from: join(root, 'b/z.txt'), executable: false, size: 4 },
    ]);
  });
  test('include and ignore use the grammar of .gitignore', async () => {
    const tree = {
      'app/a.php': '',
      'app/a.log': '',
      'app/deep/keep.log': '',
      'node_modules/x/i.js': '',
      'README.md': '',
    };
    const { paths } = await collected(tree, {
      include: all,
      ignore: ['*.log', '!keep.log', 'node_modules/', '/README.md'],
    });
    expect(paths).toEqual(['app/a.php', 'app/deep/keep.log']);
    const only = await collected(tree, { include: ['/app/', 'README*'], ignore: ['*.log'] });
    expect(only.paths).toEqual(['README.md', 'app/a.php']);
  });
  test('.git is never part of a revision, other hidden files are', async () => {
    const { paths } = await collected({ '.git/HEAD': '', '.htaccess': '', 'vendor/x/.git': '' });
    expect(paths).toEqual(['.htaccess']);
  });
  test('links within the folder are followed, to files and to folders', async () => {
    const { root, files, findings } = await collected({
      'real/a.sh': '#!',
      'real/b.txt': 'b',
      'link.sh': '-> real/a.sh',
      alias: '-> real',
    });
    expect(findings).toEqual([]);
    expect(files.map(({ path, from, executable }) => [path, from.slice(root.length + 1), executable])).toEqual([
      ['alias/a.sh', 'real/a.sh', true],
      ['alias/b.txt', 'real/b.txt', false],
      ['link.sh', 'real/a.sh', true],
      ['real/a.sh', 'real/a.sh', true],
      ['real/b.txt', 'real/b.txt', false],
    ]);
  });
  test('links out, to nowhere and to a folder above are faults, all named', async () => {
    const { paths, findings } = await collected({
      'a.txt': '',
      passwd: '-> /etc/passwd',
      'deep/up': '-> ../../',
      'deep/self': '-> .',
      'deep/top': '-> ..',
      gone: '-> nowhere',
    });
    expect(paths).toEqual(['a.txt']);
    expect(findings).toEqual([
      'software/deep/self: is a symbolic link to a folder above it',
      'software/deep/top: is a symbolic link to a folder above it',
      'software/deep/up: is a symbolic link out of software, to ".."',
      'software/gone: is a symbolic link that leads nowhere',
      expect.stringMatching(/^software\/passwd: is a symbolic link out of software, to ".*etc\/passwd"$/),
    ]);
  });
  test('what is ignored need not be sound', async () => {
    const { findings } = await collected({ 'tmp/x': '-> /etc/passwd' }, { include: all, ignore: ['tmp/x'] });
    expect(findings).toEqual([]);
  });
  test("the owner's executable bit counts, as in git", async () => {
    const root = await repository({ others: 'x', owner: 'x' });
    await chmod(join(root, 'others'), 0o655);
    await chmod(join(root, 'owner'), 0o700);
    await execa('git', ['init', '--quiet'], { cwd: root });
    await execa('git', ['add', '.'], { cwd: root });
    const { stdout } = await execa('git', ['ls-files', '--stage'], { cwd: root });
    const { files } = await collectFiles(root, 'software');
    expect(files.map(({ executable }) => executable)).toEqual(
      stdout.split('\n').map((line) => line.startsWith('100755')),
    );
    expect(files.map(({ executable }) => executable)).toEqual([false, true]);
  });
  test('a folder that is re-included is judged as a folder only', async () => {
    const tree = { 'appspec.yml': '', 'dist/app/x.js': '', 'README.md': '' };
    const { paths } = await collected(tree, { include: all, ignore: ['/*', '!/dist/', '!appspec.yml'] });
    expect(paths).toEqual(['appspec.yml', 'dist/app/x.js']);
  });
});
