import type { GitlabApi } from '../gitlab/api.ts';
import { type Project, readProject, readVersion } from '../gitlab/project.ts';
import { type ProtectedBranch, readProtectedBranches, readProtectedEnvironments } from '../gitlab/protection.ts';
import { readSetup, type SetupFacts } from './setup/setup-facts.ts';

/** What GitLab reports about a tenant's project. */
export interface ProjectFacts extends Project {
  readonly version: string;
  readonly protectedBranches: readonly ProtectedBranch[];
  readonly protectedEnvironments: readonly string[];
  /** Whether its tier has protected environments. */
  readonly canProtectEnvironments: boolean;
  /** For a project that is to be set up. */
  readonly setup?: SetupFacts;
}

/** Reads everything that trust in a project's jobs depends on; for one that is to be set up, also what that needs. */
export async function readProjectFacts(
  api: GitlabApi,
  path: string,
  setUp: { readonly branches: readonly string[]; isWanted(project: Project): boolean } | undefined = undefined,
): Promise<ProjectFacts> {
  // First and alone: its refusal says the most about a wrong path or token.
  const project = await readProject(api, path);
  const [version, protectedBranches, protectedEnvironments, setup] = await Promise.all([
    readVersion(api),
    readProtectedBranches(api, path),
    readProtectedEnvironments(api, project.id),
    setUp?.isWanted(project) === true ? readSetup(api, project, setUp.branches) : undefined,
  ]);
  return {
    ...project,
    ...{ version, protectedBranches, protectedEnvironments: protectedEnvironments ?? [] },
    canProtectEnvironments: protectedEnvironments !== undefined,
    ...(setup === undefined ? {} : { setup }),
  };
}
