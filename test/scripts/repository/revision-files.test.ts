import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { vendhostSchema } from '../../../scripts/config/vendhost.ts';
import { shownFinding } from '../../../scripts/repository/findings.ts';
import { checkSoftware } from '../../../scripts/repository/tenant-repository.ts';
import { hashContent } from '../../../scripts/revision/hash.ts';
import { zipOf } from '../../../scripts/revision/zip.ts';
import { repository, script, soundTenant, type Tree } from '../../builders/repository.ts';

const signal = new AbortController().signal;
const config = vendhostSchema.parse({});

async function findings(directory: string): Promise<string[]> {
  return (await checkSoftware(directory, config, { beforeBuild: false })).findings.map(shownFinding);
}

const appSpec: Tree = { 'software/appspec.yml': 'version: 0.0\nos: linux\n' };

/** Packs the software, and unpacks it as the CodeDeploy agent does; its service runs without a locale. */
async function unpacked(directory: string): Promise<string[]> {
  const { files } = await checkSoftware(directory, config, { beforeBuild: false });
  const revision = await hashContent(files, signal);
  const zip = join(directory, 'revision.zip');
  const target = join(directory, 'unpacked');
  await writeFile(zip, zipOf({ ...revision, signal }));
  await execa('unzip', ['-qo', zip, '-d', target], { env: { LC_ALL: 'C' }, stdin: 'ignore' });
  return (await readdir(target)).filter((name) => name !== '.vendhost-revision').toSorted();
}

test('each name arrives on the instance as it is, or is refused by name', async () => {
  const part = fc.constantFrom(
    'a',
    'B',
    'ü',
    '😀',
    ' ',
    '-',
    ';1',
    ';',
    '\\',
    ':',
    '*',
    '?',
    '\t',
    '\n',
    '\u0007',
    '\u007f',
    '\u009b',
    "'",
    '"',
    '#U00fc',
    '$x',
    '~',
  );
  const name = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => `n${parts.join('')}`);
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(name, { minLength: 1, maxLength: 6 }), async (all) => {
      const directory = await repository({
        ...appSpec,
        ...Object.fromEntries(all.map((each) => [`software/${each}`, ''])),
      });
      const wrong = new Set(
        (await checkSoftware(directory, config, { beforeBuild: false })).findings.map(({ file }) =>
          file.slice('software/'.length),
        ),
      );
      refused += wrong.size;
      const sound = all.filter((each) => !wrong.has(each));
      const alone = await repository({
        ...appSpec,
        ...Object.fromEntries(sound.map((each) => [`software/${each}`, ''])),
      });
      expect(await unpacked(alone)).toEqual([...sound, 'appspec.yml'].toSorted());
    }),
    { numRuns: 60, seed: 1 },
  );
  expect(refused).toBeGreaterThan(0);
}, 240_000);

describe('what git left out of the checkout', () => {
  test('a submodule that was not fetched', async () => {
    const directory = await repository({
      ...soundTenant,
      '.gitmodules':
        '[submodule "lib"]\n\tpath = software/lib\n\turl = ../lib.git\n[submodule "fine"]\n\tpath = software/fine\n',
      'software/fine/a.txt': 'a',
    });
    await mkdir(join(directory, 'software/lib'));
    await mkdir(join(directory, 'software/just-empty'));
    expect(await findings(directory)).toEqual([
      'software/lib: is a git submodule that was not fetched: set GIT_SUBMODULE_STRATEGY to recursive in the job',
    ]);
  });
  test('a pointer of Large File Storage', async () => {
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 12345\n`;
    const directory = await repository({
      ...soundTenant,
      'software/logo.png': pointer,
      'software/about-lfs.md': `${pointer}${'x'.repeat(1024)}`,
    });
    expect(await findings(directory)).toEqual([
      'software/logo.png: is a pointer of Git LFS, not the file: the job must fetch it (git lfs install; git lfs pull)',
    ]);
  });
});

test('links to programs become copies, which is said once', async () => {
  const directory = await repository({
    ...soundTenant,
    'software/node_modules/p/run.sh': script,
    'software/data.txt': '',
  });
  await mkdir(join(directory, 'software/node_modules/.bin'));
  for (const name of ['p', 'q']) await symlink('../p/run.sh', join(directory, 'software/node_modules/.bin', name));
  await symlink('data.txt', join(directory, 'software/link.txt'));
  expect(await findings(directory)).toEqual([
    'software/node_modules/.bin/p: is a link to a program, of which the revision gets a copy (and 1 more link): what it loads from beside itself is not there',
  ]);
});
