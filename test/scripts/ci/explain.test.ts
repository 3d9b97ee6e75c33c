import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { run } from '../../../scripts/cli.ts';

const shop = `include:
  - component: $CI_SERVER_FQDN/platform/vendhost/tenant@v0.1.0
    inputs: { tenant: shop, image: registry.example.test/vendhost }
`;

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ci-explain-'));
});

async function explain(files: Record<string, string>, words: readonly string[] = ['--branch', 'dev']) {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), content);
  }
  const streams = { stdout: '', stderr: '' };
  const code = await run(['ci', 'explain', ...words], {
    env: {},
    cwd: directory,
    signal: new AbortController().signal,
    stdout: (text) => {
      streams.stdout += text;
    },
    stderr: (text) => {
      streams.stderr += text;
    },
  });
  return { code, ...streams };
}

type Jobs = readonly { name: string; runs: boolean; why: string; rule: number }[];
const jobsIn = (stdout: string) => (JSON.parse(stdout) as { jobs: Jobs }).jobs;

test('a push to a branch of an environment, as a table', async () => {
  const { code, stdout, stderr } = await explain({ '.gitlab-ci.yml': shop });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const [title, , ...rows] = stdout.trimEnd().split('\n');
  expect(title).toBe('push, dev: a pipeline (workflow: rule 3: when: always)');
  expect(rows.slice(2)).toEqual([
    'plan       -                                      no rule matches',
    'bake       runs  dev          validate            rule 2: if $CI_COMMIT_BRANCH == "dev"',
    'provision  runs  dev          bake                rule 2: if $CI_COMMIT_BRANCH == "dev"',
    'package    runs  dev          validate            rule 2: if $CI_COMMIT_BRANCH == "dev"',
    'release    runs  dev          package, provision  rule 2: if $CI_COMMIT_BRANCH == "dev"',
  ]);
});

test('the branch that is checked out is the default', async () => {
  const files = { '.gitlab-ci.yml': shop, '.git/HEAD': 'ref: refs/heads/feature/cart\n' };
  const { stdout } = await explain(files, ['--json']);
  expect(JSON.parse(stdout)).toMatchObject({ event: 'push', branch: 'feature/cart', created: true });
  expect(jobsIn(stdout).filter(({ runs }) => runs)).toEqual([expect.objectContaining({ name: 'validate' })]);
});

