import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CreateStackCommand, DescribeStackEventsCommand, UpdateStackCommand } from '@aws-sdk/client-cloudformation';
import { CreateRoleCommand } from '@aws-sdk/client-iam';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { PutParameterCommand } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { openEnvironment } from '../../../scripts/aws/open-environment.ts';
import { poll } from '../../../scripts/aws/poll.ts';
import type { Aws } from '../../../scripts/aws/session.ts';
import { environmentOf, readPlatformConfig } from '../../../scripts/config/files.ts';
import { names, tags } from '../../../scripts/config/names.ts';
import { planMergeRequest } from '../../../scripts/merge-request/plan-merge-request.ts';
import { deployPlatform } from '../../../scripts/platform/deploy/deploy-platform.ts';
import { isBusy, readStack } from '../../../scripts/stack/stack-state.ts';
import { readHolders } from '../../../scripts/tenant/host-claims.ts';
import { planTenants } from '../../../scripts/tenant/register/plan-tenants.ts';
import { vendChanged } from '../../../scripts/tenant/register/vend-changed.ts';
import { VendedMarks } from '../../../scripts/tenant/register/vended-marks.ts';
import { type EnforcingCloud, startEnforcingCloud } from '../../builders/enforcing-cloud.ts';
import { type PlatformRepository, platformRepository } from '../../builders/platform-repository.ts';
import { type LocalGitlab, startLocalGitlab } from '../../local-gitlab/api.ts';

/** With IAM enforced: the platform's jobs plan and vend the tenants of the register, and reach no further. */

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });
const account = '171000000001';
const environment = 'dev';
const bucket = names.bucket(environment, account, 'eu-west-1');

let enforcing: EnforcingCloud;
let repository: PlatformRepository;
let gitlab: LocalGitlab;

beforeAll(async () => {
  repository = await platformRepository(account);
  enforcing = await startEnforcingCloud(repository.directory);
  gitlab = await startLocalGitlab({ projects: ['acme/shop', 'acme/blog', 'acme/machine', 'acme/pages'] });
  await repository.certify(enforcing.cloud.endpoint);
  await platform('people');
  for (const tenant of ['shop', 'blog', 'lost']) {
    // Vending creates a missing project, but no group.
    const group = tenant === 'lost' ? 'nowhere' : 'acme';
    const hosts = { dev: [`${tenant}.dev.example.com`] };
    await repository.writeTenant(tenant, { project: `${group}/${tenant}`, hosts });
  }
});
afterAll(async () => {
  await gitlab?.stop();
  await enforcing?.cloud.stop();
});

/** Deploys the platform by hand, with its setting for vending. */
async function platform(vending: 'people' | 'jobs'): Promise<void> {
  await repository.writePlatform({ dev: { vending } }, { project: 'acme/platform' });
  const runtime = enforcing.person(account).runtime();
  await deployPlatform(runtime, { directory: repository.directory, environment, dryRun: false });
}

const token = () => ({ CI_API_V4_URL: gitlab.api, VENDHOST_GITLAB_TOKEN: gitlab.token });
const job = (variables: Readonly<Record<string, string>> = {}, ref = 'main') =>
  enforcing.job({ projectPath: 'acme/platform', ref }, variables);

async function plan() {
  const runtime = await job({}, 'change');
  const { directory } = repository;
  const code = await planTenants(runtime, { directory, tenant: undefined, environment }).catch((error) => error);
  const [{ rows, unread }] = JSON.parse(runtime.printed()).environments;
  const states = Object.fromEntries(
    rows.map(({ tenant, state }: { tenant: string; state: string }) => [tenant, state]),
  );
  return { code, rows, unread, states };
}

async function vend(variables: Readonly<Record<string, string>> = {}) {
  const runtime = await job(variables);
  const { directory } = repository;
  const code = await vendChanged(runtime, { directory, environment, dryRun: false }).catch((error) => error);
  const result = runtime.printed() === '' ? undefined : JSON.parse(runtime.printed());
  return { code, result, progress: runtime.progress().join('\n') };
}

