import { VendhostError } from '../errors.ts';
import type { GitlabApi } from './api.ts';

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
export async function protectBranch(api: GitlabApi, project: string, branch: string): Promise<void> {
  await api.call(`protect the branch ${branch} of ${project}`, (client) =>
    client.ProtectedBranches.protect(project, branch, {
      pushAccessLevel: roles.maintainer,
      mergeAccessLevel: roles.maintainer,
    }),
  );
}

/**
 * Names of a project's protected environments; reads all pages. GitLab Free has none and answers 404
 * (https://docs.gitlab.com/api/protected_environments/). Takes the project's number: the client does not encode a path here.
 */
export async function readProtectedEnvironments(api: GitlabApi, projectId: number): Promise<string[]> {
  const read = api.call(`read the protected environments of project ${projectId}`, (client) =>
    client.ProjectProtectedEnvironments.all(projectId, { perPage: 100 }),
  );
  const all = await read.catch((error: unknown) => {
    if (error instanceof VendhostError && error.code === 'GITLAB_PROJECT_UNKNOWN') return [];
    throw error;
  });
  return all.map(({ name }) => name);
}
