import { abbreviated } from '../../output.ts';
import type { GitlabApi } from '../api.ts';

/** What GitLab shows at a commit, in its pipeline and in merge requests (https://docs.gitlab.com/api/commits/#set-commit-pipeline-status). */
export interface CommitStatus {
  readonly commit: string;
  readonly branch: string;
  /** By which it is found again. */
  readonly name: string;
  readonly state: 'pending' | 'success' | 'failed' | 'canceled';
  readonly description: string;
  /** Where it leads. */
  readonly url: string;
}

/** Of the calls about a commit's statuses. */
const hints = {
  401: 'VENDHOST_GITLAB_TOKEN is wrong, expired or revoked: create a new one with the scope api',
  403: 'VENDHOST_GITLAB_TOKEN may not write a status: it needs the scope api, the role Developer, and to be allowed to merge into or push to the branch where that is protected (docs/gitlab.md)',
  404: 'VENDHOST_GITLAB_TOKEN may not see the project, or the commit or its branch is gone',
};

/**
 * Sets the status, unless the newest one of that name says the same: GitLab refuses to make pending what is pending
 * (`app/services/ci/create_commit_status_service.rb`). A job's own token cannot do this (`lib/api/commit_statuses.rb`).
 */
export async function setCommitStatus(
  api: GitlabApi,
  project: string,
  { commit, branch, name, state, description, url }: CommitStatus,
): Promise<'set' | 'unchanged'> {
  const short = abbreviated(commit);
  const present = await api.call(
    `read the statuses of the commit ${short}`,
    (client) => client.Commits.allStatuses(project, commit, { name, ref: branch }),
    hints,
  );
  const newest = present.filter((status) => status.name === name).toSorted((one, other) => other.id - one.id)[0];
  if (newest?.status === state) return 'unchanged';
  await api.call(
    `set the status ${name} of the commit ${short}`,
    (client) =>
      client.Commits.editStatus(project, commit, state, {
        ref: branch,
        name,
        targetUrl: url,
        // `app/models/generic_commit_status.rb` takes no more.
        description: description.slice(0, 255),
      }),
    hints,
  );
  return 'set';
}
