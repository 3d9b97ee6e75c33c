import { execFileSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readVendhostConfig } from '../../../../scripts/config/files.ts';
import { readText } from '../../../../scripts/config/reading/read-text.ts';
import { repository, soundTenant, type Tree } from '../../../builders/repository.ts';
import { errorIn, vendhost } from '../../command-line.ts';

const file = 'vendhost.yml';

test('a file that is not there is not there; one that is has its text', async () => {
  const directory = await repository({ [file]: '\uFEFFdatabase: none\n' });
  expect(await readText(join(directory, file))).toEqual({ text: 'database: none\n' });
  expect(await readText(join(directory, 'other.yml'))).toBeUndefined();
  expect(await readText(join(directory, file, 'below.yml'))).toBeUndefined();
});

test.each<[string, Record<string, string | Buffer>, string]>([
  ['a link to nothing', { [file]: '-> nowhere.yml' }, 'is a symbolic link that leads nowhere'],
  ['a link to itself', { [file]: `-> ${file}` }, 'is a symbolic link that leads back to itself'],
  ['a folder', { [`${file}/inside`]: '' }, 'is a folder: must be a file'],
  ['no UTF-8', { [file]: Buffer.from([0x61, 0x3a, 0xff]) }, 'is not UTF-8'],
  ['too much', { [file]: 'x'.repeat(262_145) }, 'has 262145 bytes: must have at most 262144'],
])('%s is said by every reader, and is never every default', async (_, tree, fault) => {
  const directory = await repository({ ...soundTenant, ...tree });
  expect(await readText(join(directory, file))).toEqual({ fault });
  const checked = await vendhost(['config', 'check', '--directory', directory]);
  expect(checked.stderr).toContain(`\n  vendhost.yml: ${fault}\n`);
  expect(errorIn(checked)).toBe('CHECK_FAILED');
  const shown = await vendhost(['config', 'show', '--directory', directory]);
  expect([errorIn(shown), shown.stdout]).toEqual(['CONFIG_UNREADABLE', '']);
  expect(shown.stderr).toContain(`${file} ${fault}`);
});

const key = 'dXNlcm5hbWU6cGFzc3dvcmQ=';
const outside = 'is, or is behind, a symbolic link out of the repository: must be a file in it';
const inGit = 'leads into .git: must be a file of the repository';

describe('a link that leads out of the repository is not followed, and nothing of what it leads to is shown', () => {
  const platform = { 'platform.yml': '{}', 'tenants/shop.yml': '{}' };
  const own = { '.git/config': key, ...soundTenant };
  test.each<[string, string, (secret: string) => Record<string, string>, string]>([
    ['vendhost.yml', file, (secret) => ({ ...own, [file]: `-> ${secret}/secret.yml` }), outside],
    ['vendhost.yml into .git', file, () => ({ ...own, [file]: '-> .git/config' }), inGit],
    ['platform.yml', 'platform.yml', (secret) => ({ 'platform.yml': `-> ${secret}/secret.yml` }), outside],
    [
      'a tenant',
      'tenants/shop.yml',
      (secret) => ({ ...platform, 'tenants/shop.yml': `-> ${secret}/secret.yml` }),
      outside,
    ],
    ['the register', 'tenants/secret.yml', (secret) => ({ 'platform.yml': '{}', tenants: `-> ${secret}` }), outside],
  ])('%s', async (_, named, tree, fault) => {
    const directory = await repository(tree(await repository({ 'secret.yml': key })) as Tree);
    const checked = await vendhost(['config', 'check', '--directory', directory]);
    expect(checked.stderr).toContain(`\n  ${named}: ${fault}\n`);
    expect(checked.stdout + checked.stderr).not.toContain(key);
  });

  test.each([
    ['the ignore file', 'drift-ignore.yml', ['drift', 'check', '--environment', 'dev', '--tenant', 'shop']],
    ['the pipeline', '.gitlab-ci.yml', ['ci', 'explain', '--branch', 'main']],
    ['vendhost.yml', file, ['config', 'show']],
  ])('%s, by the command that reads it', async (_, name, words) => {
    const secret = await repository({ 'secret.yml': key });
    const directory = await repository({ ...soundTenant, [name]: `-> ${secret}/secret.yml` });
    const ended = await vendhost([...words, '--directory', directory]);
    expect([errorIn(ended), ended.stdout]).toEqual(['CONFIG_UNREADABLE', '']);
    expect(ended.stderr).toContain(outside);
    expect(ended.stderr).not.toContain(key);
  });

  test('include: local stays in the checkout', async () => {
    const secret = await repository({ 'secret.yml': key });
    const directory = await repository({
      '.gitlab-ci.yml': `include: { local: '/../${basename(secret)}/secret.yml' }`,
    });
    const ended = await vendhost(['ci', 'explain', '--branch', 'main', '--directory', directory]);
    expect(errorIn(ended)).toBe('CONFIG_INVALID');
    expect(ended.stderr).toContain(outside);
    expect(ended.stderr).not.toContain(key);
  });
});

