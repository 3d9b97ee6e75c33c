import { abbreviated } from '../../output.ts';
import type { GitlabApi } from '../api.ts';

/** Most commits that are looked up, one call each. */
export const mostCommits = 100;

/** The merge requests that brought commits. */
export interface ContainedRequests {
  /** Numbers of merged merge requests in the project, ascending. */
  readonly iids: readonly number[];
  /** Commits that were too many to look up. */
  readonly left: number;
}

const hints = {
  403: 'VENDHOST_GITLAB_TOKEN needs the role Reporter or higher in the project, and the scope api',
  404: 'VENDHOST_GITLAB_TOKEN may not see the project, or one of the two commits is gone',
};

/**
 * Finds the merged merge requests whose commits are in `to` and not in `from` (https://docs.gitlab.com/api/repositories/#compare-branches-tags-or-commits,
 * https://docs.gitlab.com/api/commits/#list-merge-requests-associated-with-a-commit). GitLab's own list of a deployment's merge requests is made
 * after the job, and not at all for environments with a slash in their name (`app/services/deployments/link_merge_requests_service.rb`).
 */
export async function containedRequests(
  api: GitlabApi,
  project: string,
  { from, to }: { from: string; to: string },
): Promise<ContainedRequests> {
  const { commits = [] } = await api.call(
    `compare ${abbreviated(from)} with ${abbreviated(to)}`,
    (client) => client.Repositories.compare(project, from, to),
    hints,
  );
  const newest = commits
    .toSorted((one, other) => Date.parse(other.created_at) - Date.parse(one.created_at))
    .slice(0, mostCommits);
  const found = new Set<number>();
  for (const { id } of newest) {
    const requests = await api.call(
      `read the merge requests of the commit ${abbreviated(id)}`,
      (client) => client.Commits.allMergeRequests(project, id, { perPage: 100 }),
      hints,
    );
    // One that is still open has the commit, too: from dev into staging, for example.
    for (const { iid, state } of requests) if (state === 'merged') found.add(iid);
  }
  return { iids: [...found].toSorted((one, other) => one - other), left: commits.length - newest.length };
}
