import { VendhostError } from '../../errors.ts';
import type { GitlabApi } from '../api.ts';
import { type PlannedCall, projectPart } from '../http/planned-call.ts';

/** Names of files and folders at the top of a branch; reads all pages (https://docs.gitlab.com/api/repositories/#list-repository-tree). */
export async function readRoot(api: GitlabApi, project: string, branch: string): Promise<string[]> {
  const all = await api.call(`read the files at the top of ${branch} of ${project}`, (client) =>
    client.Repositories.allRepositoryTrees(project, { ref: branch, perPage: 100 }),
  );
  return all.map(({ name }) => name);
}

/** The text of a file (https://docs.gitlab.com/api/repository_files/); `undefined` where it is not there. */
export async function readText(
  api: GitlabApi,
  project: string,
  branch: string,
  path: string,
): Promise<string | undefined> {
  const read = api.call(`read ${path} of ${project}`, (client) => client.RepositoryFiles.show(project, path, branch));
  const file = await read.catch(undefinedIfAbsent);
  return file === undefined ? undefined : Buffer.from(file.content, 'base64').toString();
}

/** Whether a branch is there (https://docs.gitlab.com/api/branches/). */
export async function hasBranch(api: GitlabApi, project: string, branch: string): Promise<boolean> {
  const read = api.call(`read the branch ${branch} of ${project}`, (client) => client.Branches.show(project, branch));
  return (await read.catch(undefinedIfAbsent)) !== undefined;
}

export function createBranchCall(project: string, branch: string, from: string): PlannedCall {
  return { method: 'POST', path: projectPart(project, 'repository', 'branches'), body: { branch, ref: from } };
}

/** A file to be written. */
export interface CommittedFile {
  readonly path: string;
  readonly text: string;
  readonly executable?: boolean;
}

/**
 * A commit of new files (https://docs.gitlab.com/api/commits/#create-a-commit): to a new branch that starts where another one is, or to a
 * repository in which there is nothing yet, whose default branch it then is.
 */
export function commitCall(
  project: string,
  { branch, from, message }: { readonly branch: string; readonly from?: string; readonly message: string },
  files: readonly CommittedFile[],
): PlannedCall {
  const actions = files.map(({ path, text, executable }) => ({
    action: 'create',
    file_path: path,
    content: text,
    ...(executable === true ? { execute_filemode: true } : {}),
  }));
  const start = from === undefined ? {} : { start_branch: from };
  const body = { branch, ...start, commit_message: message, actions };
  return { method: 'POST', path: projectPart(project, 'repository', 'commits'), body };
}

/** Whether a branch has or had a merge request, in any state (https://docs.gitlab.com/api/merge_requests/#list-project-merge-requests). */
export async function hasMergeRequest(api: GitlabApi, project: string, branch: string): Promise<boolean> {
  const all = await api.call(`read the merge requests of ${branch} of ${project}`, (client) =>
    client.MergeRequests.all({ projectId: project, sourceBranch: branch, perPage: 100 }),
  );
  return all.length > 0;
}

export function mergeRequestCall(
  project: string,
  request: { readonly source: string; readonly target: string; readonly title: string; readonly description: string },
): PlannedCall {
  const { source, target, title, description } = request;
  const body = { source_branch: source, target_branch: target, title, description, remove_source_branch: true };
  return { method: 'POST', path: projectPart(project, 'merge_requests'), body };
}

function undefinedIfAbsent(error: unknown): undefined {
  if (error instanceof VendhostError && error.code === 'GITLAB_PROJECT_UNKNOWN') return undefined;
  throw error;
}
