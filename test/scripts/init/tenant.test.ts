import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { errorIn, vendhost } from '../command-line.ts';
import { combinations, complaints, emptyFolder } from './written.ts';

const paths = [
  '.gitlab-ci.yml',
  'vendhost.yml',
  'infrastructure/install.sh',
  'software/appspec.yml',
  'software/site/index.html',
  'software/hooks/clean.sh',
  'software/hooks/configure.sh',
  'software/hooks/start.sh',
  'software/hooks/validate.sh',
];

describe('every combination of options passes `config check` and `ci explain`', () => {
  const all = combinations([
    [[], ['--library', 'acme/tools/vendhost']],
    [[], ['--database', 'mysql']],
    [[], ['--tags', 'aws linux']],
    [[], ['--production-branch', 'main']],
  ]).map((parts) => parts.flat());

  test.each(all.map((options) => [options]))('%j', async (options) => {
    const directory = await emptyFolder();
    const { code, stderr } = await vendhost([
      'init',
      'tenant',
      '--tenant',
      'shop',
      '--directory',
      directory,
      ...options,
    ]);
    expect([code, stderr]).toEqual([0, '']);
    const production = options.includes('main') ? 'main' : 'master';
    const branches = ['dev', production].map((branch) => ['ci', 'explain', '--branch', branch]);
    const request = ['ci', 'explain', '--event', 'merge_request', '--branch', 'feature', '--target', 'dev'];
    expect(await complaints(directory, [['config', 'check'], ...branches, request])).toEqual([]);
    const { stdout } = await vendhost(['ci', 'explain', '--branch', production], { cwd: directory });
    expect(stdout).toMatch(/^release +runs +production /m);
    const { stdout: shown } = await vendhost(['config', 'show', '--json', '--directory', directory]);
    const { database } = JSON.parse(shown);
    if (options.includes('mysql')) expect(database).toMatchObject({ class: 'db.t3.micro', name: 'app' });
    else expect(database).toBe('none');
  });
});

test.each([
  ['--tenant', 'true', 'tenant', 'true'],
  ['--tenant', 'yes', 'tenant', 'yes'],
  ['--production-branch', '1.0', 'production_branch', '1.0'],
  ['--production-branch', 'off', 'production_branch', 'off'],
  ['--tags', '[e b:c #x 12 off $TAG', 'tags', ['[e', 'b:c', '#x', '12', 'off', '$TAG']],
])('%s %s is text in YAML, whichever version reads it', async (option, value, input, wanted) => {
  const directory = await emptyFolder();
  await vendhost(['init', 'tenant', '--tenant', 'shop', option, value, '--directory', directory]);
  const text = await readFile(join(directory, '.gitlab-ci.yml'), 'utf8');
  for (const version of ['1.1', '1.2'] as const) {
    expect(parse(text, { version }).include[0].inputs[input]).toEqual(wanted);
  }
  expect(await complaints(directory, [['ci', 'explain', '--branch', 'dev']])).toEqual([]);
});

test.each([
  ['--production-branch', 'dev', "a branch of its own: that one is dev's"],
  ['--tags', 'aws, linux', 'tags separated by spaces, without commas'],
])('%s %s is refused', async (option, value, needed) => {
  const cwd = await emptyFolder();
  const { code, stderr } = await vendhost(['init', 'tenant', '--tenant', 'shop', option, value], { cwd });
  expect([code, stderr.split('\n')[0]]).toEqual([1, `error[USAGE]: ${option}: "${value}" is wrong: must be ${needed}`]);
  expect(await readdir(cwd)).toEqual([]);
});

test('scripts can be executed, whatever git and the umask make of the rest', async () => {
  const directory = join(await emptyFolder(), 'new');
  await vendhost(['init', 'tenant', '--tenant', 'shop'], { cwd: directory });
  const executable: string[] = [];
  for (const path of paths) if ((await stat(join(directory, path))).mode & 0o100) executable.push(path);
  expect(executable).toEqual(paths.filter((path) => path.endsWith('.sh')));
});

