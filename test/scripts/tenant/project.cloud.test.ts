import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { readTenantRecord } from '../../../scripts/aws/read-facts.ts';
import { subjectComponents } from '../../../scripts/config/tenant.ts';
import { readStack } from '../../../scripts/stack/stack-state.ts';
import { vendTenant } from '../../../scripts/tenant/vend.ts';
import type { VendOptions } from '../../../scripts/tenant/vending/vend-options.ts';
import { cloudAccount } from '../../builders/account.ts';
import { makePlatform, type Platform } from '../../builders/platform.ts';
import { type PlatformRepository, platformRepository } from '../../builders/platform-repository.ts';
import { recorder } from '../../builders/recorder.ts';
import { type LocalGitlab, startLocalGitlab } from '../../local-gitlab/api.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });
const account = '100000000345';
let platform: Platform;
let repository: PlatformRepository;
let gitlab: LocalGitlab;

beforeAll(async () => {
  platform = await makePlatform(cloudAccount(account), { network: true, balancers: 1 });
  repository = await platformRepository(account);
  gitlab = await startLocalGitlab({ projects: ['acme/new', 'acme/old', 'acme/gone', 'acme/named'] });
});
afterAll(async () => {
  await gitlab.stop();
});

const project = (path: string) => {
  const found = gitlab.state.project(path);
  if (found === undefined) throw new Error(`no project ${path}`);
  return found;
};
const record = (tenant: string) => readTenantRecord(platform.aws, { environment: 'dev', tenant });

async function vend(tenant: string, options: Partial<VendOptions> & { token?: string; more?: object } = {}) {
  const { token = gitlab.token, more = {}, ...others } = options;
  await repository.writeTenant(tenant, {
    project: `acme/${tenant}`,
    hosts: { dev: [`${tenant}.dev.example.com`] },
    ...more,
  });
  const access = token === '' ? {} : { CI_API_V4_URL: gitlab.api, VENDHOST_GITLAB_TOKEN: token };
  const runtime = recorder({ ...platform.env, ...access });
  const directory = repository.directory;
  const given = { directory, tenant, environment: undefined, dryRun: false, ...others };
  const code = await vendTenant(runtime, given).catch((error: unknown) => error);
  const result = runtime.printed() === '' ? undefined : JSON.parse(runtime.printed());
  return { code, result, progress: runtime.progress() };
}

