import type { GitlabApi } from '../gitlab/api.ts';
import { type Project, readProject, readVersion } from '../gitlab/project.ts';
import { type ProtectedBranch, readProtectedBranches, readProtectedEnvironments } from '../gitlab/protection.ts';

/** What GitLab says of a tenant's project. */
export interface ProjectFacts extends Project {
  readonly version: string;
  readonly protectedBranches: readonly ProtectedBranch[];
  readonly protectedEnvironments: readonly string[];
}

/** Reads all that trust in a project's jobs depends on. */
export async function readProjectFacts(api: GitlabApi, path: string): Promise<ProjectFacts> {
  // First and alone: its refusal says most about a wrong path or token.
  const project = await readProject(api, path);
  const [version, protectedBranches, protectedEnvironments] = await Promise.all([
    readVersion(api),
    readProtectedBranches(api, path),
    readProtectedEnvironments(api, project.id),
  ]);
  return { ...project, version, protectedBranches, protectedEnvironments };
}
