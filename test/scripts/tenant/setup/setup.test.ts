import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { describe, expect, test } from 'vitest';
import { tenantSchema } from '../../../../scripts/config/tenant.ts';
import { openGitlab } from '../../../../scripts/gitlab/api.ts';
import { projectDiffers, projectLines } from '../../../../scripts/tenant/project-plan.ts';
import { lookAtProject } from '../../../../scripts/tenant/setup/look-at-project.ts';
import { makeProject } from '../../../../scripts/tenant/setup/make-project.ts';
import { plannedCalls } from '../../../../scripts/tenant/setup/plan-calls.ts';
import { setupWish } from '../../../../scripts/tenant/setup/starter.ts';
import { finishProject } from '../../../../scripts/tenant/vend-project.ts';
import { recorder } from '../../../builders/recorder.ts';
import { writeTree } from '../../../builders/repository.ts';
import { complaints } from '../../init/written.ts';
import { adopted, path, platform, tenant, wish, world } from './gitlab-world.ts';

const starterFiles = wish.setup?.files.map((file) => file.path) ?? [];
/** How a project is that vending made. */
const made = {
  branches: [
    ['dev', ['README.md']],
    ['master', ['README.md']],
    ['vendhost-start', ['README.md', ...starterFiles]],
  ],
  environments: [
    ['dev', 'development'],
    ['production', 'production'],
  ],
  schedules: [['Drift check of the tenant shop', 'refs/heads/dev']],
  resourceGroups: [],
  mergeRequests: [['vendhost-start', 'dev']],
  protected: ['dev', 'master'],
  protectedEnvironments: [] as readonly string[],
  subject: 'project_id',
  settings: [true, 'newest_ready_first'],
};