test('a link to another file of the repository is followed', async () => {
  const directory = await repository({
    'platform.yml': '{}',
    'tenants/shop.yml': '-> ../shared.yml',
    'shared.yml': 'a: 1',
  });
  expect(await readText(join(directory, 'tenants/shop.yml'), directory)).toEqual({ text: 'a: 1' });
});

test('a named pipe is no file, and nobody waits for who writes to it', async () => {
  const directory = await repository(soundTenant);
  execFileSync('mkfifo', [join(directory, file)]);
  expect(await readText(join(directory, file))).toEqual({ fault: 'is not a regular file' });
});

test('the platform: a tenant that is a folder, and tenants/ that is a file, are faults', async () => {
  const directory = await repository({ 'platform.yml': '{}', 'tenants/shop.yml/inside': '' });
  const checked = await vendhost(['config', 'check', '--directory', directory]);
  expect(checked.stderr).toContain('\n  tenants/shop.yml: is a folder: must be a file\n');
  const other = await repository({ 'platform.yml': '{}', tenants: 'no folder' });
  const refused = await vendhost(['config', 'check', '--directory', other]);
  expect(refused.stderr).toContain(`error[CONFIG_UNREADABLE]: ${join(other, 'tenants')} is not a folder`);
});

test('a platform.yml that leads nowhere is no tenant', async () => {
  const directory = await repository({ ...soundTenant, 'platform.yml': '-> nowhere' });
  const checked = await vendhost(['config', 'check', '--directory', directory]);
  expect(checked.stderr).toContain('\n  platform.yml: is a symbolic link that leads nowhere\n');
});

test.each(['vendhost.yaml', 'Vendhost.yml', 'VENDHOST.YAML'])('%s is not silently left unread', async (name) => {
  const directory = await repository({ ...soundTenant, [name]: 'database: none\n' });
  await expect(readVendhostConfig(directory)).rejects.toMatchObject({
    code: 'CONFIG_UNREADABLE',
    message: `${join(directory, name)} is not read: it must be named vendhost.yml`,
  });
  const checked = await vendhost(['config', 'check', '--directory', directory]);
  expect(checked.stderr).toContain(`\n  ${name}: is not read: must be named vendhost.yml\n`);
});

test('a folder that is not there, or is none', async () => {
  const directory = await repository(soundTenant);
  for (const [words, message] of [
    [`${directory}/nowhere`, `no folder ${directory}/nowhere`],
    [`${directory}/software/appspec.yml`, `not a folder: ${directory}/software/appspec.yml`],
  ] as const) {
    const shown = await vendhost(['config', 'show', '--directory', words]);
    expect(shown.stderr).toContain(`error[DIRECTORY_MISSING]: ${message}\n`);
  }
});

test("a folder within a tenant's repository would be every default, and is refused", async () => {
  const directory = await repository(soundTenant);
  const below = join(directory, 'software');
  await expect(readVendhostConfig(below)).rejects.toMatchObject({
    code: 'CONFIG_UNREADABLE',
    message: `no vendhost.yml, infrastructure/ or software/ in ${below}: it is no tenant's repository`,
  });
  await mkdir(join(directory, 'empty'));
  const place = ['--tenant', 'shop', '--environment', 'dev', '--directory', join(directory, 'empty')];
  for (const command of [
    ['host', 'provision', '--dry-run'],
    ['revision', 'push'],
    ['image', 'bake'],
  ]) {
    expect(errorIn(await vendhost([...command, ...place], { env: { AWS_REGION: 'eu-west-1' } }))).toBe(
      'CONFIG_UNREADABLE',
    );
  }
  expect(await readVendhostConfig(directory)).toMatchObject({ instances: { max: 2 } });
});
