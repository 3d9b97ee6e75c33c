import { isAtLeast } from '../../scripts/gitlab/version.ts';
import { type Answer, type Call, given, missing, notAllowed, notFound, refused } from './answers.ts';
import type { GitlabState, Project } from './api-state.ts';
import { page } from './paging.ts';

/** `/projects/:id`: GitLab shows the CI/CD settings to Maintainers only, and only those its version has. */
export function onProject(call: Call, state: GitlabState, project: Project, isMaintainer: boolean): Answer {
  if (call.method === 'GET') return { status: 200, body: projectBody(state, project, isMaintainer) };
  if (call.method !== 'PUT') return notAllowed();
  const values = given(call);
  const { ci_id_token_sub_claim_components: components, ci_allow_fork_pipelines_to_run_in_parent_project: forks } =
    values;
  const { ci_config_path: path, ci_forward_deployment_enabled: forward } = values;
  const mode = hasProcessMode(state) ? values.resource_group_default_process_mode : undefined;
  const { ci_pipeline_variables_minimum_override_role: role, restrict_user_defined_variables: restricts } = values;
  if ([components, forks, path, forward, mode, role, restricts].every((value) => value === undefined)) {
    return { status: 400, body: { error: 'at least one parameter must be provided' } };
  }
  state.change(project, variablesRestriction(state, project, role, restricts));
  if (path !== undefined) state.change(project, { ci_config_path: String(path) });
  if (forward !== undefined) state.change(project, { ci_forward_deployment_enabled: String(forward) === 'true' });
  if (mode !== undefined) state.change(project, { resource_group_default_process_mode: String(mode) });
  if (components !== undefined) {
    const faults = componentFaults(state.version, [components].flat().map(String));
    const message = { 'ci_cd_settings.id_token_sub_claim_components': faults };
    if (faults.length > 0) return { status: 400, body: { message } };
    state.change(project, { ci_id_token_sub_claim_components: [components].flat().map(String) });
  }
  if (forks !== undefined) {
    state.change(project, { ci_allow_fork_pipelines_to_run_in_parent_project: String(forks) === 'true' });
  }
  return onProject({ ...call, method: 'GET' }, state, state.current(project), isMaintainer);
}

/**
 * Who may give variables to a pipeline. `app/models/project_ci_cd_setting.rb` at 17.11 has two columns, and looks at the role only where the
 * other one is set; at 18.1 it has the role alone, and works the other one out of it.
 */
function variablesRestriction(state: GitlabState, project: Project, role: unknown, restricts: unknown) {
  const before = state.current(project);
  const wanted = role === undefined ? before.ci_pipeline_variables_minimum_override_role : String(role);
  const asked = restricts === undefined ? undefined : String(restricts) === 'true';
  if (isAtLeast(state.version, '18.1') !== true) {
    return {
      ci_pipeline_variables_minimum_override_role: wanted,
      restrict_user_defined_variables: asked ?? before.restrict_user_defined_variables,
    };
  }
  const raised = asked === true && wanted === 'developer' ? 'maintainer' : wanted;
  const result = asked === false && role === undefined ? 'developer' : raised;
  return {
    ci_pipeline_variables_minimum_override_role: result,
    restrict_user_defined_variables: result !== 'developer',
  };
}

/**
 * A process mode of projects, and the newest mode: no page says with which version they came. GitLab's own client of the API got both in
 * September 2025 (gitlab-org/api/client-go 0.147 and 0.148), the month of 18.4.
 */
export const hasProcessMode = ({ version }: GitlabState) => isAtLeast(version, '18.4') === true;