describe('tenant vend and the GitLab project', () => {
  test('an unprotected branch is refused, and the plan shows it', async () => {
    const planned = await vend('new', { dryRun: true });
    expect(planned.code).toMatchObject({ code: 'BRANCH_UNPROTECTED' });
    expect(planned.result).toMatchObject({
      project: { id: 1, version: '19.4.1-ee', refusals: [{ code: 'BRANCH_UNPROTECTED' }] },
      environments: [{ environment: 'dev', branch: 'dev' }],
    });
    expect((await vend('new')).code).toMatchObject({ code: 'BRANCH_UNPROTECTED' });
    expect(await readStack(platform.aws, 'vendhost-dev-new-access')).toBeUndefined();
    expect(gitlab.variables('acme/new')).toEqual([]);
  });

  test('a new tenant: branch protected, subject set, roles that trust the id; then nothing changes', async () => {
    const planned = await vend('new', { dryRun: true, protectBranches: true });
    expect(planned.code).toBe(2);
    expect(planned.result.project).toMatchObject({ protect: ['dev'], subject: { when: 'before' } });
    expect(gitlab.state.protectedBranches(project('acme/new'))).toHaveLength(1);

    expect((await vend('new', { protectBranches: true })).code).toBeUndefined();
    expect(gitlab.state.protectedBranches(project('acme/new'))).toMatchObject([{ name: 'master' }, { name: 'dev' }]);
    expect(project('acme/new').ci_id_token_sub_claim_components).toEqual(subjectComponents.project_id);
    expect(await record('new')).toMatchObject({ projectId: 1, subjects: ['project_id'], environmentProtected: false });
    expect((await vend('new', { dryRun: true })).code).toBeUndefined();
    // Without a token nothing that is known is forgotten.
    expect((await vend('new', { dryRun: true, token: '' })).code).toBeUndefined();
  });

  test('one that was vended before, without an id: three runs, and the third finds nothing to do', async () => {
    await vend('old', { token: '' });
    expect(await record('old')).not.toHaveProperty('projectId');
    const second = await vend('old', { protectBranches: true });
    expect(second.progress.at(-1)).toContain('project_path as well');
    expect(await record('old')).toMatchObject({ projectId: 2, subjects: ['project_path', 'project_id'] });
    expect(project('acme/old').ci_id_token_sub_claim_components).toEqual(subjectComponents.project_id);
    expect((await vend('old', { dryRun: true })).code).toBe(2);
    await vend('old');
    expect(await record('old')).toMatchObject({ subjects: ['project_id'] });
    expect((await vend('old', { dryRun: true })).code).toBeUndefined();
  });

  test('a path that now belongs to another project is refused, until confirmed', async () => {
    await vend('gone', { protectBranches: true });
    gitlab.state.moveProject(project('acme/gone'), 'lanterns/gone');
    expect((await vend('gone')).code).toMatchObject({
      code: 'PROJECT_PATH',
      message: 'tenants/gone.yml has project: acme/gone, GitLab has lanterns/gone; nothing was changed',
    });
    const taken = gitlab.state.addProject('acme/gone');
    expect((await vend('gone', { protectBranches: true })).code).toMatchObject({ code: 'PROJECT_CHANGED' });
    expect(gitlab.state.protectedBranches(taken)).toHaveLength(1);
    expect((await vend('gone', { protectBranches: true, projectId: taken.id })).code).toBeUndefined();
    expect(await record('gone')).toMatchObject({ projectId: taken.id });
    expect((await vend('gone')).code).toBeUndefined();
  });

  test("a tenant's own branch is the one that is protected, recorded and trusted", async () => {
    await vend('named', { protectBranches: true, more: { branches: { dev: 'develop' } } });
    expect(gitlab.state.protectedBranches(project('acme/named'))).toMatchObject([
      { name: 'master' },
      { name: 'develop' },
    ]);
    expect(await record('named')).toMatchObject({ branch: 'develop' });
  });

  test('on request the library lets its jobs pull the image; then nothing changes', async () => {
    const library = gitlab.state.addProject('platform/vendhost');
    await repository.writePlatform({}, { library: 'platform/vendhost' });
    const more = { branches: { dev: 'develop' } };
    const planned = await vend('named', { dryRun: true, allowLibrary: true, more });
    expect(planned.code).toBe(2);
    expect(planned.result.project.allow).toEqual({ library: 'platform/vendhost', libraryId: library.id, project: 4 });
    expect(gitlab.state.jobTokens(library).projects).toEqual([]);

    const { code, progress } = await vend('named', { allowLibrary: true, more });
    expect(code).toBeUndefined();
    expect(progress).toContain('added acme/named to the job token allowlist of platform/vendhost');
    expect(gitlab.state.jobTokens(library).projects).toEqual([4]);
    expect((await vend('named', { dryRun: true, allowLibrary: true, more })).code).toBeUndefined();
  });

  test('a missing project is created, unless the tenant is refused; then nothing changes', async () => {
    const twice = { hosts: { dev: ['new.dev.example.com'] } };
    expect((await vend('made', { more: twice })).code).toMatchObject({ code: 'HOST_TAKEN' });
    expect(gitlab.state.project('acme/made')).toBeUndefined();

    const planned = await vend('made', { dryRun: true });
    expect(planned.code).toBe(2);
    expect(
      planned.result.calls.map(({ method, path }: { method: string; path: string }) => `${method} ${path}`),
    ).toEqual(expect.arrayContaining(['POST projects', 'POST projects/acme%2Fmade/variables']));
    expect(gitlab.state.project('acme/made')).toBeUndefined();

    expect((await vend('made')).code).toBeUndefined();
    const made = project('acme/made');
    expect(await record('made')).toMatchObject({ projectId: made.id, subjects: ['project_id'] });
    expect(gitlab.state.setups.of(made).mergeRequests).toMatchObject([{ source_branch: 'vendhost-start' }]);
    expect((await vend('made', { dryRun: true })).code).toBeUndefined();
  });

  test('an existing project is adopted on Premium: its roles ask for the protected environment at once', async () => {
    const premium = await startLocalGitlab({ projects: ['acme/adopted'], isPremium: true });
    const former = gitlab;
    gitlab = premium;
    try {
      premium.state.setups.of(project('acme/adopted')).addFile('master', '.gitlab-ci.yml', 'include: []');
      const planned = await vend('adopted', { dryRun: true, adopt: true });
      expect(planned.code).toBe(2);
      expect(planned.result.project.warnings.map(({ code }: { code: string }) => code)).toContain('DRIFT_UNSCHEDULED');
      expect((await vend('adopted', { adopt: true })).code).toBeUndefined();
      expect(premium.state.protectedEnvironments(project('acme/adopted'))).toEqual(['dev']);
      expect(await record('adopted')).toMatchObject({ environmentProtected: true });
      expect((await vend('adopted', { dryRun: true, adopt: true })).code).toBeUndefined();
      expect((await vend('adopted', { dryRun: true })).code).toBeUndefined();
      expect((await vend('adopted', { dryRun: true, adopt: true, token: '' })).code).toMatchObject({
        code: 'GITLAB_TOKEN_MISSING',
      });
    } finally {
      gitlab = former;
      await premium.stop();
    }
  });

  test('a token of a Developer is not enough', async () => {
    expect((await vend('named', { token: gitlab.developerToken })).code).toMatchObject({ code: 'GITLAB_FORBIDDEN' });
  });
});
