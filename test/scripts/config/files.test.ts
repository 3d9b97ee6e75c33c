import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { hostName, tenantName } from '../../../scripts/config/environment.ts';
import { factsSchema } from '../../../scripts/config/facts.ts';
import { environmentOf, listTenants, readPlatformConfig, readTenantConfig } from '../../../scripts/config/files.ts';
import { pushOf } from '../../../scripts/gitlab/ci-context.ts';
import { showConfig } from '../../../scripts/repository/show.ts';
import { recorder } from '../../builders/recorder.ts';
import { repository } from '../../builders/repository.ts';

const platformYml = [
  'name: acme',
  'gitlab: https://gitlab.example.com',
  'environments:',
  '  production:',
  '    account: "333333333333"',
  '    region: eu-west-1',
  '    cidr: 10.30.0.0/16',
  '    domain: example.com',
  '    certificate: arn:aws:acm:eu-west-1:333333333333:certificate/one',
  '',
].join('\n');
const shopYml = 'project: acme/shop\nhosts:\n  production: [shop.example.com]\n';

describe('a platform repository', () => {
  test('lists its tenants sorted, without other files', async () => {
    const directory = await repository({ 'tenants/shop.yml': '', 'tenants/cafe.yml': '', 'tenants/README.md': '' });
    expect(await listTenants(directory)).toEqual(['cafe', 'shop']);
    expect(await listTenants(await repository({}))).toEqual([]);
  });
  test('an environment it lacks is named, with those it has', async () => {
    const platform = await readPlatformConfig(await repository({ 'platform.yml': platformYml }));
    expect(environmentOf(platform, 'production').branch).toBe('master');
    expect(() => environmentOf(platform, 'dev')).toThrow(
      expect.objectContaining({ code: 'ENVIRONMENT_UNKNOWN', hint: 'add it, or name one of: production' }),
    );
  });
  test("a tenant's file is read by a name that is one", async () => {
    const directory = await repository({ 'tenants/shop.yml': shopYml });
    expect(await readTenantConfig(directory, 'shop')).toMatchObject({ project: 'acme/shop' });
    await expect(readTenantConfig(directory, 'mill')).rejects.toMatchObject({ code: 'CONFIG_UNREADABLE' });
    await expect(readTenantConfig(directory, '../evil')).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      details: [expect.stringMatching(/"\.\.\/evil" is not a tenant's name: must be 3 to 20 lower-case letters/)],
    });
  });
});

describe('showConfig', () => {
  test("a tenant's repository: every key with its value", async () => {
    const runtime = recorder();
    await showConfig(runtime, { directory: await repository({ 'vendhost.yml': 'database: none\n' }) });
    expect(JSON.parse(runtime.printed())).toMatchObject({ database: 'none', instances: { max: 2 } });
  });
  test("a platform's repository: the platform and its tenants", async () => {
    const runtime = recorder();
    await showConfig(runtime, {
      directory: await repository({ 'platform.yml': platformYml, 'tenants/shop.yml': shopYml }),
    });
    expect(JSON.parse(runtime.printed())).toMatchObject({
      platform: {
        name: 'acme',
        environments: {
          production: {
            nat: 'per-zone',
            subnets: { public: '10.30.0.0/18', egress: '10.30.64.0/18', isolated: '10.30.128.0/18' },
          },
        },
      },
      tenants: { shop: { hosts: { production: ['shop.example.com'] }, limits: { max_instances: 4 } } },
    });
  });
  test('the examples are sound', async () => {
    for (const example of ['platform', 'shop']) {
      const directory = join(import.meta.dirname, '../../../examples', example);
      await expect(showConfig(recorder(), { directory })).resolves.toBeUndefined();
    }
  });
});

describe('names', () => {
  test.each(['abc', 'a-1', 'networks', 'a'.repeat(20)])('%s is a tenant', (name) => {
    expect(tenantName.safeParse(name).success).toBe(true);
  });
  test.each([
    'ab',
    'a'.repeat(21),
    'Shop',
    '1shop',
    'shop-',
    '-shop',
    'sh_op',
    'shop.',
    'shop--b',
    'shop-data',
    'shop-host-b',
    'network',
    'balancer-2',
  ])('%s is none', (name) => {
    expect(tenantName.safeParse(name).success).toBe(false);
  });
  test.each(['shop.example.com', '*.shop.example.com', 'a.b-c.example.co'])('%s is a host', (name) => {
    expect(hostName.safeParse(name).success).toBe(true);
  });
  test.each([
    'shop',
    'Shop.example.com',
    '*',
    '*.',
    'a..b.com',
    '-a.example.com',
    'a.*.com',
    `${'a.'.repeat(70)}com`,
    'shop.example.com.',
    'shop.example.com/x',
  ])('%s is none', (name) => {
    expect(hostName.safeParse(name).success).toBe(false);
  });
});

test('facts are read from texts: lists by commas, approval as a truth', () => {
  const texts = Object.fromEntries(Object.keys(factsSchema.shape).map((name) => [name, 'x']));
  const facts = factsSchema.parse({
    ...texts,
    'builder-access': 'private',
    'isolated-subnet-ids': 'subnet-1,subnet-2',
    approval: 'true',
    later: 'x',
  });
  expect([facts['isolated-subnet-ids'], facts.approval, facts.bucket]).toEqual([['subnet-1', 'subnet-2'], true, 'x']);
  expect(factsSchema.safeParse({ ...texts, 'builder-access': 'private', approval: 'yes' }).success).toBe(false);
});

test('the push a job works on comes from predefined variables', () => {
  expect(pushOf({ CI_COMMIT_SHA: '4f2c', CI_COMMIT_REF_NAME: 'dev' })).toEqual({
    commit: '4f2c',
    branch: 'dev',
    author: '',
    message: '',
    repository: '',
    pipelineUrl: '',
  });
});
