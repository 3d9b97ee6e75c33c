import type { GitlabApi } from './api.ts';
import { isTaken, type PlannedCall, projectPart, sendCall } from './http/planned-call.ts';

/** Who may use the job token of their pipelines in a project (https://docs.gitlab.com/api/project_job_token_scopes/). */
export interface JobTokenScope {
  /** Whether only those on its allowlist may; else everybody's jobs. */
  readonly isLimited: boolean;
  /** Numbers of the projects on its allowlist, without itself. */
  readonly projects: readonly number[];
  /** Paths of the groups on it, for all projects in them. */
  readonly groups: readonly string[];
}

/** Most projects on an allowlist (`app/models/ci/job_token/project_scope_link.rb`); groups are counted by themselves. */
export const mostAllowedProjects = 200;

/** Reads a project's setting and its allowlist, all pages. It takes the role Maintainer in the project. */
export async function readJobTokenScope(api: GitlabApi, project: number): Promise<JobTokenScope> {
  return await api.call(
    `read the job token allowlist of project ${project}`,
    async ({ ProjectJobTokenScopes: scopes }) => {
      const [{ inbound_enabled: isLimited }, projects, groups] = await Promise.all([
        scopes.show(project),
        scopes.showInboundAllowList(project),
        scopes.showGroupsAllowList(project),
      ]);
      return {
        isLimited,
        // GitLab lists the project itself first.
        projects: projects.map(({ id }) => id).filter((id) => id !== project),
        groups: groups.map(({ web_url }) => groupPath(web_url)),
      };
    },
  );
}

/** Lets jobs of another project use their token in this one. Both by number: GitLab takes no path here. */
export function allowCall(project: number, other: number): PlannedCall {
  const path = projectPart(project, 'job_token_scope', 'allowlist');
  return { method: 'POST', path, body: { target_project_id: other } };
}

export async function allowJobTokens(api: GitlabApi, project: number, other: number): Promise<void> {
  const what = `add project ${other} to the job token allowlist of project ${project}`;
  await sendCall(api, what, allowCall(project, other)).catch((thrown: unknown) => {
    if (!isTaken(thrown)) throw thrown;
  });
}

/** `https://gitlab.example.com/groups/acme/web` → `acme/web`: GitLab says the path of a group in its address only. */
function groupPath(address: string): string {
  const { pathname } = new URL(address);
  return decodeURIComponent(pathname.slice(pathname.indexOf('/groups/') + '/groups/'.length));
}
