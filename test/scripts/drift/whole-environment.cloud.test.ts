import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { readPlatformFacts } from '../../../scripts/aws/read-facts.ts';
import { checkDrift } from '../../../scripts/drift/check-drift.ts';
import { provisionHost } from '../../../scripts/host/provision.ts';
import { deployPlatform } from '../../../scripts/platform/deploy/deploy-platform.ts';
import type { Report } from '../../../scripts/report/report.ts';
import { vendTenant } from '../../../scripts/tenant/vend.ts';
import type { CloudAccount } from '../../builders/account.ts';
import { type EnforcingCloud, startEnforcingCloud } from '../../builders/enforcing-cloud.ts';
import { makeImage } from '../../builders/image.ts';
import { type PlatformRepository, platformRepository } from '../../builders/platform-repository.ts';
import type { Recorder } from '../../builders/recorder.ts';
import { writeTree } from '../../builders/repository.ts';

/** With IAM enforced: every stack Vendhost makes, looked at with the roles that only read. */

vi.setConfig({ testTimeout: 240_000, hookTimeout: 300_000 });
const account = '720000000011';
const own = { project: 'acme/platform' };
const environment = 'dev' as const;

let enforcing: EnforcingCloud;
let repository: PlatformRepository;
let person: CloudAccount;

beforeAll(async () => {
  repository = await platformRepository(account);
  enforcing = await startEnforcingCloud(repository.directory);
  await repository.certify(enforcing.cloud.endpoint);
  await repository.writePlatform({}, own);
  await repository.writeTenant('shop', { project: 'acme/shop', hosts: { dev: ['shop.dev.example.com'] } });
  person = enforcing.person(account);
  const where = { directory: repository.directory, environment, dryRun: false };
  await deployPlatform(person.runtime(), where);
  await vendTenant(person.runtime(), { ...where, tenant: 'shop' });
  const facts = await readPlatformFacts(person.aws, environment);
  const image = await makeImage({ ...person, environment, bucket: facts.bucket, facts, listeners: [] }, 'shop');
  const directory = join(repository.directory, 'shop');
  await writeTree(directory, { 'vendhost.yml': 'instances: { min: 0, max: 1 }' });
  await provisionHost(person.runtime(), { tenant: 'shop', environment, directory, image, dryRun: false });
});
afterAll(async () => {
  await enforcing?.cloud.stop();
  await repository.remove();
});

const options = {
  environment,
  tenant: undefined,
  failOn: ['drift', 'unknown'] as const,
  ignore: undefined,
  checks: ['stacks'] as const,
  shard: undefined,
  junit: undefined,
  page: undefined,
};

async function check(runtime: Recorder, changes: object = {}) {
  const code = await checkDrift(runtime, { ...options, directory: repository.directory, ...changes }).catch(
    (error: unknown) => error,
  );
  const report = JSON.parse(runtime.printed()) as Report;
  return { code, report, states: Object.fromEntries(report.sections.map(({ title, state }) => [title, state])) };
}

const platformJob = () => enforcing.job({ projectPath: own.project, ref: 'main' });

const tenantJob = () =>
  enforcing.job(
    { projectPath: 'acme/shop', ref: 'feature' },
    {
      AWS_REGION: 'eu-west-1',
      VENDHOST_TENANT: 'shop',
      VENDHOST_PLAN_ROLE_ARN: `arn:aws:iam::${account}:role/vendhost-dev-shop-plan`,
    },
  );
const tenantStacks = ['access', 'data', 'entry', 'host'].map((layer) => `vendhost-dev-shop-${layer}`);

test('everything is what its stacks say, for the platform and for the tenant', async () => {
  const platform = await check(await platformJob());
  expect(platform.report.sections.filter(({ state }) => state !== 'clean')).toEqual([]);
  expect(platform.code).toBeUndefined();
  const layers = ['access', 'balancer', 'network', 'storage'].map((layer) => `vendhost-dev-${layer}`);
  expect(Object.keys(platform.states).sort()).toEqual([...layers, ...tenantStacks, 'vendhost-gitlab'].sort());
  const tenant = await check(await tenantJob(), { directory: join(repository.directory, 'shop') });
  expect(tenant.report.sections.filter(({ state }) => state !== 'clean')).toEqual([]);
  expect(tenant.states).toEqual(Object.fromEntries(tenantStacks.map((stack) => [stack, 'clean'])));
  expect(tenant.code).toBeUndefined();
});
