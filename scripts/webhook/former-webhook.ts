import { names, type Place } from '../config/names.ts';
import { VendhostError } from '../errors.ts';
import type { GitlabApi } from '../gitlab/api.ts';
import {
  type DeployToken,
  type ProjectHook,
  readDeployTokens,
  readProjectHooks,
  removeDeployToken,
  removeProjectHook,
} from '../gitlab/hooks/project-hooks.ts';
import { readProject } from '../gitlab/project.ts';

/** Remains in projects that no longer belong to the tenant. */
export interface LeftWebhooks {
  readonly found: readonly FormerWebhook[];
  /** Projects that the token does not reach, if they are still there: by path or number. */
  readonly unreached: readonly string[];
}

/** A project that the tenant had, by its path or GitLab's number of it, as far as they are known. */
export interface FormerProject {
  readonly project?: string;
  readonly projectId?: number | undefined;
}

/**
 * Finds what vending set for a place in projects that the tenant had. A path may lead to another project by now, and a project may have
 * another path: the number counts, where there is one.
 * @param present numbers of the tenant's projects now
 */
export async function readLeftWebhooks(
  gitlab: GitlabApi,
  former: readonly FormerProject[],
  { present, ...where }: { place: Place; region: string; present: readonly number[] },
): Promise<LeftWebhooks> {
  const found = new Map<string, FormerWebhook>();
  const unreached = new Set<string>();
  for (const { project, projectId } of former) {
    const asked = projectId === undefined ? (project ?? '') : String(projectId);
    try {
      const { id, path } = await readProject(gitlab, asked);
      const webhook = present.includes(id) ? undefined : await readFormerWebhook(gitlab, path, where);
      if (webhook !== undefined) found.set(path, webhook);
    } catch (error) {
      if (!(error instanceof VendhostError && hidden.has(error.code))) throw error;
      unreached.add(project === undefined ? `number ${asked}` : project);
    }
  }
  return { found: [...found.values()], unreached: [...unreached] };
}

/** What GitLab says of a project that is gone, and of one that the token may not see or set up. */
const hidden: ReadonlySet<string> = new Set(['GITLAB_PROJECT_UNKNOWN', 'GITLAB_FORBIDDEN']);

/** For people: what they must look for themselves. */
export function unreachedLine(project: string, { environment, tenant }: Place): string {
  return `cannot see whether the project ${project}, which ${tenant} had, still has a webhook to …/v1/${environment}/${tenant} and the deploy token ${names.host({ environment, tenant })}: delete them there`;
}

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

/** Removes them, the webhook first; missing ones are fine. */
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
