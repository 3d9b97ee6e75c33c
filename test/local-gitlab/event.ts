import { git } from './platform.ts';

/** What starts a pipeline. `web` is "New pipeline" in GitLab's pages, `trigger` a trigger token. */
export type PipelineEvent = 'push' | 'merge_request' | 'merge_train' | 'schedule' | 'tag' | 'web' | 'api' | 'trigger';

export interface EventOptions {
  event: PipelineEvent;
  /** The branch; of a merge request its source, of a tag the tag. */
  branch: string;
  /** Branch a merge request wants into. */
  targetBranch?: string;
  /** Whether a merge request from the branch is open. */
  openMergeRequest?: boolean;
  /** `group/project` of the fork a merge request comes from, whose pipeline a member runs in the project. */
  fork?: string;
  /** `group/project` that a merge request wants into, where its pipeline runs in a fork. Default: the project itself */
  targetProject?: string;
  /**
   * Commit the branch was at before the push, or `none` for a new branch.
   * Default: the commit of the last push pipeline of this branch, which the tenant's repository remembers.
   */
  before?: string;
}

/** An event with its commits: what GitLab knows when it decides which jobs a pipeline has. */
export interface ResolvedEvent extends EventOptions {
  readonly commit: string;
  /** Commit that `rules:changes` compares with; without one every change rule is true, as in GitLab. */
  readonly changesSince: string | undefined;
}

/**
 * Finds the commits of an event. GitLab compares a push with the commit before it and a merge request with its target;
 * for a new branch and in all other pipelines `rules:changes` is true (https://docs.gitlab.com/ci/yaml/#ruleschanges).
 */
export async function resolveEvent(repository: string, options: EventOptions): Promise<ResolvedEvent> {
  const { event, branch } = options;
  const ref = event === 'tag' ? `refs/tags/${branch}` : `refs/heads/${branch}`;
  const commit = await git(repository, ['rev-parse', '--verify', `${ref}^{commit}`]);
  return { ...options, commit, changesSince: await changesSince(repository, options, commit) };
}

async function changesSince(repository: string, options: EventOptions, commit: string): Promise<string | undefined> {
  if (isOfMergeRequest(options)) {
    if (options.targetBranch === undefined) throw new Error('a merge request needs a targetBranch');
    return git(repository, ['merge-base', `refs/heads/${options.targetBranch}`, commit]);
  }
  if (options.event !== 'push' || options.before === 'none') return undefined;
  const before = options.before ?? pushedRef(options.branch);
  return git(repository, ['rev-parse', '--verify', '--quiet', `${before}^{commit}`]).catch((error: unknown) => {
    if (options.before !== undefined) throw error;
    return undefined;
  });
}

/** Remembers that the branch was pushed at this commit, for the next push. */
export async function rememberPush(repository: string, { event, branch, commit }: ResolvedEvent): Promise<void> {
  if (event === 'push') await git(repository, ['update-ref', pushedRef(branch), commit]);
}

const isOfMergeRequest = ({ event }: EventOptions) => event === 'merge_request' || event === 'merge_train';

const pushedRef = (branch: string) => `refs/pushed/${branch}`;

/** The predefined variables that differ with the event; `undefined` means that GitLab does not set the variable. */
export async function eventVariables(
  checkout: string,
  event: ResolvedEvent,
  projectPath: string,
): Promise<Record<string, string | undefined>> {
  const show = (format: string) => git(checkout, ['show', '--no-patch', `--format=${format}`, event.commit]);
  const [message, title, description, author, timestamp] = await Promise.all(
    ['%B', '%s', '%b', '%an <%ae>', '%cI'].map(show),
  );
  const slug = event.branch
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 63)
    .replaceAll(/^-|-$/g, '');
  const common = {
    CI_COMMIT_SHA: event.commit,
    CI_COMMIT_SHORT_SHA: event.commit.slice(0, 8),
    CI_COMMIT_BEFORE_SHA: event.event === 'push' && event.changesSince ? event.changesSince : '0'.repeat(40),
    CI_COMMIT_MESSAGE: message?.trimEnd(),
    CI_COMMIT_TITLE: title,
    CI_COMMIT_DESCRIPTION: description?.trimEnd(),
    CI_COMMIT_AUTHOR: author,
    CI_COMMIT_TIMESTAMP: timestamp,
    CI_COMMIT_REF_NAME: event.branch,
    CI_COMMIT_REF_SLUG: slug,
    CI_COMMIT_REF_PROTECTED: String(!isOfMergeRequest(event)),
  };
  if (isOfMergeRequest(event)) {
    return {
      ...common,
      CI_PIPELINE_SOURCE: 'merge_request_event',
      CI_COMMIT_BRANCH: undefined,
      CI_MERGE_REQUEST_IID: '7',
      CI_MERGE_REQUEST_ID: '7007',
      CI_MERGE_REQUEST_TITLE: title,
      CI_OPEN_MERGE_REQUESTS: `${event.targetProject ?? projectPath}!7`,
      CI_MERGE_REQUEST_EVENT_TYPE: event.event === 'merge_train' ? 'merge_train' : 'detached',
      CI_MERGE_REQUEST_PROJECT_PATH: event.targetProject ?? projectPath,
      CI_MERGE_REQUEST_SOURCE_PROJECT_PATH: event.fork ?? projectPath,
      CI_MERGE_REQUEST_SOURCE_BRANCH_NAME: event.branch,
      CI_MERGE_REQUEST_SOURCE_BRANCH_SHA: event.commit,
      CI_MERGE_REQUEST_TARGET_BRANCH_NAME: event.targetBranch,
      CI_MERGE_REQUEST_DIFF_BASE_SHA: event.changesSince,
    };
  }
  if (event.event === 'tag') {
    return { ...common, CI_PIPELINE_SOURCE: 'push', CI_COMMIT_BRANCH: undefined, CI_COMMIT_TAG: event.branch };
  }
  const open = event.openMergeRequest === true ? { CI_OPEN_MERGE_REQUESTS: `${projectPath}!7` } : {};
  return { ...common, ...open, CI_PIPELINE_SOURCE: event.event, CI_COMMIT_BRANCH: event.branch };
}
