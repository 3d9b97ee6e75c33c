import { VendhostError } from '../../errors.ts';
import type { GitlabApi } from '../api.ts';
import type { PlannedCall } from '../http/planned-call.ts';

/** The number of a group, or of a user's own namespace (https://docs.gitlab.com/api/namespaces/); `undefined` where the token sees none. */
export async function readNamespace(api: GitlabApi, path: string): Promise<number | undefined> {
  const read = api.call(`read the group ${path}`, (client) => client.Namespaces.show(path));
  const found = await read.catch((error: unknown) => {
    if (error instanceof VendhostError && error.code === 'GITLAB_PROJECT_UNKNOWN') return undefined;
    throw error;
  });
  return found?.id;
}

/**
 * A private project with one commit, of a README, because GitLab makes neither a branch nor a merge request in an empty one
 * (https://docs.gitlab.com/api/projects/#create-a-project). Auto DevOps would start pipelines of its own as long as there is no pipeline file.
 */
export function createProjectCall(
  name: string,
  { namespace, defaultBranch, description }: { namespace: number; defaultBranch: string; description: string },
): PlannedCall {
  return {
    method: 'POST',
    path: 'projects',
    body: {
      ...{ name, path: name, namespace_id: namespace, description, visibility: 'private' },
      ...{ initialize_with_readme: true, default_branch: defaultBranch, auto_devops_enabled: false },
    },
  };
}