test('why there is no pipeline', async () => {
  const { stdout } = await explain({ '.gitlab-ci.yml': shop }, ['--branch', 'feature/cart', '--open-merge-request']);
  expect(stdout).toMatch(/^push, feature\/cart: no pipeline \(workflow: rule 2: if \$CI_PIPELINE_SOURCE == "push" && /);
});

describe("the tenant's own part", () => {
  test('jobs, rules on hidden jobs, files of the checkout and their inputs count', async () => {
    const { stdout, stderr } = await explain(
      {
        '.gitlab-ci.yml': `${shop}  - local: /ci/own.yml
    inputs: { name: lint }
  - remote: https://example.test/other.yml
stages: [validate, bake, provision, package, release, own]
.vendhost-bake:
  rules:
    - if: $CI_COMMIT_BRANCH == "dev"
      when: never
    - !reference [.vendhost-always, rules]
`,
        'ci/own.yml':
          'spec: {inputs: {name: {}}}\n---\n"$[[ inputs.name ]]": {stage: own, script: [make], rules: [{exists: ["ci/*.yml"]}]}\n',
      },
      ['--branch', 'dev', '--json'],
    );
    expect(stderr).toBe(
      'warning: only GitLab can read the include https://example.test/other.yml: its jobs and rules are missing here\n',
    );
    const jobs = jobsIn(stdout);
    expect(jobs.find(({ name }) => name === 'bake')).toMatchObject({ runs: false, rule: 1 });
    expect(jobs.at(-1)).toMatchObject({ name: 'lint', runs: true, rule: 1, why: 'exists ci/*.yml' });
  });

  test('a job without rules is in every pipeline, as there are workflow:rules', async () => {
    const files = { '.gitlab-ci.yml': `${shop}lint: {stage: validate, script: [make]}\n` };
    const { stdout } = await explain(files, ['--event', 'fork', '--branch', 'x', '--target', 'dev', '--json']);
    expect(jobsIn(stdout).find(({ name }) => name === 'lint')).toMatchObject({ runs: true, why: 'no rules' });
  });

  test('without workflow:rules it is in none of merge requests', async () => {
    const files = { '.gitlab-ci.yml': 'lint: {script: [make]}\nother: {script: [make], rules: [{when: manual}]}\n' };
    const { stdout, stderr } = await explain(files, ['--event', 'merge_request', '--branch', 'x', '--json']);
    expect(jobsIn(stdout).map(({ name, runs }) => [name, runs])).toEqual([
      ['lint', false],
      ['other', true],
    ]);
    expect(stderr).toContain('.gitlab-ci.yml includes no template of Vendhost');
  });

  test('an include counts where its rules say so', async () => {
    const include = '[{local: a.yml, rules: [{if: $CI_COMMIT_BRANCH == "main"}]}, {local: b.yml}]';
    const files = {
      '.gitlab-ci.yml': `include: ${include}`,
      'a.yml': 'a: {script: [make]}',
      'b.yml': 'b: {script: [make]}',
    };
    const namesFor = async (branch: string) =>
      jobsIn((await explain(files, ['--branch', branch, '--json'])).stdout).map(({ name }) => name);
    expect(await namesFor('main')).toEqual(['a', 'b']);
    expect(await namesFor('dev')).toEqual(['b']);
  });

  test("what may be in others' files is said, not refused", async () => {
    const own = `include: [{remote: https://example.test/a.yml}]\nlint: {stage: lint, script: [make]}\n`;
    const { code, stderr } = await explain({ '.gitlab-ci.yml': own });
    expect(code).toBe(0);
    expect(stderr).toContain('GitLab refuses, unless an include helps: lint job: chosen stage lint does not exist');
    const base = await explain({ '.gitlab-ci.yml': own.replace('stage: lint', 'extends: .base') });
    expect(base.stderr).toContain(
      'lint extends .base, which does not exist\nhint: it may be in an include that only GitLab',
    );
  });

  test('a need that is not there is why GitLab creates nothing', async () => {
    const own = 'a: {script: [make], rules: [{when: never}]}\nb: {script: [make], needs: [a]}\n';
    const { stdout } = await explain({ '.gitlab-ci.yml': own });
    expect(stdout).toBe('push, dev: no pipeline (b needs a, which is not in the pipeline)\n');
  });
});

describe('what GitLab would refuse', () => {
  test.each([
    ['no file', {}, 'error[CONFIG_UNREADABLE]: cannot read .gitlab-ci.yml'],
    ['no YAML', { '.gitlab-ci.yml': 'a: [' }, '.gitlab-ci.yml: not YAML: '],
    ['a list', { '.gitlab-ci.yml': '[]' }, '.gitlab-ci.yml: must be a mapping of jobs and keywords'],
    [
      'an unknown input',
      { '.gitlab-ci.yml': shop.replace('tenant:', 'name: a, tenant:') },
      'inputs: name: there is no such input',
    ],
    [
      'no tenant',
      { '.gitlab-ci.yml': shop.replace('tenant: shop, ', '') },
      'inputs: tenant: missing: Name of the tenant',
    ],
    [
      'an image with a tag',
      { '.gitlab-ci.yml': shop.replace('/vendhost }', '/vendhost:1 }') },
      'inputs: image: "registry.example.test/vendhost:1" is wrong',
    ],
    [
      'a wrong type',
      { '.gitlab-ci.yml': shop.replace('tenant:', 'verbose: "yes", tenant:') },
      'verbose: "yes" is wrong: must be of type boolean',
    ],
    [
      'a wrong option',
      { '.gitlab-ci.yml': shop.replace('tenant:', 'infrastructure: no-way, tenant:') },
      'must be one of always, changed',
    ],
    ['extends of nothing', { '.gitlab-ci.yml': 'a: {extends: .gone}' }, 'a extends .gone, which does not exist'],
    [
      'a file that includes itself',
      { '.gitlab-ci.yml': 'include: [/a.yml]', 'a.yml': 'include: a.yml' },
      '.gitlab-ci.yml: .gitlab-ci.yml includes a.yml includes a.yml: a circle',
    ],
    [
      'an include that is not there',
      { '.gitlab-ci.yml': 'include: [/ci/a.yml]' },
      '.gitlab-ci.yml: include: local: ci/a.yml: there is no such file in the checkout',
    ],
    ['an include of nothing', { '.gitlab-ci.yml': 'include: [{inputs: {}}]' }, 'an entry names no local, project, '],
    [
      'wrong rules of an include',
      { '.gitlab-ci.yml': 'include: [{local: a.yml, rules: [{when: manual}]}]' },
      'include a.yml: rules: rule 1: when: "manual" is wrong: must be one of always, never',
    ],
    [
      'an alias of nothing',
      { '.gitlab-ci.yml': 'b: {<<: *nope}' },
      '.gitlab-ci.yml: not YAML: *nope is the alias of no anchor',
    ],
    [
      'an input that is declared without a word, and not given',
      {
        '.gitlab-ci.yml': 'include: a.yml',
        'a.yml': 'spec: {inputs: {x: }}\n---\n"$[[ inputs.x ]]": {script: [make]}',
      },
      'a.yml: inputs: x: missing: required',
    ],
    [
      'a text that is not like the pattern, which is RE2',
      {
        '.gitlab-ci.yml': 'include: {local: a.yml, inputs: {x: b}}',
        'a.yml': 'spec: {inputs: {x: {regex: "(?i)^A$"}}}\n---\n',
      },
      'a.yml: inputs: x: "b" is wrong: must be like (?i)^A$',
    ],
    [
      "stages in place of the template's",
      { '.gitlab-ci.yml': `${shop}stages: [test]\n` },
      'bake job: chosen stage bake does not exist; available stages are .pre, test, .post',
    ],
    [
      'an expression that is none',
      { '.gitlab-ci.yml': 'a: {script: [b], rules: [{if: $A = 1}]}' },
      'a: rules: rule 1: if: "$A = 1" is wrong: = 1 is not part of an expression',
    ],
    ['a rule that is none', { '.gitlab-ci.yml': 'a: {script: [b], rules: [null]}' }, 'a: rules: rule 1: is blank: '],
  ])('%s', async (_, files, message) => {
    const { code, stderr } = await explain(files as Record<string, string>);
    expect(stderr).toContain(message);
    expect(code).toBe(1);
  });

  test('no branch', async () => {
    const { stderr } = await explain({ '.gitlab-ci.yml': shop }, []);
    expect(stderr).toContain('error[USAGE]: no branch is checked out');
  });
});
