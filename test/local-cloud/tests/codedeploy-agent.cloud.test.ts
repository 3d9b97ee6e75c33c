import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { diagnostics, events } from '../../builders/deployment-outcome.ts';
import { Deployments } from '../../builders/deployments.ts';
import { script } from '../../builders/revision.ts';

const { endpoint } = inject('localCloud');
const cloud = new Deployments(endpoint, '660000000005', 'lantern');

beforeAll(() => cloud.prepare());

describe('what the agent refuses', () => {
  beforeAll(async () => {
    await cloud.launch('strict');
    await cloud.group('strict');
  });

  const head = 'version: 0.0\nos: linux\n';
  test.each([
    ['a version that is not 0.0', 'version: 1.0\nos: linux\n', 'invalid version value (1.0)'],
    ['a missing os', 'version: 0.0\n', 'unsupported operating system ()'],
    ['YAML that is none', `${head}files:\n\t- source: a\n`, 'found character that cannot start any token'],
    ['a bare star, which is an alias', `${head}permissions:\n  - object: *\n`, 'while scanning an alias at line 4'],
    ['a hook that is no list', `${head}hooks:\n  BeforeInstall:\n    location: a.sh\n`, 'BeforeInstall is not a list'],
    ['a script without location', `${head}hooks:\n  BeforeInstall:\n    - timeout: 3\n`, 'no location value'],
    [
      'a timeout of 0',
      `${head}hooks:\n  AfterInstall:\n    - location: a.sh\n      timeout: 0\n`,
      'invalid timeout value',
    ],
    ['a symbolic mode', `${head}permissions:\n  - object: /srv\n    mode: u+x\n`, 'invalid character (u)'],
  ])('%s', async (_, appspec, message) => {
    const outcome = await cloud.deploy('strict', { 'appspec.yml': appspec });
    expect(events(outcome)).toMatchObject({ DownloadBundle: 'Succeeded', BeforeInstall: 'Failed' });
    expect(diagnostics(outcome, 'BeforeInstall')).toMatchObject({ errorCode: 'UnknownError' });
    expect(diagnostics(outcome, 'BeforeInstall')?.message).toContain(message);
  });

  test('a revision without appspec.yml', async () => {
    const outcome = await cloud.deploy('strict', { 'index.html': 'page' });
    expect(diagnostics(outcome, 'BeforeInstall')?.message).toContain('did not find an AppSpec file');
  });

  test('a script that is not there', async () => {
    const appspec = `${head}hooks:\n  AfterInstall:\n    - location: hooks/none.sh\n`;
    const outcome = await cloud.deploy('strict', { 'appspec.yml': appspec });
    expect(diagnostics(outcome, 'AfterInstall')).toMatchObject({
      errorCode: 'ScriptMissing',
      scriptName: 'hooks/none.sh',
    });
  });

  test('a file that is there already, unless told otherwise', async () => {
    const files = (behaviour: string) => ({
      'appspec.yml': `${head}${behaviour}files:\n  - source: hostname\n    destination: /etc\nhooks:\n  AfterInstall:\n    - location: show.sh\n`,
      hostname: 'replaced\n',
      'show.sh': script('cat /etc/hostname'),
    });
    const refused = await cloud.deploy('strict', files(''));
    expect(diagnostics(refused, 'Install')?.message).toBe(
      'The deployment failed because a specified file already exists at this location: /etc/hostname',
    );
    const kept = await cloud.deploy('strict', files(''), { fileExistsBehavior: 'RETAIN' });
    expect(diagnostics(kept, 'AfterInstall')?.logTail).toMatch(/\[stdout\]ip-127-/);
    const replaced = await cloud.deploy('strict', files('file_exists_behavior: OVERWRITE\n'));
    expect(diagnostics(replaced, 'AfterInstall')?.logTail).toContain('[stdout]replaced\n');
  });

  test('a bundle with another ETag, and one that does not exist', async () => {
    const s3Location = { bucket: cloud.bucket, key: 'strict.zip', bundleType: 'zip' as const };
    const other = await cloud.deploy(
      'strict',
      {},
      { revision: { revisionType: 'S3', s3Location: { ...s3Location, eTag: 'abc' } } },
    );
    expect(diagnostics(other, 'DownloadBundle')?.message).toContain('etag abc but was actually');
    const none = await cloud.deploy(
      'strict',
      {},
      { revision: { revisionType: 'S3', s3Location: { ...s3Location, key: 'none' } } },
    );
    expect(diagnostics(none, 'DownloadBundle')?.message).toContain('The specified key does not exist.');
  });
});

test.each(['tar', 'tgz'] as const)('a %s is as good as a zip', async (bundleType) => {
  const group = `from-${bundleType}`;
  await cloud.launch(group);
  await cloud.group(group);
  const directory = await mkdtemp(join(tmpdir(), 'vendhost-revision-'));
  const hook = 'version: 0.0\nos: linux\nhooks:\n  AfterInstall:\n    - location: here.sh\n';
  await writeFile(join(directory, 'appspec.yml'), hook);
  await writeFile(join(directory, 'here.sh'), script('echo unpacked'));
  const { stdout } = await execa('tar', [bundleType === 'tgz' ? '-cz' : '-c', '.'], {
    cwd: directory,
    encoding: 'buffer',
  });
  await cloud.upload(group, stdout);
  const s3Location = { bucket: cloud.bucket, key: group, bundleType };
  const outcome = await cloud.deploy(group, {}, { revision: { revisionType: 'S3', s3Location } });
  expect(diagnostics(outcome, 'AfterInstall')?.logTail).toContain('[stdout]unpacked\n');
});
