import type { PipelineVariables } from './rules/rule-expression.ts';

/** What can start a pipeline, in users' words; `pipeline` is one of another project, `parent_pipeline` one of this. */
export const pipelineEvents = [
  'push',
  'merge_request',
  'fork',
  'merge_train',
  'tag',
  'schedule',
  'web',
  'api',
  'trigger',
  'pipeline',
  'parent_pipeline',
] as const;
export type PipelineEvent = (typeof pipelineEvents)[number];

export interface Happening {
  readonly event: PipelineEvent;
  /** The branch; for a merge request its source, for a tag the tag. */
  readonly branch: string;
  /** Branch a merge request is to be merged into. */
  readonly target?: string | undefined;
  /** Whether a merge request from this branch is open. */
  readonly openMergeRequest?: boolean;
  /** Files that the push or the merge request changes; absent for a new branch, where every file counts as changed. */
  readonly changed?: readonly string[] | undefined;
  /** The project's default branch. */
  readonly defaultBranch?: string | undefined;
}

const project = 'group/project';
const host = 'gitlab.example.com';

/** Predefined variables that are unknown without GitLab: each gets a placeholder. */
export const madeUp: PipelineVariables = {
  CI_PROJECT_PATH: project,
  CI_PROJECT_NAME: 'project',
  CI_PROJECT_NAMESPACE: 'group',
  CI_SERVER_FQDN: host,
  CI_SERVER_HOST: host,
  CI_SERVER_URL: `https://${host}`,
};

/** Predefined variables that only some events have: if one is missing here, it is missing in GitLab. */
export const ofSomeEvents = [
  'CI_COMMIT_BRANCH',
  'CI_COMMIT_TAG',
  'CI_OPEN_MERGE_REQUESTS',
  'CI_MERGE_REQUEST_ID',
  'CI_MERGE_REQUEST_IID',
  'CI_MERGE_REQUEST_EVENT_TYPE',
  'CI_MERGE_REQUEST_PROJECT_PATH',
  'CI_MERGE_REQUEST_SOURCE_PROJECT_PATH',
  'CI_MERGE_REQUEST_SOURCE_BRANCH_NAME',
  'CI_MERGE_REQUEST_TARGET_BRANCH_NAME',
] as const;

/** The predefined variables that tell events apart (https://docs.gitlab.com/ci/variables/predefined_variables/). */
export function eventVariables({
  event,
  branch,
  target,
  openMergeRequest,
  defaultBranch,
}: Happening): PipelineVariables {
  const common = {
    ...madeUp,
    CI: 'true',
    CI_COMMIT_REF_NAME: branch,
    CI_COMMIT_REF_SLUG: slugOf(branch),
    CI_DEFAULT_BRANCH: defaultBranch ?? 'main',
    CI_SERVER: 'yes',
    CI_SERVER_NAME: 'GitLab',
    GITLAB_CI: 'true',
  };
  if (event === 'tag') return { ...common, CI_PIPELINE_SOURCE: 'push', CI_COMMIT_TAG: branch };
  if (!isOfMergeRequest(event)) {
    const open = openMergeRequest === true ? { CI_OPEN_MERGE_REQUESTS: `${project}!1` } : {};
    return { ...common, ...open, CI_PIPELINE_SOURCE: event, CI_COMMIT_BRANCH: branch };
  }
  return {
    ...common,
    // The pipeline of a fork's merge request runs in the fork.
    CI_PROJECT_PATH: event === 'fork' ? 'somebody/project' : project,
    CI_PIPELINE_SOURCE: 'merge_request_event',
    CI_OPEN_MERGE_REQUESTS: `${project}!1`,
    CI_MERGE_REQUEST_ID: '1001',
    CI_MERGE_REQUEST_IID: '1',
    CI_MERGE_REQUEST_EVENT_TYPE: event === 'merge_train' ? 'merge_train' : 'detached',
    CI_MERGE_REQUEST_PROJECT_PATH: project,
    CI_MERGE_REQUEST_SOURCE_PROJECT_PATH: event === 'fork' ? 'somebody/project' : project,
    CI_MERGE_REQUEST_SOURCE_BRANCH_NAME: branch,
    CI_MERGE_REQUEST_TARGET_BRANCH_NAME: target ?? '',
  };
}

/** Lower case, at most 63 characters, `-` for all but letters and digits, none at the ends. */
function slugOf(ref: string): string {
  return ref
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '-')
    .slice(0, 63)
    .replaceAll(/^-+|-+$/g, '');
}

export function isOfMergeRequest(event: PipelineEvent): boolean {
  return event === 'merge_request' || event === 'fork' || event === 'merge_train';
}

/**
 * Files that `rules:changes` compares with; `undefined` if GitLab has no comparison and the rule is true: in
 * new branches, and in all pipelines except those of pushes and merge requests (https://docs.gitlab.com/ci/yaml/#ruleschanges).
 */
export function comparedFiles({ event, changed }: Happening): readonly string[] | undefined {
  return event === 'push' || isOfMergeRequest(event) ? changed : undefined;
}
