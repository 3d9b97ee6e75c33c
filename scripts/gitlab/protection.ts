import { VendhostError } from '../errors.ts';
import type { GitlabApi } from './api.ts';
import { isTaken, type PlannedCall, projectPart, sendCall } from './http/planned-call.ts';

/** A protected branch, or all those that a wildcard covers (https://docs.gitlab.com/api/protected_branches/). */
export interface ProtectedBranch {
  /** `dev`, or with `*` for any characters. */
  readonly name: string;
  /** Whether the role Developer suffices to push or to merge. */
  readonly developers: boolean;
}

/** GitLab's numbers of roles (https://docs.gitlab.com/api/protected_branches/#valid-access-levels). */
const roles = { developer: 30, maintainer: 40 } as const;

interface AccessLevel {
  readonly access_level?: number | null;
}

/** All protected branches of a project; reads all pages. */
export async function readProtectedBranches(api: GitlabApi, project: string): Promise<ProtectedBranch[]> {
  const all = await api.call(`read the protected branches of ${project}`, (client) =>
    client.ProtectedBranches.all(project, { perPage: 100 }),
  );
  return all.map(({ name, push_access_levels, merge_access_levels }) => ({
    name,
    developers: [push_access_levels, merge_access_levels].some((levels: readonly AccessLevel[] = []) =>
      levels.some(({ access_level }) => access_level === roles.developer),
    ),
  }));
}

/** Whether a protected branch's name covers a branch. */
export function covers({ name }: ProtectedBranch, branch: string): boolean {
  const pieces = name.split('*').map((piece) => piece.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${pieces.join('.*')}$`).test(branch);
}

/** Protects a branch, which need not be there yet: Maintainers may push to it and merge into it. */
export function protectCall(project: string, branch: string): PlannedCall {
  const body = { name: branch, push_access_level: roles.maintainer, merge_access_level: roles.maintainer };
  return { method: 'POST', path: projectPart(project, 'protected_branches'), body };
}

/** Protects a branch so. It may have been protected since that was planned: that counts when no Developer may push to it or merge into it. */
export async function protectBranch(api: GitlabApi, project: string, branch: string): Promise<void> {
  await sendCall(api, `protect the branch ${branch} of ${project}`, protectCall(project, branch)).catch(
    async (thrown: unknown) => {
      if (!isTaken(thrown)) throw thrown;
      const rules = (await readProtectedBranches(api, project)).filter((rule) => covers(rule, branch));
      if (rules.length === 0 || rules.some(({ developers }) => developers)) throw thrown;
    },
  );
}

/** Protects an environment: Maintainers may deploy to it. GitLab Free has no such path (https://docs.gitlab.com/api/protected_environments/). */
export function protectEnvironmentCall(project: string, name: string): PlannedCall {
  const body = { name, deploy_access_levels: [{ access_level: roles.maintainer }] };
  return { method: 'POST', path: projectPart(project, 'protected_environments'), body };
}

/**
 * Names of a project's protected environments; reads all pages. `undefined` where there can be none: GitLab Free answers 404
 * (https://docs.gitlab.com/api/protected_environments/). Takes the project's number: the client does not encode a path here.
 */
export async function readProtectedEnvironments(api: GitlabApi, projectId: number): Promise<string[] | undefined> {
  const read = api.call(`read the protected environments of project ${projectId}`, (client) =>
    client.ProjectProtectedEnvironments.all(projectId, { perPage: 100 }),
  );
  const all = await read.catch((error: unknown) => {
    if (error instanceof VendhostError && error.code === 'GITLAB_PROJECT_UNKNOWN') return undefined;
    throw error;
  });
  return all?.map(({ name }) => name);
}
