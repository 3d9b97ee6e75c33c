import { cp, mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { run } from '../../scripts/cli.ts';
import { projectRoot } from '../local-gitlab/platform.ts';
import { schemaFaults } from './gitlab-schema.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'own-pipeline-'));
  for (const folder of ['templates', 'examples'])
    await cp(join(projectRoot, folder), join(directory, folder), { recursive: true });
});

/** Jobs of the project's own pipeline, or of another file as if it were one. */
async function jobsOf(file: string, ...words: string[]): Promise<string[]> {
  await cp(join(projectRoot, file), join(directory, '.gitlab-ci.yml'));
  let stdout = '';
  const code = await run(['ci', 'explain', '--default-branch', 'main', '--json', ...words], {
    env: {},
    cwd: directory,
    signal: new AbortController().signal,
    stdout: (text) => {
      stdout += text;
    },
    stderr: () => undefined,
  });
  expect(code).toBe(0);
  const { created, jobs } = JSON.parse(stdout) as { created: boolean; jobs: { name: string; runs: boolean }[] };
  return !created ? [] : jobs.filter(({ runs }) => runs).map(({ name }) => name);
}

describe('the own pipeline', () => {
  test.each(['.gitlab-ci.yml', '.ci/examples.yml'])('%s is what GitLab takes', async (file) => {
    expect(schemaFaults(parse(await readFile(join(projectRoot, file), 'utf8'), { merge: true }))).toEqual([]);
  });

  const checks = ['check', 'check-cloud', 'check-pages', 'test', 'examples'];
  test.each([
    [
      'a merge request',
      ['--event', 'merge_request', '--branch', 'more', '--target', 'main'],
      [...checks, 'build-image'],
    ],
    ['a push to the default branch', ['--branch', 'main'], [...checks, 'build-image']],
    // Nor on a tag that is not protected, which has no protected variable: no image.
    [
      'the tag of a cut without VENDHOST_RELEASES',
      ['--event', 'tag', '--branch', 'cut/1.2.3'],
      [...checks.filter((job) => job !== 'examples'), 'tag-version'],
    ],
    ["a version's tag in a mirror", ['--event', 'tag', '--branch', 'v1.2.3'], []],
    ['a moving tag', ['--event', 'tag', '--branch', 'v1.2'], []],
  ])('%s', async (_, words, jobs) => {
    expect(await jobsOf('.gitlab-ci.yml', ...words)).toEqual(jobs);
  });

  test("a version's tag where the library is released: notes, the release by the keyword that the catalog wants, the rest", async () => {
    const text = await readFile(join(projectRoot, '.gitlab-ci.yml'), 'utf8');
    const { workflow, ...jobs } = parse(text) as Record<
      string,
      { rules?: { if: string }[]; release?: object; needs?: string[]; before_script?: string[]; id_tokens?: object }
    >;
    expect(workflow?.rules?.at(-1)?.if).toBe('$CI_COMMIT_TAG =~ /^v\\d+\\.\\d+\\.\\d+$/ && $VENDHOST_RELEASES');
    expect(jobs['publish-image']?.rules).toEqual([{ if: '$CI_COMMIT_TAG =~ /^cut\\// && $VENDHOST_RELEASES' }]);
    expect(jobs['.release']?.before_script).toEqual(['npm ci --ignore-scripts']);
    const ofVersions = Object.entries(jobs).filter(([, job]) =>
      job.rules?.some((rule) => rule.if === '$CI_COMMIT_TAG =~ /^v/'),
    );
    expect(ofVersions.map(([name, { needs = [] }]) => [name, needs])).toEqual([
      ['release-notes', []],
      ['create-release', ['release-notes']],
      ['publish', ['create-release']],
    ]);
    const tokens = Object.entries(jobs).flatMap(([name, { id_tokens: own }]) =>
      own === undefined ? [] : [[name, own]],
    );
    expect(tokens).toEqual([['tag-version', { SIGSTORE_ID_TOKEN: { aud: 'sigstore' } }]]);
    expect(jobs['create-release']?.release).toMatchObject({
      tag_name: '$CI_COMMIT_TAG',
      description: 'release-notes.md',
    });
  });

  test('only jobs that call the release command with the token have its environment, and none of them runs scripts of packages', async () => {
    const text = await readFile(join(projectRoot, '.gitlab-ci.yml'), 'utf8');
    const jobs = parse(text) as Record<string, { environment?: object; extends?: string | string[] }>;
    expect(text).not.toContain('VENDHOST_RELEASE_TOKEN');
    expect(jobs['.with-token']?.environment).toEqual({ name: 'release', action: 'access' });
    expect(Object.keys(jobs).filter((name) => jobs[name]?.environment !== undefined)).toEqual(['.with-token']);
    const holders = Object.entries(jobs).filter(([, job]) => [job.extends].flat().includes('.with-token'));
    expect(holders).toMatchObject([
      ['tag-version', { extends: ['.release', '.with-token'], script: ['npm run release -- tag'] }],
      [
        'release-notes',
        { extends: ['.release', '.with-token'], script: ['npm run release -- notes release-notes.md'] },
      ],
      ['publish', { extends: ['.release', '.with-token'], script: ['npm run release -- publish'] }],
    ]);
    for (const [, job] of holders) expect(job).not.toHaveProperty('before_script');
  });

  test('the examples run the templates of the commit, in jobs that need no account', async () => {
    for (const words of [
      ['--event', 'parent_pipeline', '--branch', 'main'],
      ['--event', 'parent_pipeline', '--branch', 'more'],
      ...['dev', 'staging', 'master'].map((branch) => ['--event', 'parent_pipeline', '--branch', branch]),
      ['--event', 'merge_request', '--branch', 'more', '--target', 'master'],
    ]) {
      expect(await jobsOf('.ci/examples.yml', ...words)).toEqual(['shop validate', 'page validate']);
    }
  });

  // GitLab lets the job that starts a child pipeline without jobs fail.
  test.each([['cut/1.2.3'], ['v1.2.3']])(
    'the tag %s starts no pipeline of the examples, which has no job of a tag',
    async (tag) => {
      const words = ['--event', 'tag', '--branch', tag];
      expect(await jobsOf('.ci/examples.yml', ...words)).toEqual([]);
      expect(await jobsOf('.gitlab-ci.yml', ...words)).not.toContain('examples');
    },
  );

  test.each(['.gitlab-ci.yml', '.ci/examples.yml'])(
    '%s names no host, no moving version and no variable that shows secrets',
    async (file) => {
      const code = (await readFile(join(projectRoot, file), 'utf8')).replaceAll(/^\s*#.*$/gm, '');
      expect(code).not.toMatch(/\b[\w-]+\.(com|io|org|net|dev|cloud)\b/);
      expect(code).not.toMatch(/CI_DEBUG|\b(latest|HEAD)\b/);
      const images = [...code.matchAll(/image: (\S+)/g)]
        .map(([, image = '']) => image)
        .filter((image) => image !== '$CI_REGISTRY_IMAGE');
      for (const image of images) expect(image).toMatch(/^\$CI_[A-Z_]+\/[\w/-]+:v?\d+\.\d+\.\d+/);
    },
  );
});
