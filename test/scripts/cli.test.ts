import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from '../../scripts/cli.ts';
import { Cancelled } from '../../scripts/errors.ts';
import { repository, soundTenant } from '../builders/repository.ts';
import { vendhost } from './command-line.ts';

describe('help', () => {
  test('without words, like with --help, lists every noun on stdout', async () => {
    const bare = await vendhost([]);
    expect([bare.code, bare.stderr]).toEqual([0, '']);
    for (const noun of ['config', 'platform', 'tenant', 'image', 'host', 'revision', 'release']) {
      expect(bare.stdout).toContain(`vendhost ${noun} `);
    }
    expect(await vendhost(['--help'])).toEqual(bare);
  });
  test.each(['deploy', 'plan', 'status', 'destroy'])('of platform %s shows examples', async (verb) => {
    const { stdout } = await vendhost(['platform', verb, '--help']);
    expect(stdout).toMatch(
      new RegExp(`--environment .*[\\s\\S]*--all[\\s\\S]*Examples:\\n {2}vendhost platform ${verb}`),
    );
  });
  test('of a noun lists its verbs, of a verb its options and examples', async () => {
    expect((await vendhost(['config', '--help'])).stdout).toMatch(/vendhost config check[\s\S]*vendhost config show/);
    const { stdout } = await vendhost(['release', 'start', '--help']);
    expect(stdout).toMatch(/--environment .*[\s\S]*--revision[\s\S]*Examples:\n {2}vendhost release start/);
  });
  test.each([
    [undefined, 100],
    [0, 100],
    [20, 40],
    [60, 60],
    [300, 100],
  ])('in a terminal of %s columns is at most %i wide', async (columns, most) => {
    const { stdout } = await vendhost(['platform', 'deploy', '--help'], { columns });
    const longest = Math.max(...stdout.split('\n').map(({ length }) => length));
    expect(longest).toBeLessThanOrEqual(most);
    expect(longest).toBeGreaterThan(most - 20);
  });
  test('--version', async () => {
    const { version } = JSON.parse(await readFile(join(import.meta.dirname, '../../package.json'), 'utf8'));
    expect(await vendhost(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });
});

describe('wrong words', () => {
  test.each([
    [['bogus'], 'unknown argument: bogus', 'vendhost --help'],
    [['releas'], '"releas" is unknown: did you mean release?', 'vendhost --help'],
    [['config'], 'missing verb: check or show', 'vendhost config --help'],
    [['config', 'chek'], '"chek" is unknown: did you mean check?', 'vendhost config --help'],
    [['config', 'check', 'extra'], 'unknown argument: extra', 'vendhost config check --help'],
    [['config', 'check', '--directry', 'x'], 'unknown argument: directry', 'vendhost config check --help'],
    [
      ['release', 'start', '--environment', 'prod'],
      '--environment "prod" is wrong: must be one of dev, staging, production',
      'vendhost release start --help',
    ],
    [['release', 'start', '--tenant'], 'not enough arguments following: tenant', 'vendhost release start --help'],
    [
      ['platform', 'deploy', '--all', '--environment', 'dev'],
      'arguments all and environment are mutually exclusive',
      'vendhost platform deploy --help',
    ],
    [
      ['platform', 'deploy', '--layer', 'host'],
      '--layer "host" is wrong: must be one of access, network, storage, balancer',
      'vendhost platform deploy --help',
    ],
    [['tenant', 'vend'], 'a tenant is missing, or --changed for all that differ', 'vendhost tenant vend --help'],
    ...['abc', '0', '-1', '1.5'].map((id): [string[], string, string] => [
      ['tenant', 'vend', 'shop', `--project-id=${id}`],
      `--project-id "${id}" is wrong: must be the number of a GitLab project`,
      'vendhost tenant vend --help',
    ]),
    [['tenant', 'vend', 'a', 'b'], 'unknown argument: b', 'vendhost tenant vend --help'],
    [
      ['tenant', 'vend', 'a,b', '--project-id=1'],
      '--project-id 1 is for one tenant, not for a,b',
      'vendhost tenant vend --help',
    ],
  ])('%j', async (words, message, help) => {
    expect(await vendhost(words)).toEqual({
      code: 1,
      stdout: '',
      stderr: `error[USAGE]: ${message}\nhint: see \`${help}\`\n`,
    });
  });
  test.each([
    [['config', '--', 'check'], '"check" follows --: only host run takes words after it', 'leave -- out'],
    [['--', 'config', 'check'], '"config" follows --: only host run takes words after it', 'leave -- out'],
    [
      ['config', 'check', '--', '--directory', '/nowhere'],
      '"--directory" follows --: only host run takes words after it',
      'leave -- out',
    ],
    [
      ['config', 'check', '--no-directory'],
      '--no-directory is wrong: --directory takes a value',
      'give --directory a value, or leave it out',
    ],
    [['config', 'check', '--directory='], '--directory is empty', 'give --directory a value, or leave it out'],
    [['config', 'check', '--dotenv', ''], '--dotenv is empty', 'give --dotenv a value, or leave it out'],
    [
      ['platform', 'deploy', '--environment', 'dev', '--plan='],
      '--plan is empty',
      'give --plan a value, or leave it out',
    ],
    [['config', 'check', '--directory.x=1'], 'unknown argument: directory.x', 'see `vendhost config check --help`'],
  ])('nothing is done for %j', async (words, message, hint) => {
    expect(await vendhost(words)).toEqual({
      code: 1,
      stdout: '',
      stderr: `error[USAGE]: ${message}\nhint: ${hint}\n`,
    });
  });
  test('the tenant and the environment come from options or variables, and are asked for', async () => {
    expect((await vendhost(['release', 'start'])).stderr).toBe(
      'error[USAGE]: the tenant is missing\nhint: give --tenant NAME or set VENDHOST_TENANT\n',
    );
    const env = { VENDHOST_TENANT: 'shop', VENDHOST_ENVIRONMENT: 'prod' };
    expect((await vendhost(['release', 'start'], { env })).stderr).toBe(
      'error[USAGE]: "prod" is not an environment\nhint: give --environment one of dev, staging, production\n',
    );
    expect((await vendhost(['tenant', 'vend', 'shop'], { env })).stderr).toContain('"prod" is not an environment');
    const named = { ...env, VENDHOST_ENVIRONMENT: 'dev' };
    expect((await vendhost(['release', 'start'], { env: named })).stderr).toMatch(/the revision is missing/);
  });
});

describe('a command', () => {
  test('reads paths from the working directory; the last of an option given twice counts', async () => {
    const cwd = await repository(soundTenant);
    const words = ['config', 'check', '--directory', '/nowhere', '--directory', '.', '--dotenv', 'result.env'];
    expect(await vendhost(words, { cwd })).toEqual({
      code: 0,
      stdout:
        "3 files checked, 0 warnings, no fault\nnot checked: the tenant's limits, which `vendhost host provision` reads from AWS\n",
      stderr: `checking the tenant repository in ${cwd}\n`,
    });
    expect(await readFile(join(cwd, 'result.env'), 'utf8')).toBe('VENDHOST_FILES=3\nVENDHOST_WARNINGS=0\n');
  });
  test('config check finds what a later job would refuse, as far as it needs no AWS', async () => {
    const cwd = await repository({
      ...soundTenant,
      'vendhost.yml': 'imag: {}\nimage:\n  builder_type: t3.small\ninstances:\n  type: t4g.small\n  min: 0\n',
      'software/.vendhost-revision': 'mine\n',
    });
    expect(await vendhost(['config', 'check'], { cwd })).toEqual({
      code: 1,
      stdout: '',
      stderr: [
        `checking the tenant repository in ${cwd}`,
        'warning: vendhost.yml: instances.min: 0 lets the group have no instances, and CodeDeploy cannot release to a group without instances',
        'error[CHECK_FAILED]: 3 faults in 2 files (and 1 warning)',
        '  vendhost.yml: imag: unknown key: must be one of image, instances, database, health_check, revision, deployment_config, logs',
        '  vendhost.yml: image.builder_type: "t3.small" is wrong: must be an arm64 type, like instances.type "t4g.small"',
        '  software/.vendhost-revision: is a file that Vendhost writes into each revision: must have another name',
        'hint: fix the lines above and push; `vendhost config check` checks a checkout before that',
        '',
      ].join('\n'),
    });
  });
  test('config check knows no file of ours deeper in the software, and no architecture mixed', async () => {
    const arm = 'image:\n  builder_type: c7g.large\ninstances:\n  type: t4g.small\n';
    const cwd = await repository({ ...soundTenant, 'vendhost.yml': arm, 'software/deep/.vendhost-revision': '' });
    expect((await vendhost(['config', 'check'], { cwd })).stdout).toMatch(/^5 files checked, 0 warnings, no fault\n/);
  });
  test('--json prints the result as one document, progress stays on stderr', async () => {
    const { stdout } = await vendhost(['config', 'check', '--json'], { cwd: await repository(soundTenant) });
    expect(JSON.parse(stdout)).toEqual({ files: 3, warnings: 0 });
  });
  test('a foreseen error has code, details and hint, and no stack', async () => {
    const cwd = await repository({ 'vendhost.yml': 'imag: {}\n' });
    expect(await vendhost(['config', 'show'], { cwd })).toEqual({
      code: 1,
      stdout: '',
      stderr: [
        `error[CONFIG_INVALID]: 1 fault in ${cwd}/vendhost.yml`,
        `  ${cwd}/vendhost.yml: imag: unknown key: must be one of image, instances, database, health_check, revision, deployment_config, logs`,
        'hint: fix the lines above; `vendhost config show` prints every key with its value',
        '',
      ].join('\n'),
    });
  });
  test('a folder that is not there', async () => {
    const ended = await vendhost(['config', 'check', '--directory', 'nowhere']);
    expect(ended.stderr).toMatch(/^error\[DIRECTORY_MISSING\]: .*\/nowhere/);
    expect([ended.code, ended.stdout]).toEqual([1, '']);
  });
  test('a dotenv file that cannot be written', async () => {
    const cwd = await repository(soundTenant);
    const ended = await vendhost(['config', 'check', '--dotenv', 'no-such-folder/result.env'], { cwd });
    expect(ended.stderr).toContain(
      `error[DOTENV_UNWRITABLE]: cannot write the dotenv file ${cwd}/no-such-folder/result.env`,
    );
    expect([ended.code, ended.stdout]).toEqual([1, '']);
  });
  test('anything else is a bug and shows its stack', async () => {
    const cwd = null as unknown as string;
    const { code, stderr } = await vendhost(['config', 'show'], { cwd });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^TypeError.*\n {4}at [\s\S]*this is a bug in vendhost/);
  });
  test.each([
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('cancelled by %s ends with %i, whatever the work threw', async (signal, code) => {
    const stopping = new AbortController();
    stopping.abort(new Cancelled(signal));
    const env = { VENDHOST_TENANT: 'shop', VENDHOST_ENVIRONMENT: 'dev' };
    const ended = await vendhost(['release', 'start'], { env, signal: stopping.signal });
    expect(ended).toEqual({
      code,
      stdout: '',
      stderr: `error[CANCELLED]: cancelled by ${signal}\nhint: run the same command again; it resumes from the current state\n`,
    });
  });
  test('an AWS endpoint that nobody answers at is named', async () => {
    const env = {
      AWS_REGION: 'eu-west-1',
      AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
      AWS_ACCESS_KEY_ID: '111111111111',
      AWS_SECRET_ACCESS_KEY: 'secret',
      VENDHOST_TENANT: 'shop',
      VENDHOST_ENVIRONMENT: 'dev',
    };
    const { code, stderr } = await vendhost(['revision', 'push'], { env, cwd: await repository(soundTenant) });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /error\[ENDPOINT_UNREACHABLE\]: cannot reach http:\/\/127\.0\.0\.1:9: .*\n {2}SSM GetParametersByPath, tried 5 times\nhint: nothing listens at/,
    );
  });
});

test('the parser names the command that words mean, and its arguments', async () => {
  const found: unknown[] = [];
  const words = [
    'host',
    'provision',
    '--tenant',
    'shop',
    '--environment',
    'dev',
    '--image',
    'ami-1',
    '--dry-run',
    '--json',
  ];
  await parse(
    words,
    async ({ usage }, args) => {
      found.push(usage, args);
    },
    () => undefined,
  );
  const given = { tenant: 'shop', environment: 'dev', image: 'ami-1', 'dry-run': true, json: true, directory: '.' };
  expect(found).toEqual(['host provision', expect.objectContaining(given)]);
});

test('host scale says where instances are scaled', async () => {
  const ended = await vendhost(['host', 'scale', '3', '--tenant', 'shop', '--environment', 'dev']);
  expect(ended.code).toBe(1);
  expect(ended.stderr).toContain('set instances: { min: 3, max: 4 }');
});
