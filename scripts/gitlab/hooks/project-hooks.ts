import { VendhostError } from '../../errors.ts';
import type { GitlabApi } from '../api.ts';
import { isAnswerLost } from '../http/lost-answer.ts';
import { type PlannedCall, projectPart, sendCall } from '../http/planned-call.ts';

/** A webhook of a project, as far as it is set here; GitLab never shows its token (https://docs.gitlab.com/api/project_webhooks/). */
export interface ProjectHook {
  readonly id: number;
  readonly url: string;
  readonly pushEvents: boolean;
  /** The branch it reports pushes to; empty for all of them, a regular expression between slashes. */
  readonly branchFilter: string;
  readonly verifiesTls: boolean;
  /** Somebody gave it another form for what it reports. */
  readonly hasTemplate: boolean;
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
    const shown = hook as unknown as ShownHook;
    const { id, url, push_events, enable_ssl_verification, custom_webhook_template, alert_status } = shown;
    return {
      id,
      url,
      pushEvents: push_events === true,
      branchFilter: branchFilterOf(shown),
      verifiesTls: enable_ssl_verification === true,
      hasTemplate: (custom_webhook_template ?? '') !== '',
      isDisabled: alert_status !== undefined && alert_status !== 'executable',
    };
  });
}

/** A webhook as GitLab shows it; older versions leave some of it out. */
interface ShownHook {
  readonly id: number;
  readonly url: string;
  readonly push_events?: unknown;
  readonly enable_ssl_verification?: unknown;
  readonly push_events_branch_filter?: unknown;
  readonly branch_filter_strategy?: unknown;
  readonly custom_webhook_template?: unknown;
  readonly alert_status?: unknown;
}

function branchFilterOf({ push_events_branch_filter: filter, branch_filter_strategy: strategy }: ShownHook): string {
  if (strategy === 'all_branches') return '';
  return strategy === 'regex' ? `/${filter}/` : String(filter ?? '');
}

/**
 * Creates a webhook for pushes to one branch, or sets one that exists; a token that is left out stays as it is. With the strategy "all branches"
 * GitLab would drop the branch (`app/models/concerns/web_hooks/hook.rb`). One that is disabled stays so.
 */
export async function writeProjectHook(
  api: GitlabApi,
  project: string,
  { id, url, branch, token }: { id?: number | undefined; url: string; branch: string; token?: string | undefined },
): Promise<void> {
  const body = {
    ...{ url, push_events: true, push_events_branch_filter: branch, branch_filter_strategy: 'wildcard' },
    ...{ enable_ssl_verification: true, custom_webhook_template: '' },
    ...(token === undefined ? {} : { token }),
  };
  const call: PlannedCall =
    id === undefined
      ? { method: 'POST', path: projectPart(project, 'hooks'), body }
      : { method: 'PUT', path: projectPart(project, 'hooks', id), body };
  await sendCall(api, `write the webhook of ${project}`, call);
}

/** Removes a webhook; one that is gone already is fine. */
export async function removeProjectHook(api: GitlabApi, project: string, id: number): Promise<void> {
  const what = `remove the webhook ${id} of ${project}`;
  await api.call(what, (client) => client.ProjectHooks.remove(project, id)).catch(unlessGone);
}

/** The active deploy tokens of a project; reads all pages. */
export async function readDeployTokens(api: GitlabApi, project: string): Promise<DeployToken[]> {
  const all = await api.call(`read the deploy tokens of ${project}`, (client) =>
    client.DeployTokens.all({ projectId: project, active: true, perPage: 100 }),
  );
  return all.map(({ id, name, username }) => ({ id, name, username }));
}

/**
 * A new deploy token that reads the repository; its value is shown this once. When that answer is lost, the token goes whose value nobody
 * knows, and another one is made.
 */
export async function createDeployToken(
  api: GitlabApi,
  project: string,
  name: string,
): Promise<{ id: number; username: string; password: string }> {
  const create = () =>
    api.call(`create a deploy token of ${project}`, (client) =>
      client.DeployTokens.create(name, ['read_repository'], { projectId: project }),
    );
  const before = await readDeployTokens(api, project);
  const made = await create().catch(async (thrown: unknown) => {
    if (!isAnswerLost(thrown)) throw thrown;
    const isLost = (token: DeployToken) => token.name === name && before.every(({ id }) => id !== token.id);
    for (const { id } of (await readDeployTokens(api, project)).filter(isLost))
      await removeDeployToken(api, project, id);
    return await create();
  });
  return { id: made.id, username: made.username, password: made.token };
}

/** Removes a deploy token; one that is gone already is fine. */
export async function removeDeployToken(api: GitlabApi, project: string, id: number): Promise<void> {
  await api
    .call(`remove a deploy token of ${project}`, (client) => client.DeployTokens.remove(id, { projectId: project }))
    .catch(unlessGone);
}

/** GitLab answers 404 if it no longer exists. */
function unlessGone(error: unknown): void {
  if (!(error instanceof VendhostError && error.code === 'GITLAB_PROJECT_UNKNOWN')) throw error;
}
