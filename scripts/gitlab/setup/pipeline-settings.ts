import type { GitlabApi } from '../api.ts';
import { type PlannedCall, projectPart } from '../http/planned-call.ts';

/** An environment of a project (https://docs.gitlab.com/api/environments/). */
export interface GitlabEnvironment {
  readonly id: number;
  readonly name: string;
  /** `undefined` where GitLab does not say. */
  readonly tier: string | undefined;
}

/** All environments of a project; reads all pages. */
export async function readEnvironments(api: GitlabApi, project: string): Promise<GitlabEnvironment[]> {
  const all = await api.call(`read the environments of ${project}`, (client) =>
    client.Environments.all(project, { perPage: 100 }),
  );
  return all.map(({ id, name, tier }) => ({ id, name, tier: typeof tier === 'string' ? tier : undefined }));
}

export function createEnvironmentCall(project: string, name: string, tier: string): PlannedCall {
  return { method: 'POST', path: projectPart(project, 'environments'), body: { name, tier } };
}

export function setTierCall(project: string, id: number, tier: string): PlannedCall {
  return { method: 'PUT', path: projectPart(project, 'environments', id), body: { tier } };
}

/** Which of waiting jobs runs next: that of the newest pipeline that can (https://docs.gitlab.com/ci/resource_groups/#process-modes). */
export const processMode = 'newest_ready_first';

/** A resource group of a project; there is none before the first job of it (https://docs.gitlab.com/api/resource_groups/). */
export interface ResourceGroup {
  readonly key: string;
  readonly mode: string;
}

/** All resource groups of a project; reads all pages. */
export async function readResourceGroups(api: GitlabApi, project: string): Promise<ResourceGroup[]> {
  const all = await api.call(`read the resource groups of ${project}`, (client) =>
    client.ResourceGroups.all(project, { perPage: 100 }),
  );
  return all.map(({ key, process_mode }) => ({ key, mode: process_mode }));
}

export function setProcessModeCall(project: string, key: string): PlannedCall {
  return { method: 'PUT', path: projectPart(project, 'resource_groups', key), body: { process_mode: processMode } };
}

/** A pipeline schedule: GitLab's number of it, what somebody called it, what it starts and when. */
export interface ProjectSchedule {
  readonly id: number;
  readonly description: string;
  readonly ref: string;
  readonly cron: string;
}

/** All pipeline schedules of a project; reads all pages (https://docs.gitlab.com/api/pipeline_schedules/). */
export async function listSchedules(api: GitlabApi, project: string): Promise<ProjectSchedule[]> {
  const all = await api.call(`read the pipeline schedules of ${project}`, (client) =>
    client.PipelineSchedules.all(project, { perPage: 100 }),
  );
  return all.map(({ id, description, ref, cron }) => ({ id, description, ref, cron }));
}

export function createScheduleCall(
  project: string,
  schedule: { readonly description: string; readonly ref: string; readonly cron: string },
): PlannedCall {
  return { method: 'POST', path: projectPart(project, 'pipeline_schedules'), body: { ...schedule } };
}

export function removeScheduleCall(project: string, id: number): PlannedCall {
  return { method: 'DELETE', path: projectPart(project, 'pipeline_schedules', id), body: {} };
}

/** Settings of the project itself (https://docs.gitlab.com/api/projects/#edit-a-project). */
export function editProjectCall(project: string, body: PlannedCall['body']): PlannedCall {
  return { method: 'PUT', path: projectPart(project), body };
}