async function open(purpose: 'plan' | 'vend'): Promise<Aws> {
  const config = environmentOf(await readPlatformConfig(repository.directory), environment);
  return await openEnvironment(await job(), environment, config, purpose);
}

describe('the register', () => {
  test('is planned with the plan role, and shows what vending would create', async () => {
    const { code, rows, unread, states } = await plan();
    expect({ code, unread, states }).toEqual({
      code: 2,
      unread: [],
      states: { blog: 'new', lost: 'new', shop: 'new' },
    });
    expect(rows[0].refusal).toBeUndefined();
    expect(rows[0].plan).toMatchObject({ hosts: { claim: ['blog.dev.example.com'] }, rules: [{ kept: false }] });
    expect(rows[0].plan.stacks.map(({ action }: { action: string }) => action)).toEqual(['create', 'create']);
  });

  test('is in the plan of a merge request, which shows who vends', async () => {
    const runtime = await job({}, 'change');
    const { directory } = repository;
    await planMergeRequest(runtime, { environment, tenant: undefined, directory });
    const { sections } = JSON.parse(runtime.printed()).report;
    const found = sections.find(({ id }: { id: string }) => id === 'tenants/dev');
    expect(found).toMatchObject({ state: 'found', summary: '3 tenants: 3 new' });
    expect(found.findings[0].next).toBe(
      'after the merge, an administrator runs: vendhost tenant vend blog --environment dev',
    );
  });

  test('where people vend, a job changes nothing and names what they run', async () => {
    const { code, result } = await vend(token());
    expect(code).toBe(4);
    expect(result).toMatchObject({ vended: [], failed: [] });
    expect(await readStack(enforcing.person(account).aws, 'vendhost-dev-shop-access')).toBeUndefined();
  });
});