describe('files that are there', () => {
  test('are named, all of them, and nothing is written', async () => {
    const directory = await emptyFolder();
    await mkdir(join(directory, 'software'));
    await writeFile(join(directory, 'software/appspec.yml'), 'mine');
    await symlink('nowhere', join(directory, 'vendhost.yml'));
    for (const more of [[], ['--dry-run']]) {
      const { code, stdout, stderr } = await vendhost(['init', 'tenant', '--tenant', 'shop', ...more], {
        cwd: directory,
      });
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr.split('\n').slice(0, 3)).toEqual([
        `error[FILES_EXIST]: nothing was written: 2 files are in ${directory} already`,
        '  vendhost.yml',
        '  software/appspec.yml',
      ]);
    }
    expect((await readdir(directory)).toSorted()).toEqual(['software', 'vendhost.yml']);
    expect(await readFile(join(directory, 'software/appspec.yml'), 'utf8')).toBe('mine');
  });

  test('in the place of a folder: what was written before is removed', async () => {
    const directory = await emptyFolder();
    await writeFile(join(directory, 'software'), 'no folder');
    const ended = await vendhost(['init', 'tenant', '--tenant', 'shop'], { cwd: directory });
    expect(errorIn(ended)).toBe('FILES_UNWRITABLE');
    expect(await readdir(directory)).toEqual(['software']);
  });
});

describe('--dry-run writes nothing, and ends as something would change', () => {
  test('as text, the files', async () => {
    const directory = await emptyFolder();
    const { code, stdout } = await vendhost(['init', 'tenant', '--tenant', 'shop', '--dry-run'], { cwd: directory });
    expect(code).toBe(2);
    const shown = [...stdout.matchAll(/^--- (\S+)( \(executable\))?$/gm)].map(([, path]) => path);
    expect(shown).toEqual(paths);
    expect(stdout).toContain('\n      tenant: shop\n');
    expect(await readdir(directory)).toEqual([]);
  });

  test('as JSON, and what is written then', async () => {
    const directory = await emptyFolder();
    const words = ['init', 'tenant', '--tenant', 'shop', '--json'];
    const dry = JSON.parse((await vendhost([...words, '--dry-run'], { cwd: directory })).stdout);
    const done = JSON.parse((await vendhost(words, { cwd: directory })).stdout);
    expect(dry).toMatchObject({ directory, written: false });
    expect(done).toEqual({ directory, written: true, files: paths, next: dry.next });
    for (const { path, text } of dry.files) expect(await readFile(join(directory, path), 'utf8')).toBe(text);
  });
});

describe('at a terminal', () => {
  /** Somebody who gives these answers, one after the other. */
  const somebody = (...answers: string[]) => {
    const questions: string[] = [];
    const ask = async (question: string) => {
      questions.push(question);
      return answers.shift() ?? '';
    };
    return { questions, ask };
  };

  test('asks for what no option says, again if the answer is wrong; an empty one is the preset', async () => {
    const { questions, ask } = somebody('Shop', 'shop', '', 'maybe', ' mysql ', '');
    const directory = await emptyFolder();
    const { code, stderr } = await vendhost(['init', 'tenant', '--production-branch', 'main'], { cwd: directory, ask });
    expect(code).toBe(0);
    expect(questions).toEqual([
      "Name of the tenant, as in the platform's tenants/ folder:",
      "Name of the tenant, as in the platform's tenants/ folder:",
      "Path of this library's project in GitLab [platform/vendhost]:",
      'Database: none, or mysql on RDS, which costs money [none]:',
      'Database: none, or mysql on RDS, which costs money [none]:',
      expect.stringMatching(/^Tags of the runners, .* \[empty\]:$/),
    ]);
    expect(stderr.split('\n').slice(0, 2)).toEqual([
      expect.stringMatching(/^warning: "Shop" is wrong: must be 3 to 20 lower-case letters/),
      'warning: "maybe" is wrong: must be none or mysql',
    ]);
    const pipeline = await readFile(join(directory, '.gitlab-ci.yml'), 'utf8');
    expect(pipeline).toContain('production_branch: main');
    expect(await readFile(join(directory, 'vendhost.yml'), 'utf8')).toMatch(/^database:\n {2}class: db\.t3\.micro$/m);
  });

  test('an option that is wrong ends it before a question', async () => {
    const { questions, ask } = somebody();
    const ended = await vendhost(['init', 'tenant', '--tenant', 'SHOP'], { cwd: '/', ask });
    expect(errorIn(ended)).toBe('USAGE');
    expect(questions).toEqual([]);
  });
});
