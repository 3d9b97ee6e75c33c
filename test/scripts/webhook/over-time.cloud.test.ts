import { DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { BatchGetBuildsCommand, ListProjectsCommand, StartBuildCommand } from '@aws-sdk/client-codebuild';
import { paginateListRoles } from '@aws-sdk/client-iam';
import { PutSecretValueCommand, paginateListSecrets } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { names } from '../../../scripts/config/names.ts';
import { findBuilds } from '../../../scripts/doctor/find-builds.ts';
import type { DoctorFinding } from '../../../scripts/doctor/finding.ts';
import { deployPlatform } from '../../../scripts/platform/deploy/deploy-platform.ts';
import { retireTenant } from '../../../scripts/tenant/retire/retire-tenant.ts';
import { vendTenant } from '../../../scripts/tenant/vend.ts';
import type { VendOptions } from '../../../scripts/tenant/vending/vend-options.ts';
import { tokenHash } from '../../../scripts/webhook/function/webhook-secret.ts';
import { readVendedSecret } from '../../../scripts/webhook/vend-webhook.ts';
import { type CloudAccount, cloudAccount } from '../../builders/account.ts';
import { type PlatformRepository, platformRepository } from '../../builders/platform-repository.ts';
import { recorder } from '../../builders/recorder.ts';
import { type LocalGitlab, startLocalGitlab } from '../../local-gitlab/api.ts';

// A tenant without a runner over time: adopted, its tokens replaced, one project that becomes two and back, with jobs and without, and retired.

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });
const account = '211000000001';
const place = { environment: 'dev', tenant: 'shop' } as const;
const hosts = { dev: ['shop.dev.example.com'] };
const paths = { infrastructure: 'acme/machine', software: 'acme/shop' } as const;
const one = { project: 'acme/shop', hosts };
const two = { projects: paths, hosts };
const built = { intake: 'webhook' } as const;

let person: CloudAccount;
let files: PlatformRepository;
let gitlab: LocalGitlab;

beforeAll(async () => {
  person = cloudAccount(account);
  files = await platformRepository(account);
  gitlab = await startLocalGitlab({ projects: [paths.infrastructure, paths.software] });
  await files.certify(person.endpoint);
  await files.writePlatform({}, { webhook: { image: 'runner:1' } });
  await deployPlatform(person.runtime(), { directory: files.directory, environment: 'dev', dryRun: false });
});
afterAll(async () => {
  await gitlab?.stop();
});

const withToken = () => recorder({ ...person.env, CI_API_V4_URL: gitlab.api, VENDHOST_GITLAB_TOKEN: gitlab.token });

/** Vends; how it ends, and what it printed. */
async function vend(config: object, options: Partial<VendOptions> = {}) {
  await files.writeTenant('shop', config);
  const runtime = withToken();
  const where = { directory: files.directory, tenant: 'shop', environment: 'dev', protectBranches: true } as const;
  const code = await vendTenant(runtime, { ...where, dryRun: false, ...options });
  return { code, text: runtime.printed() };
}

const projectAt = (path: string) => {
  const found = gitlab.state.project(path);
  if (found === undefined) throw new Error(`no project ${path}`);
  return found;
};
const hooksOf = (path: string) => gitlab.state.hooks.hooks(projectAt(path));
const tokensOf = (path: string) => gitlab.state.hooks.deployTokens(projectAt(path));

/** What a tenant without a runner has more than others, each thing once. */
async function things() {
  const { projects = [] } = await (await person.aws.codeBuild()).send(new ListProjectsCommand({}));
  const secrets: string[] = [];
  for await (const { SecretList = [] } of paginateListSecrets({ client: await person.aws.secretsManager() }, {})) {
    secrets.push(...SecretList.flatMap(({ Name }) => Name ?? []));
  }
  const roles: string[] = [];
  for await (const { Roles = [] } of paginateListRoles({ client: await person.aws.iam() }, {})) {
    roles.push(...Roles.flatMap(({ RoleName = '' }) => (RoleName.startsWith('vendhost-dev-shop-') ? [RoleName] : [])));
  }
  const short = (all: readonly string[], start: string) => all.map((each) => each.replace(start, '')).toSorted();
  return {
    builds: short(projects, 'vendhost-dev-shop-'),
    secrets: short(secrets, 'vendhost/dev/shop/'),
    roles: short(
      roles.filter((role) => /-(build|deploy)$/.test(role)),
      'vendhost-dev-shop-',
    ),
    hooks: Object.values(paths).map((path) => `${path}: ${hooksOf(path).length}, ${tokensOf(path).length}`),
  };
}

