import { chmod, mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { git, projectRoot } from '../local-gitlab/platform.ts';
import { createRepository } from '../local-gitlab/repository.ts';
import { type Expanded, type Expander, openExpander } from './expand.ts';
import { infrastructureTemplate, softwareTemplate, tenantTemplate } from './templates.ts';

// What a tenant's members can make of a job with an ID token: with `include:` in their own file, and where the pipeline is pinned.

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

let expander: Expander;
beforeAll(async () => {
  expander = await openExpander();
});

/** The file that the platform keeps for the tenant, as docs/pinned.md has it. */
async function platformFile(): Promise<string> {
  const page = await readFile(join(projectRoot, 'docs/pinned.md'), 'utf8');
  const block = /^ {3}```yaml\n(.*?)^ {3}```/ms.exec(page)?.[1] ?? '';
  return block.replaceAll(/^ {3}/gm, '');
}

/** What a Developer with the rights to push writes: a job of their own, and a step before each of Vendhost's. */
const attack = `
steal:
  stage: release
  image: docker.example.test/mallory/tools
  id_tokens:
    VENDHOST_ID_TOKEN: { aud: https://gitlab.example.test }
  environment: { name: dev, action: access }
  script: [./steal.sh]
.vendhost:
  before_script: [./steal.sh]
`;

/** GitLab takes the whole configuration from the project that `ci_config_path` names, and nothing from the checkout. */
const configurationOf = (own: string, pinned?: string) => pinned ?? own;

/** Jobs that hold an ID token, with all they run. */
function holders(pipeline: Expanded): Record<string, { image: string; runs: string[] }> {
  const jobs = Object.entries(pipeline).filter(
    ([, job]) => job !== null && typeof job === 'object' && 'id_tokens' in job,
  );
  return Object.fromEntries(
    jobs.map(([name, job]) => {
      const image = job.image as string | { name: string };
      const runs = [job.before_script, job.script, job.after_script].flatMap((lines) => (lines ?? []) as string[]);
      return [name, { image: typeof image === 'string' ? image : image.name, runs }];
    }),
  );
}

const isOurs = /^vendhost [a-z]+ [a-z]+( --[a-z-]+ \S+)*$/;

describe('a tenant that attacks', () => {
  const own = async () => `${(await platformFile()).trimEnd()}\n${attack}`;

  test('with include: runs its own code in a job of its own, and in every job of ours, with an ID token', async () => {
    const jobs = holders(await expander.expand(configurationOf(await own())));
    expect(jobs.steal).toEqual({ image: 'docker.example.test/mallory/tools', runs: ['./steal.sh'] });
    for (const { runs } of Object.values(jobs)) expect(runs).toContain('./steal.sh');
  });

  test('where it is pinned: no job with an ID token runs anything but our commands, in our image', async () => {
    const jobs = holders(await expander.expand(configurationOf(await own(), await platformFile())));
    expect(Object.keys(jobs).sort()).toEqual(['bake', 'package', 'plan', 'provision', 'release']);
    for (const { image, runs } of Object.values(jobs)) {
      expect(image).toMatch(/^registry\.example\.com\/platform\/vendhost[:@]/);
      for (const line of runs) expect(line).toMatch(isOurs);
    }
  });
});

test.each([tenantTemplate, infrastructureTemplate, softwareTemplate].map((one) => [one.file, one] as const))(
  'each job of %s with an ID token runs our commands and nothing else',
  async (file, { required }) => {
    const jobs = holders(await expander.expand({ include: [expander.include(file, required)] }));
    expect(Object.keys(jobs).length).toBeGreaterThan(2);
    for (const line of Object.values(jobs).flatMap(({ runs }) => runs)) expect(line).toMatch(isOurs);
  },
);

describe('our commands in a checkout that attacks', () => {
  const mark = 'const { writeFileSync } = require("node:fs"); writeFileSync(process.env.MARK, "run");';
  const shell = '#!/bin/sh\necho run > "$MARK"\n';
  // Names by which Node, npm, tsx, git, Packer, ShellCheck, direnv and shells find code or settings where they are started.
  const files = {
    'package.json': JSON.stringify({ type: 'commonjs', imports: { '#*': './evil.cjs' }, main: 'evil.cjs' }),
    'tsconfig.json': JSON.stringify({ compilerOptions: { paths: { '*': ['./evil.cjs'] }, baseUrl: '.' } }),
    'evil.cjs': mark,
    'node_modules/yargs/index.js': mark,
    'node_modules/yargs/package.json': JSON.stringify({ name: 'yargs', main: 'index.js' }),
    'node_modules/.bin/git': shell,
    'node_modules/.bin/packer': shell,
    '.npmrc': 'node-options=--require ./evil.cjs\n',
    '.env': 'NODE_OPTIONS=--require ./evil.cjs\n',
    '.envrc': shell,
    '.profile': shell,
    '.bashrc': shell,
    '.shellcheckrc': 'source-path=SCRIPTDIR\n',
    '.gitattributes': '* filter=evil diff=evil\n',
    '.gitconfig': '[core]\n\tfsmonitor = ./packer\n[filter "evil"]\n\tsmudge = ./packer\n',
    packer: shell,
    git: shell,
    shellcheck: shell,
    'packer-plugin-evil': shell,
    'packer-provisioner-shell': shell,
    'evil.auto.pkrvars.hcl': 'region = "nowhere"\n',
    'vendhost.yml': 'database: none\n',
    'infrastructure/install.sh': shell,
    'software/appspec.yml': 'version: 0.0\nos: linux\nfiles:\n  - source: page\n    destination: /srv/page\n',
    'software/page': 'page\n',
  };

  test('run none of its code', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'pinned-'));
    const checkout = await createRepository(join(directory, 'checkout'), files, 'dev');
    for (const [file, text] of Object.entries(files)) if (text === shell) await chmod(join(checkout, file), 0o755);
    expect(await git(checkout, ['rev-parse', '--abbrev-ref', 'HEAD'])).toBe('dev');
    const marks = join(directory, 'mark');
    const jobs = parse(await platformFile());
    expect(jobs.include).toHaveLength(1);
    const whole = holders(await expander.expand(await platformFile()));
    const lines = ['vendhost config check', ...Object.values(whole).flatMap(({ runs }) => runs)];
    const env = {
      PATH: [join(projectRoot, 'node_modules/.bin'), '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter),
      HOME: directory,
      MARK: marks,
      ...{ VENDHOST_TENANT: 'shop', VENDHOST_ENVIRONMENT: 'dev', AWS_REGION: 'eu-west-1' },
      // Nobody answers: what a command loads and runs before AWS is what is looked at.
      ...{ AWS_ENDPOINT_URL: 'http://127.0.0.1:9', AWS_EC2_METADATA_DISABLED: 'true', AWS_MAX_ATTEMPTS: '1' },
      ...{ AWS_ACCESS_KEY_ID: 'none', AWS_SECRET_ACCESS_KEY: 'none' },
    };
    const codes = await Promise.all(
      [...new Set(lines)].map(async (line) => {
        const words = line.split(' ').slice(1);
        const command = [join(projectRoot, 'bin/vendhost.js'), ...words];
        const ran = await execa('node', command, { cwd: checkout, env, extendEnv: false, reject: false });
        return [words.slice(0, 2).join(' '), ran.exitCode] as const;
      }),
    );
    expect(Object.fromEntries(codes)).toMatchObject({ 'config check': 0, 'image bake': 1, 'revision push': 1 });
    expect(await readdir(directory)).not.toContain('mark');
  });
});
