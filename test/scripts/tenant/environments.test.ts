import { beforeEach, expect, test } from 'vitest';
import { type PlatformRepository, platformRepository } from '../../builders/platform-repository.ts';
import { errorIn, vendhost } from '../command-line.ts';
import { wire } from '../wire.ts';
import { emptyAccounts } from './empty-accounts.ts';

const own = '100000000001';
const other = '100000000002';
const role = `arn:aws:iam::${other}:role/OrganizationAccountAccessRole`;
let repository: PlatformRepository;
beforeEach(async () => {
  repository = await platformRepository(own, { staging: other });
  await repository.writePlatform({ staging: { role } });
  const hosts = { dev: ['shop.dev.example.com'], staging: ['shop.staging.example.com'] };
  await repository.writeTenant('shop', { project: 'acme/shop', hosts });
});

async function vend(account: string, words: readonly string[] = [], job: Record<string, string> = {}) {
  const env = {
    AWS_ENDPOINT_URL: await wire(undefined, emptyAccounts),
    AWS_ACCESS_KEY_ID: account,
    AWS_SECRET_ACCESS_KEY: 'secret',
    ...job,
  };
  return await vendhost(['tenant', 'vend', 'shop', '--dry-run', ...words], { env, cwd: repository.directory });
}

test('an environment that the tenant has no hosts in', async () => {
  const ended = await vend(own, ['--environment', 'production']);
  expect(errorIn(ended)).toBe('ENVIRONMENT_UNKNOWN');
  expect(ended.stderr).toContain('tenants/shop.yml has no hosts in production');
});

test('credentials of an account that no environment is in', async () => {
  const ended = await vend('100000000009', ['--environment', 'dev']);
  expect(errorIn(ended)).toBe('ACCOUNT_WRONG');
  expect(ended.stderr).toContain(`dev is in account ${own}`);
});

// Both get as far as the platform, which is not there.
test('a person takes the role that platform.yml names for an account; a job has one role only', async () => {
  const person = await vend(own);
  expect([errorIn(person), person.stderr.includes('is left out')]).toEqual(['PLATFORM_MISSING', false]);
  const token = { VENDHOST_ID_TOKEN: 'a token', VENDHOST_ROLE_ARN: `arn:aws:iam::${own}:role/vend` };
  const job = await vend(own, [], token);
  expect(errorIn(job)).toBe('PLATFORM_MISSING');
  expect(job.stderr).toContain(`staging is left out: it is in account ${other}`);
});
