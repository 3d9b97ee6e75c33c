import type { GitlabApi } from './api.ts';

/** An issue that was opened for something that comes and goes (https://docs.gitlab.com/api/issues/). */
export interface TrackedIssue {
  readonly iid: number;
  readonly title: string;
  readonly description: string;
  readonly isOpen: boolean;
  readonly address: string;
}

/** What an issue should be. */
export interface WantedIssue {
  /** How its description begins, and that of no other issue with the label. */
  readonly marker: string;
  readonly title: string;
  /** Closed when what it was opened for has gone. No issue is made to be closed. */
  readonly isOpen: boolean;
  /** Its description, which begins with the marker; gets the present one. */
  readonly describe: (former: string | undefined) => string;
}

export interface IssueChange {
  readonly action: 'open' | 'update' | 'close' | 'reopen';
  /** Absent when it is opened. */
  readonly iid?: number;
  readonly title: string;
  readonly description: string;
}

/** What people write below this line stays, whatever is written above it. */
export const personalPart = '<!-- vendhost: what stands below this line is kept -->';
const invitation = `${personalPart}\n\n_Notes of yours below this line stay when the issue is updated._`;

/** GitLab refuses longer titles (`app/models/concerns/issuable.rb`). */
const mostOfTitle = 255;

/**
 * All issues with the label, open and closed, oldest first. Who may set labels may also change the issues themselves
 * (https://docs.gitlab.com/user/permissions/), so that an issue is known by its label and marker, not by its author: a new
 * token is a new author.
 */
export async function readTrackedIssues(api: GitlabApi, project: string, label: string): Promise<TrackedIssue[]> {
  const issues = await api.call(
    `read the issues of ${project} with the label ${label}`,
    (client) =>
      client.Issues.all({
        projectId: project,
        labels: label,
        state: 'all',
        scope: 'all',
        orderBy: 'created_at',
        sort: 'asc',
        perPage: 100,
      }),
    hints,
  );
  return issues
    .map(({ iid, title, description, state, web_url }) => ({
      iid,
      title,
      description: description ?? '',
      isOpen: state === 'opened',
      address: web_url,
    }))
    .toSorted((one, other) => one.iid - other.iid);
}

/** What makes the issues be as wanted. The oldest issue of a marker is kept; others, of an earlier race, are closed. */
export function planTrackedIssue(issues: readonly TrackedIssue[], wanted: WantedIssue): IssueChange[] {
  const [first, ...others] = issues.filter(({ description }) => description.startsWith(wanted.marker));
  const title = wanted.title.slice(0, mostOfTitle).toWellFormed();
  if (first === undefined) {
    if (!wanted.isOpen) return [];
    return [{ action: 'open', title, description: `${wanted.describe(undefined).trimEnd()}\n\n${invitation}` }];
  }
  const { iid } = first;
  const description = `${wanted.describe(first.description).trimEnd()}\n\n${personalOf(first.description)}`;
  const isSame = first.title === title && withoutJobs(first.description) === withoutJobs(description);
  const closed = others
    .filter(({ isOpen }) => isOpen)
    .map(
      (other): IssueChange => ({ action: 'close', iid: other.iid, title: other.title, description: other.description }),
    );
  if (wanted.isOpen !== first.isOpen) {
    return [{ action: wanted.isOpen ? 'reopen' : 'close', iid, title, description }, ...closed];
  }
  // What is closed and stays so is left as it was.
  return isSame || !wanted.isOpen ? closed : [{ action: 'update', iid, title, description }, ...closed];
}

/** Makes the changes, one after another; the label goes on every issue that is opened. Returns the issues' addresses. */
export async function writeTrackedIssues(
  api: GitlabApi,
  project: string,
  label: string,
  changes: readonly IssueChange[],
): Promise<{ action: IssueChange['action']; iid: number; address: string }[]> {
  const written = [];
  for (const { action, iid, title, description } of changes) {
    const issue = await api.call(
      iid === undefined ? `open the issue "${title}" in ${project}` : `${action} the issue #${iid} of ${project}`,
      (client) =>
        iid === undefined
          ? client.Issues.create(project, title, { description, labels: label })
          : client.Issues.edit(project, iid, {
              title,
              description,
              ...(action === 'close' || action === 'reopen' ? { stateEvent: action } : {}),
            }),
      hints,
    );
    written.push({ action, iid: issue.iid, address: issue.web_url });
  }
  return written;
}

const hints = {
  403: 'VENDHOST_GITLAB_TOKEN needs the role Reporter or higher in the project of the issues, and the scope api',
};

/** Each job has another address, which alone is nothing new: the issue names the job that wrote it last. */
function withoutJobs(description: string): string {
  return description.replaceAll(/\/-\/jobs\/\d+/g, '/-/jobs/').trimEnd();
}

function personalOf(description: string): string {
  const at = description.indexOf(personalPart);
  return at < 0 ? invitation : description.slice(at);
}