/** A project as GitLab shows it. */
export function projectBody(state: GitlabState, project: Project, isMaintainer: boolean): object {
  const {
    resource_group_default_process_mode: mode,
    ci_forward_deployment_enabled: forward,
    ci_config_path: path,
    ci_pipeline_variables_minimum_override_role: role,
    restrict_user_defined_variables: restricts,
    auto_devops_enabled: devops,
    ci_id_token_sub_claim_components: components,
    ci_allow_fork_pipelines_to_run_in_parent_project: forks,
    ...basics
  } = project;
  if (!isMaintainer) return basics;
  return {
    ...basics,
    ...{ ci_forward_deployment_enabled: forward, ci_config_path: path, auto_devops_enabled: devops },
    // https://docs.gitlab.com/api/projects/#edit-a-project
    ci_pipeline_variables_minimum_override_role: role,
    restrict_user_defined_variables: restricts,
    ...(hasProcessMode(state) ? { resource_group_default_process_mode: mode } : {}),
    ci_allow_fork_pipelines_to_run_in_parent_project: forks,
    // Documented since 17.10 (https://docs.gitlab.com/api/projects/#edit-a-project).
    ...(isAtLeast(state.version, '17.10') ? { ci_id_token_sub_claim_components: components } : {}),
  };
}

/** The rules of GitLab's `app/models/project_ci_cd_setting.rb`, with what each version allows. */
function componentFaults(version: string, components: readonly string[]): string[] {
  const newer = isAtLeast(version, '19.1') === true;
  const first = ['project_path', ...(newer ? ['project_id'] : [])];
  const allowed = [
    ...first,
    ...['ref_type', 'ref'],
    ...(isAtLeast(version, '18.7') ? ['environment_protected', 'deployment_tier'] : []),
    ...(newer ? ['ref_protected'] : []),
  ];
  return [
    ...(first.includes(components[0] ?? '')
      ? []
      : [`${first.join(' or ')} must be the first element of the sub claim`]),
    ...components
      .filter((component) => !allowed.includes(component))
      .map((component) => `${component} is not an allowed sub claim component`),
  ];
}

/** `/projects/:id/protected_branches` and below (https://docs.gitlab.com/api/protected_branches/). */
export function onProtectedBranches(call: Call, state: GitlabState, project: Project, url: URL, name?: string): Answer {
  const all = state.protectedBranches(project);
  if (name !== undefined) {
    const found = all.find((one) => one.name === name);
    if (found === undefined) return notFound('Not found');
    if (call.method === 'GET') return { status: 200, body: found };
    if (call.method !== 'DELETE') return notAllowed();
    state.unprotectBranch(project, name);
    return { status: 204 };
  }
  if (call.method === 'GET') return page(all, call.query, url);
  if (call.method !== 'POST') return notAllowed();
  const values = given(call);
  const refusal = missing(values, 'name');
  if (refusal !== undefined) return refusal;
  if (all.some((one) => one.name === values.name)) {
    return { status: 409, body: { message: `Protected branch '${values.name}' already exists` } };
  }
  const level = (key: string) => Number(values[key] ?? 40);
  const levels = { push: level('push_access_level'), merge: level('merge_access_level') };
  return { status: 201, body: state.protectBranch(project, String(values.name), levels) };
}

/** `/projects/:id/protected_environments`: Premium; without its licence there is no such path. */
export function onProtectedEnvironments(call: Call, state: GitlabState, project: Project, url: URL): Answer {
  if (!state.isPremium) return notFound('Not Found');
  const shown = (name: string) => ({
    name,
    deploy_access_levels: [{ id: 1, access_level: 40, access_level_description: 'Maintainers' }],
    required_approval_count: 0,
  });
  const names = state.protectedEnvironments(project);
  if (call.method === 'GET') return page(names.map(shown), call.query, url);
  if (call.method !== 'POST') return notAllowed();
  const values = given(call);
  const absent = missing(values, 'name', 'deploy_access_levels');
  if (absent !== undefined) return absent;
  const name = String(values.name);
  // `ee/lib/api/protected_environments.rb`
  if (names.includes(name)) return refused(`Protected environment '${name}' already exists`, 409);
  state.protectEnvironment(project, name);
  return { status: 201, body: shown(name) };
}
