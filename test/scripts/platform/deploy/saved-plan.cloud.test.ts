import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { readPlatformFacts } from '../../../../scripts/aws/read-facts.ts';
import type { SavedPlan } from '../../../../scripts/stack/change-sets/plan-file.ts';
import { type PlatformRepository, platformRepository } from '../../../builders/platform-repository.ts';
import { outcomes, type PlatformOwner, platformOwner } from '../operator.ts';

vi.setConfig({ testTimeout: 300_000 });
const account = '710000000031';
const project = { project: 'platform/lanterns' };
let repository: PlatformRepository;
let owner: PlatformOwner;
let plan: string;
beforeAll(async () => {
  repository = await platformRepository(account);
  await repository.certify(inject('localCloud').endpoint);
  await repository.writePlatform({}, project);
  owner = platformOwner(repository.directory, account, { CI_PIPELINE_ID: '4711', CI_COMMIT_SHA: 'c0ffee' });
  plan = join(repository.directory, 'dev.plan.json');
});

const save = (report?: string) => owner.plan({ save: plan, report });
const deployed = async () => (await readPlatformFacts(owner.aws(), 'dev')).approval;

// One story: each test stands on the one before.
describe('a plan that is saved, and deployed later', () => {
  test('roles come first, by hand', async () => {
    await expect(save()).rejects.toMatchObject({
      code: 'ACCESS_BY_HAND',
      details: expect.arrayContaining([
        'vendhost-gitlab: create',
        'vendhost-dev-policies: create',
        'vendhost-dev-access: create',
      ]),
      hint: 'an administrator runs: vendhost platform deploy --environment dev --layer access',
    });
    const ran = await owner.deploy({ layer: 'access' });
    expect(outcomes(ran)).toEqual({ 'vendhost-dev-policies': 'created', 'vendhost-dev-access': 'created' });
    expect(ran.result.providers).toMatchObject([{ outcome: 'created' }]);
  });

  test('then the network, by hand too', async () => {
    await expect(save()).rejects.toMatchObject({ code: 'NETWORK_MISSING' });
    await owner.deploy();
  });

  test('a plan of no difference is saved and deployed like any other', async () => {
    const { code, result } = await save();
    expect([code, result.differs]).toEqual([undefined, false]);
    const ran = await owner.deploy({ plan });
    expect([ran.code, ran.result.changed]).toEqual([undefined, false]);
  });

  test('--save writes change sets and changes nothing; --report counts for GitLab', async () => {
    await repository.writePlatform({ dev: { approval: true } }, project);
    const { code, result } = await save('tfplan.json');
    expect([code, result.differs]).toEqual([undefined, true]);
    const saved = JSON.parse(await readFile(plan, 'utf8')) as SavedPlan;
    expect(saved).toMatchObject({ version: 1, environment: 'dev', account, region: 'eu-west-1', commit: 'c0ffee' });
    const planned = saved.stacks.filter(({ changeSet }) => changeSet !== null);
    expect(planned).toHaveLength(1);
    expect(planned[0]?.changeSet).toContain('vendhost-4711-');
    expect(JSON.parse(await readFile(join(repository.directory, 'tfplan.json'), 'utf8'))).toEqual({
      create: 0,
      update: 1,
      delete: 0,
    });
    expect(await deployed()).toBe(false);
  });

  test('deploy --plan --dry-run shows it, deploy --plan executes it', async () => {
    expect((await owner.deploy({ plan, dryRun: true })).code).toBe(2);
    expect(await deployed()).toBe(false);
    const ran = await owner.deploy({ plan });
    expect(Object.values(outcomes(ran)).sort()).toEqual(['no change', 'no change', 'updated']);
    expect(ran.result.environments[0]?.loadBalancers).toHaveLength(1);
    expect(await deployed()).toBe(true);
    expect((await owner.plan()).code).toBeUndefined();
  });

  test('a job that runs again finds its plan executed', async () => {
    expect((await owner.deploy({ plan })).result.changed).toBe(false);
  });

  test('a plan is refused when a stack changed since, and nothing is executed', async () => {
    await repository.writePlatform({ dev: { approval: false } }, project);
    await save();
    await repository.writePlatform({ dev: { approval: true, retention_days: { trail: 7 } } }, project);
    await owner.deploy();
    await expect(owner.deploy({ plan, dryRun: true })).rejects.toMatchObject({ code: 'PLAN_STALE' });
    const error = await owner.deploy({ plan }).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'PLAN_STALE' });
    expect(error.details.join('\n')).toMatch(/vendhost-dev-storage was updated .*UPDATE_COMPLETE[\s\S]*~ S3::Bucket/);
    expect(await deployed()).toBe(true);
  });

  test('load balancers planned with subnets that the plan itself replaces are not executed', async () => {
    const subnets = { public: '10.10.192.0/18' };
    await repository.writePlatform(
      { dev: { approval: true, retention_days: { trail: 7 }, load_balancers: 2, subnets } },
      project,
    );
    await save();
    const error = await owner.deploy({ plan }).catch((thrown) => thrown);
    expect(error).toMatchObject({
      code: 'PLAN_STALE',
      message: expect.stringMatching(/^the network of dev has other ids .*; no load balancer was changed$/),
      details: [
        expect.stringMatching(/^vendhost-dev-balancer: PublicSubnetIds was planned as subnet-\S+, is subnet-/),
        expect.stringMatching(/^vendhost-dev-balancer-2: PublicSubnetIds was planned as subnet-\S+, is subnet-/),
      ],
    });
    expect((await owner.status()).result.environments[0]?.stacks.at(-1)).toMatchObject({ status: 'missing' });
    await save();
    expect(outcomes(await owner.deploy({ plan }))).toEqual({
      'vendhost-dev-network': 'no change',
      'vendhost-dev-storage': 'no change',
      'vendhost-dev-balancer': 'updated',
      'vendhost-dev-balancer-2': 'created',
    });
    expect((await owner.status()).code).toBeUndefined();
  });

  test('a plan of another environment, or of all, is refused', async () => {
    await expect(owner.deploy({ plan, environment: 'staging' })).rejects.toMatchObject({ code: 'PLAN_FILE_INVALID' });
    await expect(owner.deploy({ plan, environment: 'all' })).rejects.toMatchObject({ code: 'USAGE' });
    await expect(owner.plan({ save: plan, environment: 'all' })).rejects.toMatchObject({ code: 'USAGE' });
  });
});
