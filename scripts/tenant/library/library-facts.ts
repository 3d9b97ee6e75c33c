import { VendhostError } from '../../errors.ts';
import type { GitlabApi } from '../../gitlab/api.ts';
import { type JobTokenScope, readJobTokenScope } from '../../gitlab/job-token-scope.ts';
import { readSharedProject, type SharedProject } from '../../gitlab/shared-project.ts';

/** What GitLab says of the project that tenants include and whose image their jobs run in. */
export interface LibraryFacts extends SharedProject {
  /** Absent where the token may not see it. */
  readonly tokens?: JobTokenScope;
}

/** Reads the library's project; `undefined` where the token does not see it. */
export async function readLibraryProject(api: GitlabApi, path: string): Promise<LibraryFacts | undefined> {
  const project = await orUnseen(readSharedProject(api, path));
  if (project === undefined) return undefined;
  const tokens = await orUnseen(readJobTokenScope(api, project.id));
  return { ...project, ...(tokens === undefined ? {} : { tokens }) };
}

/** GitLab says 403 or 404 for what a token may not see. */
async function orUnseen<T>(reading: Promise<T>): Promise<T | undefined> {
  return await reading.catch((error: unknown) => {
    const unseen = ['GITLAB_FORBIDDEN', 'GITLAB_PROJECT_UNKNOWN'];
    if (error instanceof VendhostError && unseen.includes(error.code)) return undefined;
    throw error;
  });
}
