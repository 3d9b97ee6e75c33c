import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { vendhostSchema } from '../../../scripts/config/vendhost.ts';
import { shownFinding } from '../../../scripts/repository/findings.ts';
import { isGitIgnored } from '../../../scripts/repository/git-ignored.ts';
import { checkSoftware } from '../../../scripts/repository/tenant-repository.ts';
import { repository, script, type Tree } from '../../builders/repository.ts';

const appspec = [
  'version: 0.0',
  'os: linux',
  'files:',
  '  - {source: target/shop.jar, destination: /srv/lib}',
  'file_exists_behavior: OVERWRITE',
  'permissions:',
  '  - {object: /srv/lib/shop.jar, owner: shop}',
  'hooks:',
  '  ApplicationStart:',
  '    - {location: target/start.sh, timeout: 60}',
  '',
].join('\n');

async function found(tree: Tree, beforeBuild: boolean, directory = 'software'): Promise<string[]> {
  const { revision, ...rest } = vendhostSchema.parse({ revision: { directory } });
  const { findings } = await checkSoftware(await repository(tree), { revision, ...rest }, { beforeBuild });
  return findings.map((finding) => `${finding.severity} ${shownFinding(finding)}`);
}

describe('what git ignores and is not there', () => {
  const tree = { 'software/appspec.yml': appspec, '.gitignore': 'target/\n' };
  const later = 'git ignores it: a build must make it before the revision is packed';

  test('is a warning before the build', async () => {
    expect(await found(tree, true)).toEqual([
      `warning software/appspec.yml:4: files.0.source: "target/shop.jar" is not in software, and ${later}`,
      `warning software/appspec.yml:10: hooks.ApplicationStart.0.location: "target/start.sh" is not in software, and ${later}`,
    ]);
  });
  test('is a fault when the revision is packed', async () => {
    expect(await found(tree, false)).toEqual([
      'fault software/appspec.yml:4: files.0.source: "target/shop.jar" is not in software',
      'fault software/appspec.yml:10: hooks.ApplicationStart.0.location: "target/start.sh" is not in software',
    ]);
  });
  test('is a fault always when git does not ignore it', async () => {
    expect((await found({ ...tree, '.gitignore': '' }, true)).map((line) => line.split(' ')[0])).toEqual([
      'fault',
      'fault',
    ]);
  });
  test('is fine once it is built', async () => {
    const built = { ...tree, 'software/target/shop.jar': '', 'software/target/start.sh': script };
    expect(await found(built, true)).toEqual([]);
    expect(await found(built, false)).toEqual([]);
  });
  test('may be the whole folder, or the AppSpec', async () => {
    const dist = { '.gitignore': '/dist\n', 'README.md': '' };
    expect(await found(dist, true, 'dist')).toEqual([`warning dist/: is not there, and ${later}`]);
    expect(await found(dist, false, 'dist')).toEqual([
      'fault dist/: missing: must be the folder with appspec.yml (revision.directory of vendhost.yml)',
    ]);
    expect(await found({ ...dist, 'dist/index.html': '' }, true, 'dist')).toEqual([
      `warning dist/appspec.yml: is not there, and ${later}`,
    ]);
  });
});

test('.gitignore files count in the folder they are in, and below, as git has it', async () => {
  const directory = await repository({
    '.gitignore': '*.jar\n/out\nDist/\nlib/*\n!lib/kept\n',
    'app/.gitignore': 'build/\n!keep.jar\n',
    'out/.gitignore': '!x\n',
  });
  await execa('git', ['init', '--quiet'], { cwd: directory });
  const files = [
    'a.jar',
    'app/lib/a.jar',
    'app/keep.jar',
    'keep.jar',
    'app/b/keep.jar',
    'app/out',
    'out/x',
    'out/y/z',
    'app/a.txt',
  ];
  const others = [
    'app/build/x/y',
    'build/x',
    'Dist/x',
    'dist/x',
    'lib/a',
    'lib/kept',
    'lib/kept/x',
    './out/x',
    'app/../a.txt',
    'OUT/x',
  ];
  const paths = [...files, ...others];
  const { stdout } = await execa('git', ['check-ignore', '--no-index', ...paths], { cwd: directory, reject: false });
  const judged = await Promise.all(paths.map(async (path) => ((await isGitIgnored(directory, path)) ? [path] : [])));
  expect(judged.flat()).toEqual(stdout.split('\n'));
});

test('what may become a folder is ignored as one; what is outside never is', async () => {
  const directory = await repository({ '.gitignore': '/out/\n*.jar\n' });
  const judged = await Promise.all(['out', './out/', '../a.jar', '.', ''].map((path) => isGitIgnored(directory, path)));
  expect(judged).toEqual([true, true, false, false, false]);
});