describe('where jobs vend', () => {
  beforeAll(() => platform('jobs'));

  test('a job without a token of GitLab stops before it changes anything', async () => {
    expect((await vend()).code).toMatchObject({ code: 'GITLAB_TOKEN_MISSING' });
    expect(await readStack(enforcing.person(account).aws, 'vendhost-dev-shop-access')).toBeUndefined();
  });

  test('what differs is vended; a tenant that fails does not stop the others', async () => {
    const { code, result } = await vend(token());
    expect(result.failed.map(({ error }: { error: object }) => error)).toMatchObject([
      { code: 'GITLAB_PROJECT_UNKNOWN' },
    ]);
    expect(code).toMatchObject({ code: 'VEND_FAILED', message: '1 tenant was not vended in dev: lost' });
    expect(result).toMatchObject({ vended: ['blog', 'shop'], failed: [{ tenant: 'lost' }] });
    expect(gitlab.variables('acme/shop').map(({ key }) => key)).toContain('VENDHOST_ROLE_ARN');
    expect((await plan()).states).toEqual({ blog: 'as wanted', lost: 'new', shop: 'as wanted' });
    await rm(join(repository.directory, 'tenants', 'lost.yml'));
    expect(await plan()).toMatchObject({ code: undefined, states: { blog: 'as wanted', shop: 'as wanted' } });
    expect((await vend()).code).toBeUndefined();
  });

  test('a changed file, a record changed by hand and a dead vend are found, and the next run resumes them', async () => {
    const person = enforcing.person(account).aws;
    const hosts = { dev: ['shop.dev.example.com', 'shops.dev.example.com'] };
    await repository.writeTenant('shop', { project: 'acme/shop', hosts });
    const Name = names.tenantRecord({ environment, tenant: 'blog' });
    await (await person.ssm()).send(new PutParameterCommand({ Name, Value: '{}', Type: 'String', Overwrite: true }));
    const { rows, states } = await plan();
    expect(states).toEqual({ blog: 'changed', shop: 'changed' });
    expect(rows[0].reasons).toContain('its record has changed since it was vended');
    expect(rows[1].reasons).toEqual([
      'its file has changed since it was vended',
      'nobody claimed shops.dev.example.com',
    ]);
    expect((await vend(token())).code).toBeUndefined();
    await new VendedMarks(person, bucket).clear('shop');
    expect((await plan()).rows[1]).toMatchObject({ state: 'changed', reasons: ['no vend has finished'] });
    expect((await vend(token())).result).toMatchObject({ vended: ['shop'], failed: [] });
    expect((await plan()).code).toBeUndefined();
  });

  test('an unreadable list makes no tenant clean', async () => {
    await repository.writeTenant('odd', { project: 'acme/odd', hosts: {} });
    expect((await plan()).code).toMatchObject({ code: 'REGISTER_UNREAD', details: [expect.stringContaining('odd')] });
    await rm(join(repository.directory, 'tenants', 'odd.yml'));
  });

  test('a host moves in the order that serves it, whatever the order of names; who cannot take it leaves it served', async () => {
    const moved = 'shops.dev.example.com';
    const write = (tenant: string, ...dev: string[]) => {
      const project = `${tenant === 'gone' ? 'nowhere' : 'acme'}/${tenant}`;
      return repository.writeTenant(tenant, { project, hosts: { dev } });
    };
    const holders = async () => Object.fromEntries(await readHolders(enforcing.person(account).aws, bucket, [moved]));
    await write('shop', 'shop.dev.example.com');
    await write('gone', 'gone.dev.example.com', moved);
    const refused = await vend(token());
    expect(refused.code).toMatchObject({ code: 'VEND_FAILED', message: '1 tenant was not vended in dev: gone' });
    expect(refused.result).toMatchObject({ vended: ['shop'], failed: [{ tenant: 'gone' }] });
    expect(refused.progress).toContain(`shop keeps ${moved} in dev: gone could not take it`);
    expect(await holders()).toEqual({ [moved]: 'shop' });

    await rm(join(repository.directory, 'tenants', 'gone.yml'));
    await write('blog', 'blog.dev.example.com', moved);
    const { rows } = await plan();
    expect(rows.map(({ refusal, together }: { refusal?: object; together: object }) => [refusal, together])).toEqual([
      [undefined, ['blog', 'shop']],
      [undefined, ['blog', 'shop']],
    ]);
    const { code, result, progress } = await vend(token());
    expect([code, result.vended]).toEqual([undefined, ['blog', 'shop']]);
    expect(progress).toContain(`${moved} moves from shop to blog`);
    expect(progress).not.toContain('HOST_TAKEN');
    expect(await holders()).toEqual({ [moved]: 'blog' });
    expect((await plan()).code).toBeUndefined();
  });

  test('a tenant with two projects is vended by jobs as well', async () => {
    const projects = { infrastructure: 'acme/machine', software: 'acme/pages' };
    await repository.writeTenant('duo', { projects, hosts: { dev: ['duo.dev.example.com'] } });
    expect((await vend(token())).result).toMatchObject({ vended: ['duo'], failed: [] });
    expect(gitlab.variables('acme/pages').find(({ key }) => key === 'VENDHOST_ROLE_ARN')?.value).toMatch(
      /vendhost-dev-duo-software-deploy$/,
    );
  });

  test('a tenant without a file waits for a person to retire it', async () => {
    await rm(join(repository.directory, 'tenants', 'blog.yml'));
    expect(await plan()).toMatchObject({ code: 2, states: { blog: 'retire', duo: 'as wanted', shop: 'as wanted' } });
    expect((await vend(token())).code).toBe(4);
    expect(await readStack(enforcing.person(account).aws, 'vendhost-dev-blog-access')).toBeDefined();
  });
});