describe('a missing project', () => {
  test('is created with everything it needs; then nothing changes', async () => {
    const { vend, look, shown, project } = await world();
    expect(projectLines(await look())[0]).toBe('project acme/shop: make, private, with the branch dev');
    await vend();
    expect(shown()).toEqual(made);
    expect(project()).toMatchObject({ visibility: 'private', auto_devops_enabled: false, default_branch: 'dev' });
    expect(projectDiffers(await look())).toBe(false);
  });

  test('on Premium its environments are protected, and its roles ask for that', async () => {
    const { vend, look, shown } = await world({ isPremium: true });
    await vend();
    expect(shown()).toEqual({ ...made, protectedEnvironments: ['dev', 'production'] });
    expect((await look()).trust.dev).toMatchObject({ environmentProtected: true });
  });

  test('after a kill at any call the next vend creates the rest, and nothing twice', async () => {
    const whole = await world({ isPremium: true });
    await whole.vend();
    const expected = whole.shown();
    const expectedCalls = whole.changes.length;
    expect(expectedCalls).toBeGreaterThan(10);
    for (let count = 1; count <= expectedCalls; count += 1) {
      const { vend, look, shown, state } = await world({ isPremium: true });
      // The last call is done, but its answer is lost.
      state.outages.stopAfter(count);
      // Looked at, the last call is done, and what comes next fails.
      if (count < expectedCalls)
        await expect(vend(), `killed after ${whole.changes[count - 1]}`).rejects.toMatchObject({ code: 'GITLAB_DOWN' });
      else await vend();
      state.outages.stopAfter(undefined);
      await vend();
      expect(shown(), `killed after ${whole.changes[count - 1]}`).toEqual(expected);
      expect(projectDiffers(await look())).toBe(false);
    }
  });

  test('a lost response does not restart the vend, whether the call was done or not; nothing is created twice', async () => {
    const whole = await world({ isPremium: true });
    await whole.vend();
    const expected = whole.shown();
    const calls = [...new Set(whole.changes.filter((call) => call.startsWith('POST ')))];
    expect(calls.map((call) => call.split('/').at(-1))).toEqual([
      ...['projects', 'protected_branches', 'allowlist', 'branches', 'environments', 'protected_environments'],
      ...['pipeline_schedules', 'commits', 'merge_requests'],
    ]);
    for (const call of calls) {
      for (const isDone of [true, false]) {
        const { vend, look, shown, state } = await world({ isPremium: true });
        state.outages.add({ kind: 'bad-gateway', times: 1, on: new RegExp(`^${call}$`), isDone });
        // GitLab would make it twice: the next run looks, and makes it.
        if (!isDone && call.endsWith('schedules')) {
          await expect(vend()).rejects.toMatchObject({ code: 'GITLAB_DOWN' });
          expect(state.outages.left).toBe(0);
        }
        await vend();
        expect([state.outages.left, shown()], `${call}, done: ${isDone}`).toEqual([0, expected]);
        expect(projectDiffers(await look())).toBe(false);
      }
    }
  });

  test('of two schedules of two runs at the same moment the next vend removes the second, and no other', async () => {
    const { vend, look, setup, shown } = await world();
    await vend();
    const [first] = setup().schedules;
    if (first === undefined) throw new Error('no schedule');
    const others = [
      { ...first, id: first.id + 1, cron: '0 12 * * 1' },
      { ...first, id: first.id + 2, description: 'Drift check of the tenant shop, too' },
    ];
    setup().schedules.push(...others, { ...first, id: first.id + 3 }, { ...first, id: first.id + 4 });
    expect(projectLines(await look()).filter((line) => line.includes('schedule'))).toEqual(
      [3, 4].map((more) => {
        return `pipeline schedule "${first.description}", number ${first.id + more}: remove, it exists twice`;
      }),
    );
    await vend();
    expect(setup().schedules).toEqual([first, ...others]);
    expect(projectDiffers(await look())).toBe(false);
    setup().schedules.splice(1, 2);
    expect(shown()).toEqual(made);
  });

  test('the second one to remove it finds it gone', async () => {
    const { vend, look, setup, runtime, gitlab } = await world();
    await vend();
    const [first] = setup().schedules;
    if (first === undefined) throw new Error('no schedule');
    setup().schedules.push({ ...first, id: first.id + 1 });
    const seen = await look();
    await vend();
    const api = openGitlab(runtime, gitlab.address);
    if (api === undefined) throw new Error('no API');
    await finishProject(runtime.out, api, seen);
    expect(runtime.progress().at(-1)).toMatch(/it was already removed$/);
    expect(setup().schedules).toEqual([first]);
  });

  test('a project that is renamed during the vend: GitLab changes nothing by its old path, and the next run has the new one', async () => {
    const { vend, look, state, changes, runtime, gitlab } = await world();
    await vend();
    const project = state.project(path);
    if (project === undefined) throw new Error('no project');
    state.change(project, { ci_forward_deployment_enabled: false });
    const seen = await look({ ...wish, adopt: true });
    state.moveProject(project, 'acme/store');
    const sent = changes.length;
    const api = openGitlab(runtime, gitlab.address);
    if (api === undefined) throw new Error('no API');
    await expect(finishProject(runtime.out, api, seen)).rejects.toMatchObject({
      code: 'PROJECT_PATH',
      details: ['Non GET methods are not allowed for moved projects'],
      hint: expect.stringContaining('run the command again'),
    });
    expect(changes.length - sent).toBe(1);
    expect((await look()).refusals).toMatchObject([
      { code: 'PROJECT_PATH', hint: expect.stringContaining('project: acme/store') },
    ]);
  });

  test('the dry run shows the calls that are sent', async () => {
    const { vend, look, changes } = await world();
    const calls = plannedCalls(await look(), []);
    await vend();
    expect(calls.map(({ method, path: called }) => `${method} /${decodeURIComponent(called)}`)).toEqual(
      // Both are about the library, which is looked at when the project has a number.
      changes.filter((call) => !call.includes('job_token_scope')),
    );
  });

  test('belongs to its people once the starter merge request exists', async () => {
    const { vend, look, setup, project, state } = await world();
    await vend();
    setup().schedules.length = 0;
    setup().branches.delete('master');
    state.change(project(), { ci_forward_deployment_enabled: false });
    const vended = wish.environments.map((each) => ({ ...each, record: { project: path, projectId: project().id } }));
    expect(projectDiffers(await look({ ...wish, environments: vended }))).toBe(false);
  });

  test('a dry run refuses its unprotected branch, as in any other project', async () => {
    const { vend, look, project, state } = await world();
    await vend();
    state.unprotectBranch(project(), 'dev');
    const { setup: _, ...looking } = wish;
    expect(await look(looking)).toMatchObject({ protect: [], refusals: [{ code: 'BRANCH_UNPROTECTED' }] });
  });

  test('each environment is set up by the run that vends it first; the starter comes with the first one', async () => {
    const { vend, setup } = await world();
    const [dev, production] = wish.environments;
    if (dev === undefined || production === undefined) throw new Error('no environments');
    await vend({ ...wish, environments: [production], elsewhere: ['dev'] });
    expect(setup().environments.map(({ name }) => name)).toEqual(['production']);
    expect([...setup().branches.keys()]).toEqual(['dev', 'master']);
    expect(setup().mergeRequests).toEqual([]);
    await vend({ ...wish, environments: [dev], elsewhere: ['production'] });
    expect(setup().environments.map(({ name }) => name)).toEqual(['production', 'dev']);
    expect(setup().mergeRequests).toHaveLength(1);
  });

  test('is not created if the group is unknown, or the token lacks permission', async () => {
    const { gitlab, look, vend, state } = await world();
    await expect(look({ ...wish, path: 'lanterns/shop' })).rejects.toMatchObject({ code: 'GITLAB_PROJECT_UNKNOWN' });
    const env = { CI_API_V4_URL: gitlab.api, VENDHOST_GITLAB_TOKEN: gitlab.developerToken };
    const developer = openGitlab(recorder(env), gitlab.address);
    if (developer === undefined) throw new Error('no API');
    const seen = await lookAtProject(developer, platform, wish);
    await expect(makeProject(recorder().out, developer, seen)).rejects.toMatchObject({
      code: 'GITLAB_REFUSED',
      hint: expect.stringContaining('may not create projects'),
    });
    // Somebody else's, which the token does not see.
    state.limitRoles(state.addProject(path), 0);
    await expect(vend()).rejects.toMatchObject({
      code: 'GITLAB_PROJECT_UNKNOWN',
      message: expect.stringContaining('exists'),
    });
  });

  test('two jobs that create it at the same time create one', async () => {
    const { vend, state, shown } = await world();
    const both = await Promise.allSettled([vend(), vend()]);
    expect(both.map(({ status }) => status)).toContain('fulfilled');
    expect(state.projects().filter((each) => each.path_with_namespace === path)).toHaveLength(1);
    await vend();
    expect(shown().mergeRequests).toEqual(made.mergeRequests);
  });
});

