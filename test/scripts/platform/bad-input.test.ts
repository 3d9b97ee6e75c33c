import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { readPlatformConfig } from '../../../scripts/config/files.ts';
import { deployPlatform } from '../../../scripts/platform/deploy/deploy-platform.ts';
import { destroyPlatform } from '../../../scripts/platform/destroy/destroy-platform.ts';
import { planPlatform } from '../../../scripts/platform/plan/plan-platform.ts';
import { platformStatus } from '../../../scripts/platform/status/platform-status.ts';
import { type PlatformRepository, platformRepository } from '../../builders/platform-repository.ts';
import { recorder } from '../../builders/recorder.ts';

let repository: PlatformRepository;
beforeEach(async () => {
  repository = await platformRepository('100000000001');
});

/** Nobody listens there: whoever asks AWS fails with another error. */
const runtime = () =>
  recorder({
    AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
    AWS_ACCESS_KEY_ID: '100000000001',
    AWS_SECRET_ACCESS_KEY: 'secret',
  });

const place = () => ({ directory: repository.directory, environment: 'all' as const });
const commands = {
  deploy: () => deployPlatform(runtime(), { ...place(), dryRun: false }),
  plan: () => planPlatform(runtime(), place()),
  status: () => platformStatus(runtime(), place()),
  destroy: () => destroyPlatform(runtime(), { ...place(), yesDestroy: 'lanterns', dryRun: false }),
};

describe.each(Object.entries(commands))('platform %s, before AWS is called', (_name, command) => {
  test.each([
    ['networks that overlap', { staging: { cidr: '10.10.0.0/16' } }, /10\.10\.0\.0\/16/],
    [
      'a certificate of another region',
      { dev: { certificate: 'arn:aws:acm:us-east-1:100000000001:certificate/one' } },
      /us-east-1/,
    ],
    ['an account that is not twelve digits', { dev: { account: '1234' } }, /12-digit account number/],
    ['branches that are the same', { staging: { branch: 'dev' } }, /branch/],
    ['an environment that does not exist', { prod: {} }, /prod/],
  ])('%s', async (_what, changes, line) => {
    await repository.writePlatform(changes);
    const error = await command().catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', details: [expect.stringMatching(line)] });
  });

  test('sound input is what gets as far as AWS', async () => {
    await expect(command()).rejects.not.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});

describe('wrong words, before AWS is called', () => {
  test('a wrong name of the platform is an error for any environment', async () => {
    const options = {
      directory: repository.directory,
      environment: 'dev',
      yesDestroy: 'lamps',
      dryRun: false,
    } as const;
    await expect(destroyPlatform(runtime(), options)).rejects.toMatchObject({ code: 'CONFIRMATION_WRONG' });
  });

  test('a job destroys nothing', async () => {
    const options = { directory: repository.directory, environment: 'dev', dryRun: false } as const;
    const job = recorder({ ...runtime().env, VENDHOST_ID_TOKEN: 'a token' });
    await expect(destroyPlatform(job, options)).rejects.toMatchObject({ code: 'NOT_IN_A_JOB' });
  });

  test('an environment that platform.yml does not have is named', async () => {
    const platform = await readPlatformConfig(repository.directory);
    const { staging: _gone, ...environments } = platform.environments;
    await writeFile(join(repository.directory, 'platform.yml'), stringify({ ...platform, environments }));
    const options = { directory: repository.directory, environment: 'staging', dryRun: false } as const;
    await expect(deployPlatform(runtime(), options)).rejects.toMatchObject({
      code: 'ENVIRONMENT_UNKNOWN',
      message: 'platform.yml has no environment staging',
    });
  });
});
