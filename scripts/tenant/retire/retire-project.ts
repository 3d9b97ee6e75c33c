import { type Environment, environments } from '../../config/environment.ts';
import { deployRoleOf, names, type Place, planAccessVariable, type TenantRole } from '../../config/names.ts';
import { type EnvironmentConfig, partitionOf } from '../../config/platform.ts';
import { halves } from '../../config/tenant.ts';
import { VendhostError } from '../../errors.ts';
import type { GitlabApi } from '../../gitlab/api.ts';
import { readProject } from '../../gitlab/project.ts';
import { listSchedules } from '../../gitlab/setup/pipeline-settings.ts';
import { type ProjectVariable, readVariables } from '../../gitlab/variables.ts';
import { readFormerWebhook } from '../../webhook/former-webhook.ts';
import { scheduleOf } from '../setup/plan-setup.ts';
import type { RetireStanding } from './retire-plan.ts';

/** States of a pipeline that has jobs which run or may begin (https://docs.gitlab.com/api/pipelines/#list-project-pipelines). */
const running = ['created', 'waiting_for_resource', 'preparing', 'pending', 'running'] as const;

/** The tenant's project, as its file or its record names it. */
export interface OwnProject {
  readonly path: string;
  /** GitLab's number of it, where one is recorded: it may have another path by now, and its path another project. */
  readonly projectId?: number | undefined;
  readonly branch: string;
  /** The environments that the tenant is retired in by this run. */
  readonly leaving: readonly Environment[];
}

/** What vending wrote into the project, and what runs there on the environment's branch. */
export async function readOwnProject(
  gitlab: GitlabApi,
  place: Place,
  config: EnvironmentConfig,
  { path: recorded, projectId, branch, leaving }: OwnProject,
): Promise<RetireStanding['projects'][number]> {
  const path = projectId === undefined ? recorded : (await readProject(gitlab, String(projectId))).path;
  const [webhook, present, schedules, pipelines] = await Promise.all([
    readFormerWebhook(gitlab, path, { place, region: config.region }),
    readVariables(gitlab, path),
    listSchedules(gitlab, path),
    Promise.all(running.map((status) => pipelinesOf(gitlab, path, branch, status))),
  ]);
  const own = schedules.filter(({ description }) => description === scheduleOf(place.tenant)).map(({ id }) => id);
  return {
    path,
    ...(webhook === undefined ? {} : { webhook }),
    pipelines: pipelines.flat(),
    variables: ownVariables(place, config, present),
    schedules: isVendedElsewhere(place, leaving, present) ? [] : own,
  };
}

/** Those of jobs that deploy: of a tenant's only project, or of one of two. */
const deployRoles = [undefined, ...halves].map((half) => deployRoleOf(half));

/** Whether the project still has a role of the tenant in an environment that it does not leave. */
function isVendedElsewhere(
  { tenant }: Place,
  leaving: readonly Environment[],
  present: readonly ProjectVariable[],
): boolean {
  const others = environments.filter((environment) => !leaving.includes(environment));
  const roles = others.flatMap((environment) =>
    deployRoles.map((role) => `:role/${names.tenantRole({ environment, tenant }, role)}`),
  );
  return present.some(({ key, value }) => key === 'VENDHOST_ROLE_ARN' && roles.some((role) => value.endsWith(role)));
}

async function pipelinesOf(gitlab: GitlabApi, path: string, ref: string, status: (typeof running)[number]) {
  const found = await gitlab.call(`read the pipelines of ${path}`, (client) =>
    client.Pipelines.all(path, { status, ref, perPage: 100 }),
  );
  return found.filter((each) => each.ref === ref && each.status === status).map(({ id }) => id);
}

/**
 * The variables that hold what vending wrote for this environment; one with another value is somebody else's. The region is deleted before the
 * roles, which show its scope: so after a kill the next run finds what is left.
 */
export function ownVariables(
  place: Place,
  config: EnvironmentConfig,
  present: readonly ProjectVariable[],
): ProjectVariable[] {
  const role = (name: TenantRole) =>
    `arn:${partitionOf(config)}:iam::${config.account}:role/${names.tenantRole(place, name)}`;
  const values: Readonly<Record<string, readonly string[]>> = {
    VENDHOST_ROLE_ARN: deployRoles.map(role),
    VENDHOST_PLAN_ROLE_ARN: [role('plan')],
    [planAccessVariable(place)]: [`${config.region} ${role('plan')}`],
  };
  const roles = present.filter(({ key, value }) => values[key]?.includes(value) === true);
  const scopes = new Set(roles.filter(({ key }) => key !== planAccessVariable(place)).map(({ scope }) => scope));
  const regions = present.filter(
    ({ key, value, scope }) => key === 'AWS_REGION' && value === config.region && scopes.has(scope),
  );
  return [...regions, ...roles];
}

/** Removes variables; one that is gone is fine. */
export async function removeVariables(
  gitlab: GitlabApi,
  path: string,
  variables: readonly ProjectVariable[],
): Promise<void> {
  for (const { key, scope } of variables) {
    // The client's types do not know that the filter goes into the query.
    const options = { filter: { environment_scope: scope } } as object;
    await gitlab
      .call(`remove the variable ${key} of ${path}`, (client) => client.ProjectVariables.remove(path, key, options))
      .catch(unlessGone);
  }
}

/** Removes pipeline schedules; one that is gone is fine. */
export async function removeSchedules(gitlab: GitlabApi, path: string, ids: readonly number[]): Promise<void> {
  for (const id of ids) {
    await gitlab
      .call(`remove the pipeline schedule ${id} of ${path}`, (client) => client.PipelineSchedules.remove(path, id))
      .catch(unlessGone);
  }
}

export async function cancelOwnPipelines(gitlab: GitlabApi, path: string, ids: readonly number[]): Promise<void> {
  for (const id of ids) {
    await gitlab
      .call(`cancel pipeline ${id} of ${path}`, (client) => client.Pipelines.cancel(path, id))
      .catch(unlessGone);
  }
}

/** GitLab answers 404 for what no longer exists. */
function unlessGone(error: unknown): void {
  if (!(error instanceof VendhostError && error.code === 'GITLAB_PROJECT_UNKNOWN')) throw error;
}
