import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { initPlatform } from '../../../scripts/init/platform/init-platform.ts';
import { platformStart } from '../../../scripts/init/platform/platform-answers.ts';
import { platformFiles } from '../../../scripts/init/platform/platform-repository-files.ts';
import { recorder } from '../../builders/recorder.ts';
import { vendhost } from '../command-line.ts';
import { combinations, complaints, emptyFolder } from './written.ts';

const arn = (account: string) => `arn:aws:acm:eu-west-1:${account}:certificate/0c5f3a52-6f0b-4d0e-9f0a-8f8f5c3a1d11`;
const accounts = { dev: '111111111111', staging: '222222222222', production: '333333333333' };
const each = (value: (environment: keyof typeof accounts) => string) =>
  (['dev', 'staging', 'production'] as const).map((name) => `${name}=${value(name)}`).join(' ');

const required = ['--name', 'lanterns', '--project', 'operations/lanterns', '--region', 'eu-west-1'];

describe('every combination of options passes `config check` and `ci explain`', () => {
  const lists = [
    [[], ['--gitlab', 'https://gitlab.example.com/sub/']],
    [[], ['--library', 'acme/tools/vendhost']],
    [
      ['--account', '111111111111', '--domain', 'example.com'],
      ['--account', each((name) => accounts[name]), '--domain', each((name) => `${name}.example.net`)],
      ['--environments', 'production', '--account', '333333333333', '--domain', 'example.com'],
      ['--environments', 'production dev', '--account', each((name) => accounts[name]), '--domain', 'example.com'],
    ],
    [[], ['--role', ''], ['--role', 'teams/Deployer']],
    [[], ['--runners', '203.0.113.7/32 198.51.100.0/24']],
    [[], ['--tags', 'aws linux']],
    [[], ['--production-branch', 'main']],
    [[], ['--tenant', 'shop', '--tenant-project', 'acme/shop']],
  ];
  const all = combinations(lists).map((parts) => [...required, ...parts.flat()]);

  /** What would be written; throws for a platform.yml or a tenant's file that `config check` refuses. */
  async function filesFor(options: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const pairs = Array.from({ length: options.length / 2 }, (_, at) => options.slice(2 * at, 2 * at + 2));
    const given = Object.fromEntries(pairs.map(([option = '', value]) => [option.slice('--'.length), value]));
    const runtime = recorder();
    await initPlatform(runtime, { directory: '/nowhere/at/all', dryRun: true, given });
    const { files } = JSON.parse(runtime.printed()) as { files: { path: string; text: string }[] };
    return new Map(files.map(({ path, text }) => [path, text]));
  }

  test('the configuration of each; of each different pipeline the commands', async () => {
    const pipelines = new Map<string, readonly string[]>();
    for (const options of all) {
      const files = await filesFor(options);
      expect(files.has('tenants/shop.yml'), options.join(' ')).toBe(options.includes('shop'));
      pipelines.set(files.get('.gitlab-ci.yml') ?? '', options);
    }
    expect([all.length, pipelines.size]).toEqual([768, 12]);
    for (const options of pipelines.values()) {
      const directory = await emptyFolder();
      const { code, stderr } = await vendhost(['init', 'platform', '--directory', directory, ...options]);
      expect([code, stderr], options.join(' ')).toEqual([0, '']);
      const explain = ['ci', 'explain', '--default-branch', 'main', '--branch'];
      const found = await complaints(directory, [
        ['config', 'check'],
        [...explain, 'main'],
        [...explain, 'main', '--event', 'schedule'],
        [...explain, 'feature', '--event', 'merge_request', '--target', 'main'],
      ]);
      expect(found, options.join(' ')).toEqual([]);
    }
  });

  test.each([
    ['of all, in one account', ['--account', '111111111111', '--certificate', arn('111111111111')]],
    ['of some', ['--account', each((name) => accounts[name]), '--certificate', `dev=${arn(accounts.dev)}`]],
    ['of each', ['--account', each((name) => accounts[name]), '--certificate', each((name) => arn(accounts[name]))]],
  ])('certificates %s', async (_, options) => {
    const directory = await emptyFolder();
    const { code, stdout } = await vendhost([
      ...['init', 'platform', '--directory', directory, ...required, '--domain', 'example.com'],
      ...options,
    ]);
    expect(code).toBe(0);
    expect(await complaints(directory, [['config', 'check']])).toEqual([]);
    const text = await readFile(join(directory, 'platform.yml'), 'utf8');
    const missing = text.match(/^ {4}certificate: .*\/0{8}-/gm)?.length ?? 0;
    expect(missing).toBe(options[1]?.includes('=') && !options[3]?.includes('production=') ? 2 : 0);
    expect(text.match(/aws acm request-certificate/g)?.length ?? 0).toBe(missing);
    expect(stdout.includes('request certificates for staging.example.com, example.com,')).toBe(missing > 0);
  });
});

