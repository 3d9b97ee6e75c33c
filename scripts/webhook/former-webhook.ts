import { names, type Place } from '../config/names.ts';
import type { GitlabApi } from '../gitlab/api.ts';
import {
  type DeployToken,
  type ProjectHook,
  readDeployTokens,
  readProjectHooks,
  removeDeployToken,
  removeProjectHook,
} from '../gitlab/hooks/project-hooks.ts';

/** What vending set in a project that had no runner: the webhook, and the deploy token that builds cloned with. */
export interface FormerWebhook {
  /** Path of the project. */
  readonly project: string;
  readonly hooks: readonly number[];
  readonly deployTokens: readonly number[];
}

/** Finds what vending set for a place in a project, whatever the stacks say; `undefined` where there is nothing. */
export async function readFormerWebhook(
  gitlab: GitlabApi,
  project: string,
  { place, region }: { place: Place; region: string },
): Promise<FormerWebhook | undefined> {
  const [hooks, deployTokens] = await Promise.all([
    readProjectHooks(gitlab, project),
    readDeployTokens(gitlab, project),
  ]);
  return formerWebhook(project, { place, region }, { hooks, deployTokens });
}

/**
 * Of all webhooks and tokens of a project those of a place. The address is taken by its form: the endpoint may be gone before its webhooks
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-call-api.html).
 */
export function formerWebhook(
  project: string,
  { place, region }: { place: Place; region: string },
  { hooks, deployTokens }: { hooks: readonly ProjectHook[]; deployTokens: readonly DeployToken[] },
): FormerWebhook | undefined {
  const host = new RegExp(`^[a-z0-9]+\\.execute-api\\.${region}\\.amazonaws\\.com(\\.cn)?$`);
  const isOwn = ({ url }: ProjectHook) => {
    const parsed = URL.canParse(url) ? new URL(url) : undefined;
    const path = `/v1/${place.environment}/${place.tenant}`;
    return parsed !== undefined && host.test(parsed.hostname) && parsed.pathname === path;
  };
  const former = {
    project,
    hooks: hooks.filter(isOwn).map(({ id }) => id),
    deployTokens: deployTokens.filter(({ name }) => name === names.host(place)).map(({ id }) => id),
  };
  return former.hooks.length + former.deployTokens.length === 0 ? undefined : former;
}

/** Removes them, the webhook first; what is gone already is fine. */
export async function removeFormerWebhook(
  gitlab: GitlabApi,
  { project, hooks, deployTokens }: FormerWebhook,
): Promise<void> {
  for (const id of hooks) await removeProjectHook(gitlab, project, id);
  for (const id of deployTokens) await removeDeployToken(gitlab, project, id);
}

/** For people: what goes. */
export function formerWebhookLine({ project, hooks, deployTokens }: FormerWebhook): string {
  const parts = [
    ...(hooks.length === 0 ? [] : [`webhook ${hooks.join(', ')}`]),
    ...(deployTokens.length === 0 ? [] : [`deploy token ${deployTokens.join(', ')}`]),
  ];
  return `${parts.join(' and ')} of ${project}, with which GitLab reported pushes`;
}
