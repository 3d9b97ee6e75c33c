import type { GitlabApi } from '../api.ts';

/** A webhook of a project, as far as it is set here; GitLab never shows its token (https://docs.gitlab.com/api/project_webhooks/). */
export interface ProjectHook {
  readonly id: number;
  readonly url: string;
  readonly pushEvents: boolean;
  readonly branchFilter: string;
  readonly verifiesTls: boolean;
  /** GitLab stops calling a webhook that fails too often. */
  readonly isDisabled: boolean;
}

/** A deploy token of a project, without its value (https://docs.gitlab.com/api/deploy_tokens/). */
export interface DeployToken {
  readonly id: number;
  readonly name: string;
  readonly username: string;
}

/** All webhooks of a project; reads all pages. */
export async function readProjectHooks(api: GitlabApi, project: string): Promise<ProjectHook[]> {
  const all = await api.call(`read the webhooks of ${project}`, (client) =>
    client.ProjectHooks.all(project, { perPage: 100 }),
  );
  return all.map((hook) => {
    const { id, url, push_events, enable_ssl_verification, push_events_branch_filter, alert_status } =
      hook as unknown as {
        readonly id: number;
        readonly url: string;
        readonly push_events?: unknown;
        readonly enable_ssl_verification?: unknown;
        readonly push_events_branch_filter?: unknown;
        readonly alert_status?: unknown;
      };
    return {
      id,
      url,
      pushEvents: push_events === true,
      branchFilter: String(push_events_branch_filter ?? ''),
      verifiesTls: enable_ssl_verification === true,
      isDisabled: alert_status !== undefined && alert_status !== 'executable',
    };
  });
}

/** Creates a webhook for pushes to one branch, or sets one that exists; a token that is left out stays as it is. */
export async function writeProjectHook(
  api: GitlabApi,
  project: string,
  { id, url, branch, token }: { id?: number | undefined; url: string; branch: string; token?: string | undefined },
): Promise<void> {
  const options = {
    pushEvents: true,
    pushEventsBranchFilter: branch,
    enableSslVerification: true,
    ...(token === undefined ? {} : { token }),
  };
  await api.call(`write the webhook of ${project}`, async (client) => {
    if (id === undefined) await client.ProjectHooks.add(project, url, options);
    else await client.ProjectHooks.edit(project, id, url, options);
  });
}

export async function removeProjectHook(api: GitlabApi, project: string, id: number): Promise<void> {
  await api.call(`remove the webhook ${id} of ${project}`, (client) => client.ProjectHooks.remove(project, id));
}

/** The active deploy tokens of a project; reads all pages. */
export async function readDeployTokens(api: GitlabApi, project: string): Promise<DeployToken[]> {
  const all = await api.call(`read the deploy tokens of ${project}`, (client) =>
    client.DeployTokens.all({ projectId: project, active: true, perPage: 100 }),
  );
  return all.map(({ id, name, username }) => ({ id, name, username }));
}

/** A new deploy token that reads the repository; its value is shown this once. */
export async function createDeployToken(
  api: GitlabApi,
  project: string,
  name: string,
): Promise<{ id: number; username: string; password: string }> {
  const made = await api.call(`create a deploy token of ${project}`, (client) =>
    client.DeployTokens.create(name, ['read_repository'], { projectId: project }),
  );
  return { id: made.id, username: made.username, password: made.token };
}

export async function removeDeployToken(api: GitlabApi, project: string, id: number): Promise<void> {
  await api.call(`remove a deploy token of ${project}`, (client) =>
    client.DeployTokens.remove(id, { projectId: project }),
  );
}