test('what is written says what was answered', () => {
  const answers = {
    ...{ name: 'lanterns', gitlab: 'https://gitlab.com', project: 'operations/lanterns', library: 'acme/vendhost' },
    ...{ environments: 'dev production', account: 'dev=111111111111 production=333333333333', region: 'eu-west-1' },
    ...{ domain: 'example.com', certificate: `production=${arn('333333333333')}`, role: 'Deployer', runners: '' },
    ...{ tags: 'aws', 'production-branch': 'main', tenant: 'shop', 'tenant-project': 'acme/shop' },
  };
  const files = new Map(platformFiles(platformStart(answers), '1.2.3').map(({ path, text }) => [path, text]));
  expect([...files.keys()]).toEqual(['platform.yml', 'tenants/shop.yml', '.gitlab-ci.yml', 'README.md']);
  expect(parse(files.get('platform.yml') ?? '')).toEqual({
    ...{ name: 'lanterns', gitlab: 'https://gitlab.com', project: 'operations/lanterns', branch: 'main' },
    library: 'acme/vendhost',
    environments: {
      dev: {
        ...{ branch: 'dev', account: '111111111111', region: 'eu-west-1', cidr: '10.10.0.0/16' },
        ...{ role: 'arn:aws:iam::111111111111:role/Deployer', domain: 'dev.example.com', nat: 'one', approval: false },
        certificate: 'arn:aws:acm:eu-west-1:111111111111:certificate/00000000-0000-0000-0000-000000000000',
        builders: { access: 'private' },
      },
      production: {
        ...{ branch: 'main', account: '333333333333', region: 'eu-west-1', cidr: '10.30.0.0/16' },
        ...{ role: 'arn:aws:iam::333333333333:role/Deployer', domain: 'example.com', nat: 'per-zone', approval: false },
        certificate: arn('333333333333'),
        builders: { access: 'private' },
      },
    },
  });
  expect(parse(files.get('tenants/shop.yml') ?? '')).toMatchObject({
    project: 'acme/shop',
    hosts: { dev: ['shop.dev.example.com'], production: ['shop.example.com'] },
  });
  const image = '$CI_REGISTRY/acme/vendhost';
  expect(parse(files.get('.gitlab-ci.yml') ?? '')).toEqual({
    include: [
      {
        component: '$CI_SERVER_FQDN/acme/vendhost/platform@v1.2.3',
        inputs: { image, tags: ['aws'], environments: 'dev production', automatic: 'dev' },
      },
      {
        component: '$CI_SERVER_FQDN/acme/vendhost/drift-check@v1.2.3',
        inputs: { image, tags: ['aws'], environments: ['dev', 'production'] },
      },
    ],
  });
});

describe('refused, all at once, and nothing is written', () => {
  const refused = async (options: readonly string[]) => {
    const directory = await emptyFolder();
    const { code, stderr, stdout } = await vendhost(['init', 'platform', '--directory', directory, ...options]);
    expect([code, stdout]).toEqual([1, '']);
    return stderr.split('\n').filter((line) => line !== '');
  };

  test('what is missing and what is wrong', async () => {
    const lines = await refused(['--project', 'lanterns', '--account', '1', '--domain', 'dev=example.com']);
    expect(lines).toEqual([
      'error[USAGE]: 5 options are to be set',
      '  --name: missing: Name of the platform',
      '  --project: "lanterns" is wrong: must be the path of a GitLab project, like acme/shop',
      '  --account: "1" is wrong: must be a 12-digit account number',
      expect.stringMatching(/^ {2}--region: missing: AWS region, one for all/),
      expect.stringMatching(
        /^ {2}--domain: "dev=example.com" is wrong: must be one value for all environments, or "dev=/,
      ),
      expect.stringMatching(/^hint: /),
    ]);
  });

  test.each([
    [['--environments', 'dev test'], 'must be some of dev, staging, production'],
    [['--production-branch', 'staging'], "a branch of its own: that one is staging's"],
    [['--tags', 'aws,linux'], 'without commas'],
    [['--domain', `${'a'.repeat(64)}.com`], 'a lower-case domain'],
    [['--runners', '0.0.0.0'], 'a network, like 203.0.113.7/32'],
    [['--runners', '203.0.113.7/32 300.0.0.1/8'], 'a network, like 203.0.113.7/32'],
    [['--tenant-project', 'acme/shop'], 'is for --tenant only'],
    [['--tenant', 'shop'], '--tenant-project: missing'],
    [['--gitlab', 'gitlab.com'], 'an address that begins with https://'],
    [['--gitlab', 'http://gitlab.example.com'], '--gitlab: "http://gitlab.example.com" is wrong: must be an address'],
    [['--gitlab', 'https://gitlab.example.com:8443'], 'without a port'],
    [['--gitlab', 'https://owner:secret@gitlab.example.com'], 'without a port'],
    [['--role', 'a'.repeat(65)], 'the name of an IAM role'],
    [['--role', 'deploy/'], 'the name of an IAM role'],
  ])('%j', async (options, said) => {
    const complete = [...required, '--account', '111111111111', '--domain', 'example.com'];
    const lines = await refused([...complete, ...options]);
    expect(lines[0]).toMatch(/^error\[USAGE\]/);
    expect(lines.join('\n')).toContain(said);
  });

  test('answers that do not fit together', async () => {
    const options = ['--account', '111111111111', '--domain', 'example.com', '--certificate', arn('222222222222')];
    expect((await refused([...required, ...options]))[0]).toBe('error[CONFIG_INVALID]: 3 faults in platform.yml');
  });
});
