import { DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { CreateBucketCommand, DeleteBucketCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ConditionalObjects } from '../../../scripts/aws/objects.ts';
import { readPlatformFacts, readTenantRecord } from '../../../scripts/aws/read-facts.ts';
import { keys } from '../../../scripts/config/names.ts';
import { hostClaimSchema, priorityClaimSchema } from '../../../scripts/config/stored.ts';
import { deployPlatform } from '../../../scripts/platform/deploy/deploy-platform.ts';
import type { Template } from '../../../scripts/stack/assembly.ts';
import { readTemplate } from '../../../scripts/stack/stack-plan.ts';
import { HostClaims } from '../../../scripts/tenant/host-claims.ts';
import { vendTenant } from '../../../scripts/tenant/vend.ts';
import { cloudAccount } from '../../builders/account.ts';
import { type PlatformRepository, platformRepository } from '../../builders/platform-repository.ts';
import { recorder } from '../../builders/recorder.ts';
import { Stacks } from '../../builders/stacks.ts';
import { clientConfig } from '../../local-cloud/clients.ts';
import { type LocalGitlab, startLocalGitlab } from '../../local-gitlab/api.ts';

// A platform is deployed before the tests.
vi.setConfig({ hookTimeout: 300_000 });
const account = '100000000003';
const { aws, endpoint, env, runtime: newRuntime } = cloudAccount(account);
const place = (tenant: string) => ({ environment: 'dev', tenant });
let repository: PlatformRepository;
let gitlab: LocalGitlab;

beforeAll(async () => {
  repository = await platformRepository(account);
  await repository.certify(endpoint);
  gitlab = await startLocalGitlab({ projects: ['acme/shop', 'acme/blog', 'acme/pair'] });
  await deployPlatform(newRuntime(), { directory: repository.directory, environment: 'dev', dryRun: false });
});
afterAll(async () => {
  await gitlab.stop();
});

const bucket = `vendhost-dev-${account}-eu-west-1`;

async function owner(host: string): Promise<string | undefined> {
  const objects = new ConditionalObjects(aws, bucket, hostClaimSchema);
  return (await objects.read(keys.hostClaim(host)))?.value.tenant;
}

/** The listener priorities that are claimed. */
async function numbers(): Promise<string[]> {
  const listener = (await readPlatformFacts(aws, 'dev'))['listener-arn'].split('/').at(-1);
  const keysThere = await new ConditionalObjects(aws, bucket, priorityClaimSchema).list(`claims/listener/${listener}/`);
  return keysThere.filter((key) => /^\d+/.test(key));
}

/** Writes the tenant's file and vends it in dev. */
async function vend(tenant: string, hosts: string[], { dryRun = false, token = false } = {}) {
  await repository.writeTenant(tenant, { project: `acme/${tenant}`, hosts: { dev: hosts } });
  return await run(tenant, { dryRun, token, environment: 'dev' });
}

async function run(tenant: string, options: { dryRun?: boolean; token?: boolean; environment?: 'dev' } = {}) {
  const { dryRun = false, token = false, environment } = options;
  const access = { CI_API_V4_URL: gitlab.api, VENDHOST_GITLAB_TOKEN: gitlab.token };
  const runtime = recorder({ ...env, ...(token ? access : {}) });
  const protectBranches = token;
  const code = await vendTenant(runtime, {
    directory: repository.directory,
    tenant,
    environment,
    dryRun,
    protectBranches,
  });
  return { code, progress: runtime.progress(), result: JSON.parse(runtime.printed()) as Record<string, unknown> };
}

describe('tenant vend', () => {
  test('--dry-run shows everything and changes nothing', async () => {
    const { code, result } = await vend('planned', ['planned.dev.example.com'], { dryRun: true });
    expect(code).toBe(2);
    expect(result).toMatchObject({
      tenant: 'planned',
      environments: [
        {
          environment: 'dev',
          hosts: { claim: ['planned.dev.example.com'], keep: [], release: [] },
          rules: [{ band: 'exact', priority: 1, kept: false, claimed: false }],
          giveBack: [],
          stacks: [
            { stack: 'vendhost-dev-planned-access', action: 'create' },
            { stack: 'vendhost-dev-planned-entry', action: 'create' },
          ],
        },
      ],
    });
    expect(await owner('planned.dev.example.com')).toBeUndefined();
    expect(await numbers()).toEqual([]);
  });

  test('claims hosts, makes roles, writes the record; the second time nothing changes', async () => {
    const first = await vend('shop', ['shop.dev.example.com', 'www.shop.dev.example.com']);
    expect(first.result).toEqual({
      tenant: 'shop',
      project: expect.objectContaining({ path: 'acme/shop', trust: { dev: { subjects: ['project_path'] } } }),
      environments: [
        {
          environment: 'dev',
          deployRole: `arn:aws:iam::${account}:role/vendhost-dev-shop-deploy`,
          planRole: `arn:aws:iam::${account}:role/vendhost-dev-shop-plan`,
          hosts: ['shop.dev.example.com', 'www.shop.dev.example.com'],
          priorities: { exact: 1 },
          changed: true,
        },
      ],
    });
    expect(await owner('www.shop.dev.example.com')).toBe('shop');
    expect(await readTenantRecord(aws, place('shop'))).toMatchObject({
      project: 'acme/shop',
      branch: 'dev',
      port: 8080,
      pipeline: 'vendhost-dev-shop',
      bucket: `vendhost-dev-shop-${account}-eu-west-1`,
    });

    const second = await vend('shop', ['shop.dev.example.com', 'www.shop.dev.example.com']);
    expect(second.result.environments).toMatchObject([{ changed: false }]);
    expect((await run('shop', { dryRun: true, environment: 'dev' })).code).toBeUndefined();
  });

  test('releases a host that was removed from the file', async () => {
    await vend('shop', ['shop.dev.example.com']);
    expect(await owner('www.shop.dev.example.com')).toBeUndefined();
    expect(await owner('shop.dev.example.com')).toBe('shop');
    expect((await readTenantRecord(aws, place('shop'))).hosts).toEqual(['shop.dev.example.com']);
  });

  test('a wildcard gets its own rule, whose priority is released with it', async () => {
    const hosts = ['shop.dev.example.com', '*.shop.dev.example.com'];
    const both = await vend('shop', hosts);
    expect(both.result.environments).toMatchObject([{ priorities: { exact: 1, 'wildcard-5': 46_001 }, changed: true }]);
    expect(await numbers()).toEqual(['1.json', '46001.json']);
    await repository.writeTenant('shop', { project: 'acme/shop', hosts: { dev: hosts.slice(0, 1) } });
    const planned = await run('shop', { dryRun: true, environment: 'dev' });
    expect(planned).toMatchObject({ code: 2, result: { environments: [{ giveBack: [46_001] }] } });
    const one = await vend('shop', hosts.slice(0, 1));
    expect(one.result.environments).toMatchObject([{ priorities: { exact: 1 }, changed: true }]);
    expect(await numbers()).toEqual(['1.json']);
  });

  test("refuses another tenant's host, names the owner and does nothing else", async () => {
    await vend('shop', ['shop.dev.example.com']);
    await expect(vend('blog', ['blog.dev.example.com', 'shop.dev.example.com'])).rejects.toMatchObject({
      code: 'HOST_TAKEN',
      details: ['shop.dev.example.com belongs to shop'],
    });
    expect(await owner('blog.dev.example.com')).toBeUndefined();
    expect(await owner('shop.dev.example.com')).toBe('shop');
    expect(await numbers()).toEqual(['1.json']);
    const stack = new DescribeStacksCommand({ StackName: 'vendhost-dev-blog-access' });
    await expect((await aws.cloudFormation()).send(stack)).rejects.toThrow('does not exist');
  });

  test('a host that a run claimed before it died is released by the next vend, when the file was corrected', async () => {
    await new HostClaims(aws, bucket, 'typist').claim(['typo.dev.example.com', 'rightly.dev.example.com']);
    const { result } = await vend('typist', ['rightly.dev.example.com'], { dryRun: true });
    const hosts = { claim: [], keep: ['rightly.dev.example.com'], release: ['typo.dev.example.com'] };
    expect(result.environments).toMatchObject([{ hosts }]);
    await vend('typist', ['rightly.dev.example.com']);
    expect([await owner('typo.dev.example.com'), await owner('rightly.dev.example.com')]).toEqual([
      undefined,
      'typist',
    ]);

    // The same with a record that no version wrote, although no template has changed.
    const Name = '/vendhost/dev/tenants/typist';
    const sdk = await import('@aws-sdk/client-ssm');
    await (await aws.ssm()).send(new sdk.PutParameterCommand({ Name, Value: 'typist', Overwrite: true }));
    const planned = await vend('typist', ['rightly.dev.example.com'], { dryRun: true });
    expect([planned.code, planned.result.environments]).toMatchObject([2, [{ rewritesRecord: true }]]);
    expect(planned.progress.join('\n')).toContain('the record of typist in dev is not one of Vendhost');
    const again = await vend('typist', ['rightly.dev.example.com']);
    expect(again.result.environments).toMatchObject([{ changed: true }]);
    expect(await readTenantRecord(aws, place('typist'))).toMatchObject({ tenant: 'typist', version: 1 });
    const last = await vend('typist', ['rightly.dev.example.com']);
    expect(last.result.environments).toMatchObject([{ changed: false }]);
  });

  test('refuses a tenant whose bucket outlived it, and says how to keep or delete it', async () => {
    const kept = `vendhost-dev-gone-${account}-eu-west-1`;
    await (await aws.s3()).send(new CreateBucketCommand({ Bucket: kept }));
    await expect(vend('gone', ['gone.dev.example.com'])).rejects.toMatchObject({
      code: 'BUCKET_KEPT',
      details: [expect.stringContaining(`then: aws s3 rb s3://${kept}`)],
    });
    expect(await owner('gone.dev.example.com')).toBeUndefined();
  });

  test('refuses a bucket that outlived only the entry stack, and accepts one that was imported into it', async () => {
    await vend('left', ['left.dev.example.com']);
    const stack = 'vendhost-dev-left-entry';
    const { Resources = {} } = (await readTemplate(aws, stack)) as Template;
    const stacks = new Stacks(clientConfig(endpoint, account));
    expect((await stacks.delete(stack)).status).toBe('DELETE_COMPLETE');
    await expect(vend('left', ['left.dev.example.com'])).rejects.toMatchObject({ code: 'BUCKET_KEPT' });
    // As an import leaves it; the local cloud imports nothing.
    await (await aws.s3()).send(new DeleteBucketCommand({ Bucket: `vendhost-dev-left-${account}-eu-west-1` }));
    const resources = Object.fromEntries(
      Object.entries(Resources).filter(([, { Type }]) => Type === 'AWS::S3::Bucket'),
    );
    expect((await stacks.create(stack, { resources })).status).toBe('CREATE_COMPLETE');
    const again = await vend('left', ['left.dev.example.com']);
    expect(again.result.environments).toMatchObject([{ changed: true }]);
  });

  test('of tenants that want one host at once exactly one gets it, and the others keep nothing', async () => {
    const hosts = ['a.dev.example.com', 'wanted.dev.example.com'];
    const tenants = Array.from({ length: 8 }, (_, index) => `racer-${index}`);
    const outcomes = await Promise.allSettled(
      tenants.map((tenant) => new HostClaims(aws, bucket, tenant).claim([`${tenant}.dev.example.com`, ...hosts])),
    );
    const winners = tenants.filter((_, index) => outcomes[index]?.status === 'fulfilled');
    expect(winners).toHaveLength(1);
    for (const host of hosts) expect(await owner(host)).toBe(winners[0]);
    for (const tenant of tenants.filter((each) => each !== winners[0])) {
      expect(await owner(`${tenant}.dev.example.com`)).toBeUndefined();
    }
  });

  test('without an environment: those of the account, saying what is left out', async () => {
    const hosts = { dev: ['many.dev.example.com'], production: ['many.production.example.com'] };
    await repository.writeTenant('many', { project: 'acme/many', hosts });
    const { result, progress } = await run('many');
    expect(result.environments).toMatchObject([{ environment: 'dev' }]);
    expect(progress[1]).toMatch(/^warning: not checked, without VENDHOST_GITLAB_TOKEN: the project's path and id, /);
    expect(progress[0]).toBe(
      `production is left out: it is in account 999999999999, the credentials are for ${account}`,
    );
  });

  test('a host outside the domain is a fault of the file', async () => {
    await expect(vend('shop', ['shop.example.org'])).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      details: [expect.stringContaining('must lie in dev.example.com')],
    });
  });

  test('writes the variables of the GitLab project, once', async () => {
    const first = await vend('blog', ['blog.dev.example.com'], { token: true });
    expect(first.result.environments).toMatchObject([{ changed: true }]);
    const written = gitlab
      .variables('acme/blog')
      .map(({ key, value, environment_scope }) => [environment_scope, key, value]);
    expect(written).toEqual([
      ['dev', 'AWS_REGION', 'eu-west-1'],
      ['dev', 'VENDHOST_ROLE_ARN', `arn:aws:iam::${account}:role/vendhost-dev-blog-deploy`],
      ['dev', 'VENDHOST_PLAN_ROLE_ARN', `arn:aws:iam::${account}:role/vendhost-dev-blog-plan`],
      ['*', 'VENDHOST_PLAN_ACCESS_BLOG_DEV', `eu-west-1 arn:aws:iam::${account}:role/vendhost-dev-blog-plan`],
    ]);
    const second = await vend('blog', ['blog.dev.example.com'], { token: true });
    expect(second.result.environments).toMatchObject([{ changed: false }]);
    expect(second.progress.join('\n')).not.toContain(gitlab.token);
  });

  test('a second tenant of a project needs its own environments, and gets their variables', async () => {
    const first = { project: 'acme/pair', hosts: { dev: ['left.dev.example.com'] } };
    const second = { project: 'acme/Pair', hosts: { dev: ['right.dev.example.com'] } };
    await repository.writeTenant('left', first);
    await repository.writeTenant('right', second);
    await expect(run('right', { token: true, environment: 'dev' })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      details: [expect.stringContaining('environment_prefix: "" is what tenants/left.yml has for the same project')],
    });
    await repository.writeTenant('right', { ...second, project: 'acme/pair', environment_prefix: 'right/' });
    const { result } = await run('right', { dryRun: true, token: true, environment: 'dev' });
    expect(result.environments).toMatchObject([
      { variables: [{ scope: 'right/dev' }, {}, {}, { key: 'VENDHOST_PLAN_ACCESS_RIGHT_DEV', scope: '*' }] },
    ]);
  });

  test('an environment whose platform was never deployed', async () => {
    await repository.writeTenant('early', { project: 'acme/early', hosts: { staging: ['early.staging.example.com'] } });
    await expect(run('early')).rejects.toMatchObject({ code: 'PLATFORM_MISSING' });
  });
});
