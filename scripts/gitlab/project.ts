import type { GitlabApi } from './api.ts';

/** A project's settings, as far as trust in its jobs depends on them (https://docs.gitlab.com/api/projects/#get-a-single-project). */
export interface Project {
  readonly id: number;
  /** As GitLab spells it, which is how its ID tokens do. */
  readonly path: string;
  readonly defaultBranch: string | undefined;
  /** Whether pipelines of merge requests from forks may run in this project; `undefined` where GitLab does not say. */
  readonly forkPipelines: boolean | undefined;
  /** Components of the subject of its ID tokens; `undefined` where GitLab does not say. */
  readonly subject: readonly string[] | undefined;
  readonly settings: ProjectSettings;
}

/** Settings of its pipelines; each `undefined` where GitLab does not say, or has no such setting. */
export interface ProjectSettings {
  readonly description: string;
  /** Whether nothing has been pushed to it. */
  readonly isEmpty: boolean;
  /** The path of its pipeline file; empty for `.gitlab-ci.yml`. */
  readonly pipelinePath: string | undefined;
  /** The least role that may give variables to a pipeline. */
  readonly variablesRole?: string | undefined;
  /** Whether GitLab looks at that role: before 18.1 only where this is set, too (`app/models/project_ci_cd_setting.rb`). */
  readonly restrictsVariables?: boolean | undefined;
  /** Whether outdated deployment jobs are prevented. */
  readonly forwardDeployment: boolean | undefined;
  /** The process mode of resource groups that are not there yet. */
  readonly processMode: string | undefined;
}

/**
 * Reads a project. GitLab also finds it by a path in other letters, and by one it had before it was moved. It shows CI/CD
 * settings to Maintainers only (`lib/api/entities/project.rb`: `admin_project`).
 */
export async function readProject(api: GitlabApi, project: string): Promise<Project> {
  const found: Readonly<Record<string, unknown>> & { id: number; path_with_namespace: string } = await api.call(
    `read the project ${project}`,
    (client) => client.Projects.show(project),
  );
  const { default_branch, ci_allow_fork_pipelines_to_run_in_parent_project: forks } = found;
  const components = found.ci_id_token_sub_claim_components;
  return {
    id: found.id,
    path: found.path_with_namespace,
    defaultBranch: typeof default_branch === 'string' ? default_branch : undefined,
    forkPipelines: typeof forks === 'boolean' ? forks : undefined,
    subject: Array.isArray(components) ? components.map(String) : undefined,
    settings: pipelineSettingsOf(found),
  };
}

function pipelineSettingsOf(found: Readonly<Record<string, unknown>>): ProjectSettings {
  const { description, empty_repo: isEmpty, ci_config_path: pipelinePath } = found;
  const { ci_pipeline_variables_minimum_override_role: role, restrict_user_defined_variables: restricts } = found;
  const { ci_forward_deployment_enabled: forward, resource_group_default_process_mode: mode } = found;
  return {
    description: typeof description === 'string' ? description : '',
    isEmpty: isEmpty === true,
    // Null and empty are the same to GitLab; it leaves the key out for who may not see it.
    pipelinePath: pipelinePath === undefined ? undefined : String(pipelinePath ?? ''),
    variablesRole: typeof role === 'string' ? role : undefined,
    restrictsVariables: typeof restricts === 'boolean' ? restricts : undefined,
    forwardDeployment: typeof forward === 'boolean' ? forward : undefined,
    processMode: typeof mode === 'string' ? mode : undefined,
  };
}

/** GitLab's version, like `18.2.2-ee` (https://docs.gitlab.com/api/metadata/). */
export async function readVersion(api: GitlabApi): Promise<string> {
  const { version } = await api.call("read GitLab's version", (client) => client.Metadata.show());
  return version;
}