const ofOne = {
  builds: ['intake', 'machine'],
  secrets: ['clone', 'webhook'],
  roles: ['deploy', 'intake-build'],
  hooks: ['acme/machine: 0, 0', 'acme/shop: 1, 1'],
};
const ofTwo = {
  builds: ['infrastructure-intake', 'machine', 'software-intake'],
  secrets: ['infrastructure-clone', 'software-clone', 'webhook'],
  roles: ['infrastructure-build', 'infrastructure-deploy', 'software-build'],
  hooks: ['acme/machine: 1, 1', 'acme/shop: 1, 1'],
};
const jobsOfTwo = {
  builds: [],
  secrets: [],
  roles: ['infrastructure-deploy', 'software-deploy'],
  hooks: ['acme/machine: 0, 0', 'acme/shop: 0, 0'],
};
const jobsOfOne = { ...jobsOfTwo, roles: ['deploy'] };

describe('projects that become two, and one again, have each thing once', () => {
  test.each<[string, object, object]>([
    ['one with a webhook', { ...one, ...built }, ofOne],
    ['two with webhooks', { ...two, ...built }, ofTwo],
    ['one with a webhook again', { ...one, ...built }, ofOne],
    ['two with jobs', two, jobsOfTwo],
    ['two with webhooks, from jobs', { ...two, ...built }, ofTwo],
    ['one with jobs', one, jobsOfOne],
    ['two with webhooks, from one with jobs', { ...two, ...built }, ofTwo],
  ])('%s', async (_, config, wanted) => {
    await vend(config);
    expect(await things()).toEqual(wanted);
    const again = await vend(config, { dryRun: true });
    expect(again.code, again.text).toBeUndefined();
  });
});

test('adopting sets both projects up, and leaves webhooks and tokens as they are', async () => {
  const before = Object.values(paths).map((path) => [hooksOf(path), tokensOf(path)]);
  await vend({ ...two, ...built }, { adopt: true });
  expect(Object.values(paths).map((path) => [hooksOf(path), tokensOf(path)])).toEqual(before);
  expect(await things()).toEqual(ofTwo);
  const again = await vend({ ...two, ...built }, { adopt: true, dryRun: true });
  expect(again.code, again.text).toBeUndefined();
});

test('rotating replaces each of the four tokens once, and the former ones of the webhooks go on for a while', async () => {
  const tokens = () => Object.values(paths).flatMap((path) => [...hooksOf(path), ...tokensOf(path)]);
  const before = tokens();
  await vend({ ...two, ...built }, { rotateWebhook: true });
  expect(await things()).toEqual(ofTwo);
  const values = new Set([...before, ...tokens()].map(({ token }) => token));
  expect(values.size).toBe(8);
  const secret = await readVendedSecret(person.aws, place);
  expect(secret?.projects.map(({ half, tokens: all }) => [half, all.map(({ until }) => until !== undefined)])).toEqual([
    ['infrastructure', [false, true]],
    ['software', [false, true]],
  ]);
  expect((await vend({ ...two, ...built }, { dryRun: true })).code).toBeUndefined();
});

test('who has no webhook has nothing to rotate', async () => {
  await expect(vend(two, { rotateWebhook: true, dryRun: true })).rejects.toMatchObject({ code: 'USAGE' });
});

test('a webhook that GitLab has disabled, and one that somebody set to all branches, are set right by one vend', async () => {
  const state = gitlab.state.hooks;
  const [machine, shop] = [hooksOf(paths.infrastructure)[0], hooksOf(paths.software)[0]];
  if (machine === undefined || shop === undefined) throw new Error('no webhook');
  state.setHooks(projectAt(paths.infrastructure), [{ ...machine, alert_status: 'disabled' }]);
  const all = { branch_filter_strategy: 'all_branches', push_events_branch_filter: '' };
  state.setHooks(projectAt(paths.software), [{ ...shop, ...all, custom_webhook_template: '{"ref":"{{ref}}"}' }]);
  await vend({ ...two, ...built });
  const wanted = { alert_status: 'executable', push_events_branch_filter: 'dev', custom_webhook_template: '' };
  expect(hooksOf(paths.infrastructure)).toEqual([expect.objectContaining(wanted)]);
  expect(hooksOf(paths.software)).toEqual([expect.objectContaining({ ...wanted, id: shop.id, token: shop.token })]);
  expect((await vend({ ...two, ...built }, { dryRun: true })).code).toBeUndefined();
});

