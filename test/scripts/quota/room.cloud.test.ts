import { CreateDBParameterGroupCommand, DeleteDBParameterGroupCommand } from '@aws-sdk/client-rds';
import { beforeAll, expect, inject, test, vi } from 'vitest';
import { readStack } from '../../../scripts/stack/stack-state.ts';
import { cloudAccount } from '../../builders/account.ts';
import { makeImage } from '../../builders/image.ts';
import { makePlatform, type Platform } from '../../builders/platform.ts';
import { type PlatformRepository, platformRepository } from '../../builders/platform-repository.ts';
import { repository } from '../../builders/repository.ts';
import { admitTenant } from '../../builders/tenant.ts';
import { errorIn, vendhost } from '../command-line.ts';
import { type Meddler, refusal, wire } from '../wire.ts';

/** Commands in an account that has no room left for a tenant. */

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });
const account = '100000000471';
const cloud = inject('localCloud');
let platform: Platform;
let checkout: PlatformRepository;
let image: string;

beforeAll(async () => {
  platform = await makePlatform(cloudAccount(account), { network: true, balancers: 1 });
  checkout = await platformRepository(account);
  await checkout.writeTenant('blog', { project: 'acme/blog', hosts: { dev: ['blog.dev.example.com'] } });
  await admitTenant(platform, 'shop');
  image = await makeImage(platform, 'shop');
  const rds = await platform.aws.rds();
  for (let number = 1; number <= 50; number += 1) await rds.send(new CreateDBParameterGroupCommand(group(number)));
});

const group = (number: number) => ({
  DBParameterGroupName: `other-${number}`,
  DBParameterGroupFamily: 'mysql8.4',
  Description: 'Of others',
});

async function provision(yml: string, more: readonly string[] = ['--dry-run']) {
  const cwd = await repository({ 'vendhost.yml': `instances: { min: 0, max: 1 }\n${yml}` });
  const words = ['host', 'provision', '--tenant', 'shop', '--environment', 'dev', '--image', image, ...more];
  return await vendhost(words, { cwd, env: platform.env });
}

async function vend(meddle: Meddler) {
  const env = { ...platform.env, AWS_ENDPOINT_URL: await wire(cloud.endpoint, meddle) };
  return await vendhost(['tenant', 'vend', 'blog', '--dry-run'], { cwd: checkout.directory, env });
}

test('a first database that finds no room is refused before anything is created', async () => {
  const ended = await provision('', []);
  expect([ended.code, errorIn(ended)]).toEqual([1, 'QUOTA_REACHED']);
  expect(ended.stderr).toContain('no room for shop in dev: 50 of 50 database parameter groups, 1 more needed');
  expect(ended.stderr).toContain('--service-code rds --quota-code L-DE55804A');
  expect(await readStack(platform.aws, 'vendhost-dev-shop-data')).toBeUndefined();
});

test('a host without a database does not ask, and with room the same command goes on', async () => {
  expect((await provision('database: none')).code).toBe(2);
  const { DBParameterGroupName } = group(1);
  await (await platform.aws.rds()).send(new DeleteDBParameterGroupCommand({ DBParameterGroupName }));
  expect((await provision('')).code).toBe(2);
  await (await platform.aws.rds()).send(new CreateDBParameterGroupCommand(group(1)));
});

test('a new tenant is warned of what its host will not find', async () => {
  const ended = await vend((_call, next) => next());
  expect(ended.code).toBe(2);
  expect(ended.stderr).toContain(
    'AWS has no room for a virtual host of blog in dev: 50 of 50 database parameter groups, 1 more needed',
  );
});

test('a new tenant whose roles find no room is refused', async () => {
  const ended = await vend(async ({ operation }, next) => {
    const answer = await next();
    if (operation !== 'GetAccountSummary') return answer;
    return { ...answer, headers: {}, body: String(answer.body).replace(/(<key>Roles<\/key><value>)\d+/, '$1998') };
  });
  expect([ended.code, errorIn(ended)]).toEqual([1, 'QUOTA_REACHED']);
  expect(ended.stderr).toContain('no room for blog in dev: 998 of 1000 IAM roles, 7 more needed');
  expect(ended.stderr).toContain('--region us-east-1 --service-code iam');
});

test('what may not be read is a warning with its reason', async () => {
  const denied = 'User: arn:aws:iam::1:user/x is not authorized to perform: iam:GetAccountSummary on resource: *';
  const ended = await vend(async (call, next) =>
    call.operation === 'GetAccountSummary' ? refusal(call, 'AccessDenied', denied) : await next(),
  );
  expect(ended.code).toBe(2);
  expect(ended.stderr).toMatch(/not checked whether AWS has room for blog: IAM roles, .* \(ACCESS_DENIED: /);
});