describe('an existing project', () => {
  test('is left alone, except that an unprotected branch is refused', async () => {
    const { state, look } = await world();
    state.addProject(path);
    const plan = await look();
    expect(plan.settings).toEqual([]);
    expect(plan.refusals.map(({ code }) => code)).toEqual(['BRANCH_UNPROTECTED']);
  });

  test('an empty one is adopted: a first commit, then the same', async () => {
    const { state, vend, look, shown, project } = await world();
    state.addProject(path, null);
    await vend(adopted);
    expect(shown()).toEqual({
      ...made,
      branches: made.branches.filter(([name]) => name !== 'master'),
      settings: [true, 'newest_ready_first'],
    });
    expect(project().default_branch).toBe('dev');
    expect(projectDiffers(await look(adopted))).toBe(false);
  });

  test('one with its own software is adopted: only differences are changed, and no file is touched', async () => {
    const { state, vend, look, setup, changes } = await world();
    const project = state.addProject(path);
    state.protectBranch(project, 'dev');
    state.change(project, {
      ci_forward_deployment_enabled: false,
      resource_group_default_process_mode: 'newest_ready_first',
    });
    setup().addFile('master', '.gitlab-ci.yml', 'include: []');
    setup().environments.push({ id: 1, name: 'dev', state: 'available', tier: 'other' });
    setup().runJobOf('vendhost-shop-dev');
    setup().runJobOf('somebody-elses');
    const plan = await look(adopted);
    expect(plan.warnings.map(({ code }) => code)).toContain('DRIFT_UNSCHEDULED');
    await vend(adopted);
    expect(changes).toEqual([
      'POST /projects/1/job_token_scope/allowlist',
      'PUT /projects/acme/shop/environments/1',
      'POST /projects/acme/shop/environments',
      'PUT /projects/acme/shop',
      'PUT /projects/acme/shop',
      'PUT /projects/acme/shop/resource_groups/vendhost-shop-dev',
    ]);
    expect(setup().resourceGroups.map(({ process_mode }) => process_mode)).toEqual(['newest_ready_first', 'unordered']);
    expect(projectDiffers(await look(adopted))).toBe(false);
  });

  test('files at the top of the repository are left out of the starter merge request', async () => {
    const { state, vend, setup } = await world();
    state.addProject(path);
    setup().addFile('master', 'software/appspec.yml', 'version: 0.0');
    await vend(adopted);
    const started = [...(setup().branches.get('vendhost-start')?.keys() ?? [])];
    expect(started).toEqual([
      'README.md',
      'software/appspec.yml',
      '.gitlab-ci.yml',
      'vendhost.yml',
      'infrastructure/install.sh',
    ]);
    expect(setup().mergeRequests[0]).toMatchObject({ target_branch: 'master' });
  });

  test('an older GitLab has no such process mode: that is reported, and is no error', async () => {
    const { state, vend, setup, look, runtime } = await world({ version: '17.11.0-ee' });
    state.addProject(path);
    state.change(state.project(path) as never, { ci_allow_fork_pipelines_to_run_in_parent_project: false });
    await vend(adopted);
    setup().runJobOf('vendhost-shop-dev');
    expect((await look(adopted)).settings.map(({ what }) => what)).toEqual([
      'resource group vendhost-shop-dev: newest_ready_first instead of unordered',
    ]);
    await vend(adopted);
    expect(runtime.progress().join('\n')).toContain('newest_ready_first instead of unordered: left out');
  });

  test('the pipeline file that the platform decides is set without being asked, before the roles', async () => {
    const { state, vend, look, project } = await world();
    state.addProject(path);
    const pinned = { ...wish, protectBranches: true, pipelinePath: 'tenant.yml@platform/vendhost:v1.2.3' };
    expect((await look(pinned)).settings).toMatchObject([{ when: 'before' }, { when: 'before' }]);
    await vend(pinned);
    expect(project().ci_config_path).toBe(pinned.pipelinePath);
    expect(project().ci_pipeline_variables_minimum_override_role).toBe('no_one_allowed');
    expect(projectDiffers(await look(pinned))).toBe(false);
  });

  test('if GitLab checks the role only with the older setting, that is set, too', async () => {
    const { state, vend, look, project } = await world({ version: '17.11.0-ee' });
    state.addProject(path);
    state.change(state.project(path) as never, {
      ci_allow_fork_pipelines_to_run_in_parent_project: false,
      ci_pipeline_variables_minimum_override_role: 'no_one_allowed',
      restrict_user_defined_variables: false,
    });
    const pinned = { ...wish, protectBranches: true, pipelinePath: 'tenant.yml@platform/vendhost:v1.2.3' };
    expect((await look(pinned)).settings[0]).toMatchObject({
      what: expect.stringContaining('nobody may give any'),
      when: 'before',
    });
    await vend(pinned);
    expect(project().restrict_user_defined_variables).toBe(true);
    expect(project().ci_pipeline_variables_minimum_override_role).toBe('no_one_allowed');
    expect(projectDiffers(await look(pinned))).toBe(false);
  });

  test('environments that cannot be protected are reported, and are no error', async () => {
    const { state, vend, runtime, look } = await world({ isPremium: true });
    const project = state.addProject(path);
    state.outages.add({ kind: 'forbidden', times: 1, on: /^POST .*protected_environments/ });
    await vend(adopted);
    expect(runtime.progress().join('\n')).toContain('environment dev: protect; Maintainers deploy: left out');
    expect(state.protectedEnvironments(project)).toEqual(['production']);
    expect((await look()).trust.dev).toMatchObject({ environmentProtected: false });
  });
});

