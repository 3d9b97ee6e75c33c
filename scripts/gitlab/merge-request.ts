type Variables = Readonly<Record<string, string | undefined>>;

/** A merge request of a project. */
export interface MergeRequestName {
  /** Path or number of the project. */
  readonly project: string;
  readonly iid: number;
}

/** Whether the job is of a merge request from another project (https://docs.gitlab.com/ci/variables/predefined_variables/). */
export function isFromFork(env: Variables): boolean {
  const { CI_MERGE_REQUEST_SOURCE_PROJECT_PATH: source, CI_MERGE_REQUEST_PROJECT_PATH: target } = env;
  return source !== undefined && target !== undefined && source !== target;
}

/**
 * The merge requests that a job works for: its own in a pipeline of a merge request, those that are open from its branch in a branch
 * pipeline (`CI_OPEN_MERGE_REQUESTS`, at most four, like `acme/shop!7,acme/shop!9`).
 */
export function mergeRequestsOf(env: Variables): MergeRequestName[] {
  const { CI_MERGE_REQUEST_IID: own, CI_MERGE_REQUEST_PROJECT_PATH: project, CI_OPEN_MERGE_REQUESTS: open = '' } = env;
  if (own !== undefined && project !== undefined) return [{ project, iid: Number(own) }];
  return [...open.matchAll(/([^,!\s]+)!(\d+)/g)].map(([, path = '', iid]) => ({ project: path, iid: Number(iid) }));
}
