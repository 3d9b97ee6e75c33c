import { onTestFinished } from 'vitest';
import { platformSchema } from '../../../../scripts/config/platform.ts';
import { tenantSchema } from '../../../../scripts/config/tenant.ts';
import { openGitlab } from '../../../../scripts/gitlab/api.ts';
import type { ProjectWish } from '../../../../scripts/tenant/project-findings.ts';
import { refuse } from '../../../../scripts/tenant/project-plan.ts';
import { lookAtProject } from '../../../../scripts/tenant/setup/look-at-project.ts';
import { makeProject } from '../../../../scripts/tenant/setup/make-project.ts';
import { setupWish } from '../../../../scripts/tenant/setup/starter.ts';
import { finishProject, prepareProject } from '../../../../scripts/tenant/vend-project.ts';
import { recorder } from '../../../builders/recorder.ts';
import { environmentConfig } from '../../../builders/sample.ts';
import { startLocalGitlab } from '../../../local-gitlab/api.ts';
import type { GitlabOptions } from '../../../local-gitlab/api-state.ts';

export const path = 'acme/shop';
export const platform = platformSchema.parse({
  name: 'lanterns',
  gitlab: 'https://gitlab.example.test',
  library: 'platform/vendhost',
  environments: {
    dev: environmentConfig('dev', '100000000001'),
    production: environmentConfig('production', '100000000001'),
  },
});
export const tenant = tenantSchema.parse({
  project: path,
  hosts: { dev: ['shop.dev.example.com'], production: ['shop.example.com'] },
});
export const wish: ProjectWish = {
  ...{ tenant: 'shop', path, subject: undefined, environmentPrefix: '', elsewhere: [] },
  environments: [
    { environment: 'dev', branch: 'dev', record: undefined },
    { environment: 'production', branch: 'master', record: undefined },
  ],
  ...{ protectBranches: false, projectId: undefined, setSubject: false },
  setup: setupWish(platform, 'shop', tenant),
};
export const adopted = { ...wish, adopt: true };

/** A local GitLab with the library and the group acme, of which every changing call is written down. */
export async function world(options: GitlabOptions = {}) {
  const gitlab = await startLocalGitlab(options);
  onTestFinished(() => gitlab.stop());
  const { state } = gitlab;
  const { changes } = state.outages;
  state.addProject('platform/vendhost');
  state.addGroup('acme');
  const runtime = recorder({ CI_API_V4_URL: gitlab.api, VENDHOST_GITLAB_TOKEN: gitlab.token });
  const api = openGitlab(runtime, gitlab.address, { first: 1, most: 10 });
  if (api === undefined) throw new Error('no API');
  const look = async (wished: ProjectWish = wish) => await lookAtProject(api, platform, wished);
  /** What vending does in GitLab, without the variables. */
  const vend = async (wished: ProjectWish = wish) => {
    const again = () => look(wished);
    const seen = await again();
    refuse(seen);
    const plan = await makeProject(runtime.out, api, seen, again);
    await prepareProject(runtime.out, api, plan);
    await finishProject(runtime.out, api, plan);
  };
  const project = () => {
    const found = state.project(path);
    if (found === undefined) throw new Error('no project');
    return found;
  };
  const setup = () => state.setups.of(project());
  const shown = () => {
    const { branches, environments, schedules, resourceGroups, mergeRequests } = setup();
    return {
      branches: [...branches].map(([name, files]) => [name, [...files.keys()]]).toSorted(),
      environments: environments.map(({ name, tier }) => [name, tier]),
      schedules: schedules.map(({ description, ref }) => [description, ref]),
      resourceGroups: resourceGroups.map(({ key, process_mode }) => [key, process_mode]),
      mergeRequests: mergeRequests.map(({ source_branch, target_branch }) => [source_branch, target_branch]),
      protected: state
        .protectedBranches(project())
        .map(({ name }) => name)
        .toSorted(),
      protectedEnvironments: state.protectedEnvironments(project()),
      subject: project().ci_id_token_sub_claim_components[0],
      settings: [project().ci_forward_deployment_enabled, project().resource_group_default_process_mode],
    };
  };
  return { gitlab, state, changes, runtime, look, vend, project, setup, shown };
}