describe('a project that was moved', () => {
  const vended = (id: number) =>
    wish.environments.map((each) => ({ ...each, record: { project: path, projectId: id } }));

  test('its new path is named, even if the old one leads nowhere or to another project', async () => {
    const { state, look } = await world();
    const project = state.addProject(path);
    const moved = { ...wish, environments: vended(project.id) };
    state.change(project, { path_with_namespace: 'lanterns/shop' });
    expect((await look(moved)).refusals).toMatchObject([
      { code: 'PROJECT_PATH', hint: expect.stringContaining('project: lanterns/shop') },
    ]);
    state.addProject(path);
    const [first] = (await look({ ...moved, protectBranches: true })).refusals;
    expect(first).toMatchObject({
      code: 'PROJECT_CHANGED',
      hint: expect.stringContaining('the old project is lanterns/shop now'),
    });
  });

  test('a deleted one is not recreated automatically', async () => {
    const { look } = await world();
    expect((await look({ ...wish, environments: vended(99) })).refusals).toMatchObject([
      { code: 'PROJECT_CHANGED', message: expect.stringContaining('neither is project 99') },
    ]);
  });
});

test('a project without a runner starts without a pipeline file and a schedule, and shows how to release', async () => {
  const reported = tenantSchema.parse({ ...tenant, intake: 'webhook' });
  const { files, isReported } = setupWish({ ...platform, webhook: { image: 'runner:1' } }, 'shop', reported);
  expect(isReported).toBe(true);
  expect(files.map(({ path }) => path)).not.toContain('.gitlab-ci.yml');
  expect(files.find(({ path }) => path === 'vendhost.yml')?.text).toMatch(/^# A push to dev, .*GitLab reports it/);
  const directory = await mkdtemp(`${tmpdir()}/vendhost-starter-`);
  await writeTree(directory, Object.fromEntries(files.map((file) => [file.path, file.text])));
  expect(await complaints(directory, [['config', 'check']])).toEqual([]);
});

test('the starter files pass the checks of a checkout', async () => {
  const directory = await mkdtemp(`${tmpdir()}/vendhost-starter-`);
  const own = tenantSchema.parse({ ...tenant, branches: { dev: 'develop' }, environment_prefix: 'blog/' });
  const { files, defaultBranch } = setupWish({ ...platform, audience: 'vendhost' }, 'shop', own);
  await writeTree(directory, Object.fromEntries(files.map((file) => [file.path, file.text])));
  expect(defaultBranch).toBe('develop');
  expect(
    await complaints(directory, [
      ['config', 'check'],
      ['ci', 'explain', '--branch', 'develop'],
      ['ci', 'explain', '--branch', 'develop', '--event', 'schedule'],
    ]),
  ).toEqual([]);
});