test.each(['', 'somebody was here', '{"version":1,"projectId":1,"branch":"dev","tokens":[null]}'])(
  'secrets in which somebody wrote %j get tokens that both ends have',
  async (SecretString) => {
    const secrets = await person.aws.secretsManager();
    const written = [names.webhookSecret(place), names.cloneSecret(place, 'software')];
    for (const SecretId of written) await secrets.send(new PutSecretValueCommand({ SecretId, SecretString }));
    await vend({ ...two, ...built });
    const secret = await readVendedSecret(person.aws, place);
    for (const path of Object.values(paths)) {
      const known = secret?.projects.find(({ projectId }) => projectId === projectAt(path).id)?.tokens;
      expect(known).toEqual([{ sha256: tokenHash(hooksOf(path)[0]?.token ?? '') }]);
    }
    expect(await things()).toEqual(ofTwo);
    expect((await vend({ ...two, ...built }, { dryRun: true })).code).toBeUndefined();
  },
);

/** A build that would go on for minutes. */
async function longBuild(): Promise<string> {
  const projectName = names.buildProject(place, 'machine');
  const buildspecOverride = JSON.stringify({ version: '0.2', phases: { build: { commands: ['sleep 250'] } } });
  const { build } = await (await person.aws.codeBuild()).send(
    new StartBuildCommand({ projectName, buildspecOverride }),
  );
  return build?.id ?? '';
}

const statusesOf = (found: readonly DoctorFinding[]) =>
  Object.fromEntries(found.map(({ check, status }) => [check, status]));

const statusOf = async (id: string) => {
  const { builds = [] } = await (await person.aws.codeBuild()).send(new BatchGetBuildsCommand({ ids: [id] }));
  return builds.map(({ buildStatus }) => buildStatus);
};

test('an image that cannot be pulled ends the build before it has a log, sets off the alarm, and the doctor says it', async () => {
  expect(statusesOf(await findBuilds(person.runtime(), person.aws, place))).toMatchObject({
    'build software-intake': 'absent',
  });
  const projectName = names.buildProject(place, 'software-intake');
  const start = new StartBuildCommand({ projectName, imageOverride: 'registry.example.com/vendhost:missing' });
  const { build } = await (await person.aws.codeBuild()).send(start);
  await expect.poll(() => statusOf(build?.id ?? ''), { timeout: 60_000 }).toEqual(['FAILED']);
  const found = await findBuilds(person.runtime(), person.aws, place);
  expect(found.find(({ check }) => check === 'build software-intake')).toMatchObject({
    status: 'fault',
    detail: expect.stringMatching(/^FAILED in PROVISIONING.*BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE: .*manifest unknown/),
    hint: expect.stringContaining('webhook.image'),
  });
  expect(Object.keys(statusesOf(found)).toSorted()).toEqual(
    ofTwo.builds.flatMap((which) => [`build ${which}`, `rights of build ${which}`]).toSorted(),
  );
  const named = new DescribeAlarmsCommand({ AlarmNames: [names.buildAlarm(place, 'software-intake')] });
  const stateOf = async () => (await (await person.aws.cloudWatch()).send(named)).MetricAlarms?.[0]?.StateValue;
  await expect.poll(stateOf, { timeout: 60_000 }).toBe('ALARM');
});

test('with jobs again a build that runs is stopped before its network goes', async () => {
  const id = await longBuild();
  await vend(two);
  expect(await statusOf(id)).toEqual(['STOPPED']);
  expect(await things()).toEqual(jobsOfTwo);
  await vend({ ...two, ...built });
});

test('retiring stops builds, and leaves nothing of either project', async () => {
  const id = await longBuild();
  const policy = { deleteDatabase: false, deleteFiles: true, keepImages: false, keepRevisions: false };
  const options = {
    ...policy,
    directory: files.directory,
    tenant: 'shop',
    environment: 'dev',
    withTraffic: true,
  } as const;
  const planned = withToken();
  expect(await retireTenant(planned, { ...options, dryRun: true })).toBe(2);
  expect(planned.printed()).toContain(id);
  await retireTenant(withToken(), { ...options, dryRun: false });
  expect(await statusOf(id)).toEqual(['STOPPED']);
  expect(await things()).toEqual({ ...jobsOfTwo, roles: [] });
  expect(await retireTenant(withToken(), { ...options, dryRun: true })).toBeUndefined();
});