describe('the vend role', () => {
  const denied = (work: Promise<unknown>) =>
    work.then(
      () => 'done',
      (error: Error) => error.name,
    );
  const execution = `arn:aws:iam::${account}:role/vendhost-platform-dev-vend-execution`;
  const boundary = `arn:aws:iam::${account}:policy/vendhost-dev-boundary`;
  const trusting = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { AWS: account }, Action: 'sts:AssumeRole' }],
  };
  const template = (properties: object) =>
    JSON.stringify({
      Resources: {
        Role: { Type: 'AWS::IAM::Role', Properties: { AssumeRolePolicyDocument: trusting, ...properties } },
      },
    });
  const stackTags = Object.entries(tags(environment, 'access', 'evil')).map(([Key, Value]) => ({ Key, Value }));

  /** How a stack ends that the vend role hands to CloudFormation. */
  async function outcome(aws: Aws, StackName: string, body: string): Promise<string> {
    const client = await aws.cloudFormation();
    const request = { StackName, TemplateBody: body, RoleARN: execution, Tags: stackTags };
    await client.send(new CreateStackCommand({ ...request, Capabilities: ['CAPABILITY_NAMED_IAM'] }));
    const runtime = await job();
    await poll({
      what: StackName,
      pace: aws.pace,
      limitMs: 60_000,
      signal: runtime.signal,
      check: async () => {
        const state = await readStack(aws, StackName);
        return state === undefined || isBusy(state) ? undefined : true;
      },
    });
    const { StackEvents = [] } = await client.send(new DescribeStackEventsCommand({ StackName }));
    const failed = StackEvents.filter(({ ResourceStatus }) => ResourceStatus === 'CREATE_FAILED');
    return failed.some(({ ResourceStatusReason = '' }) => /not authorized|AccessDenied/i.test(ResourceStatusReason))
      ? 'refused'
      : ((await readStack(aws, StackName))?.status ?? '');
  }

  test("creates no roles except tenants', under their boundary", async () => {
    const aws = await open('vend');
    const iam = await aws.iam();
    const AssumeRolePolicyDocument = JSON.stringify(trusting);
    const direct = new CreateRoleCommand({ RoleName: 'vendhost-dev-evil-deploy', AssumeRolePolicyDocument });
    expect(await denied(iam.send(direct))).toBe('AccessDenied');
    const name = 'vendhost-dev-evil-deploy';
    expect(await outcome(aws, 'vendhost-dev-evil-access', template({ RoleName: name }))).toBe('refused');
    const admin = { RoleName: 'vendhost-platform-dev-admin', PermissionsBoundary: boundary };
    expect(await outcome(aws, 'vendhost-dev-evil2-access', template(admin))).toBe('refused');
    const own = { RoleName: name, PermissionsBoundary: boundary };
    expect(await outcome(aws, 'vendhost-dev-evil3-access', template(own))).toBe('CREATE_COMPLETE');
  });

  test("touches neither the platform's stacks and facts nor the software of tenants", async () => {
    const aws = await open('vend');
    const cloudFormation = await aws.cloudFormation();
    const body = template({ RoleName: 'x' });
    const change = (StackName: string, role: object) =>
      denied(cloudFormation.send(new UpdateStackCommand({ StackName, TemplateBody: body, ...role })));
    expect(await change('vendhost-dev-access', { RoleARN: execution })).toMatch(/AccessDenied/);
    expect(await change('vendhost-dev-shop-access', {})).toMatch(/AccessDenied/);
    const facts = new PutParameterCommand({ Name: '/vendhost/dev/boundary-arn', Value: 'x', Overwrite: true });
    expect(await denied((await aws.ssm()).send(facts))).toMatch(/AccessDenied/);
    const object = new PutObjectCommand({ Bucket: bucket, Key: 'software/shop/x.zip', Body: 'x' });
    expect(await denied((await aws.s3()).send(object))).toBe('AccessDenied');
  });

  test('is for the branch that deploys', async () => {
    const config = environmentOf(await readPlatformConfig(repository.directory), environment);
    const opened = openEnvironment(await job({}, 'change'), environment, config, 'vend');
    await expect(opened.then((aws) => aws.account())).rejects.toMatchObject({
      name: expect.stringMatching(/Access|Error/),
    });
  });
});
