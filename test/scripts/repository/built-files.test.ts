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

test('.gitignore files count in the folder they are in, and below', async () => {
  const directory = await repository({ '.gitignore': '*.jar\n/out\n', 'app/.gitignore': 'build/\n!keep.jar\n' });
  const ignored = ['a.jar', 'app/lib/a.jar', 'out', 'out/x', 'app/build', 'app/build/x/y', './out/'];
  const kept = ['app/out', 'build', 'app/a.txt', '../a.jar', '.', ''];
  const judged = await Promise.all([...ignored, ...kept].map((path) => isGitIgnored(directory, path)));
  expect(judged).toEqual([...ignored.map(() => true), ...kept.map(() => false)]);
});
