import { abbreviated } from '../../output.ts';
import type { GitlabApi } from '../api.ts';

/** A deployment that no job of GitLab's is (https://docs.gitlab.com/api/deployments/#create-a-deployment). */
export interface DeploymentEntry {
  /** GitLab's name of the environment. */
  readonly environment: string;
  readonly commit: string;
  readonly branch: string;
  readonly status: 'success' | 'failed';
}

const hints = {
  401: "the job's own token may write deployments from GitLab 16.2 on, and only while the job runs",
  403: 'whoever starts the job must be allowed to deploy to the environment (Settings > CI/CD > Protected environments)',
  404: 'the job token reaches its own project only',
};

/**
 * Writes down a deployment that has ended, unless the environment's newest one says the same, as after a job that was run again. With the job's
 * own token: whoever may start the job may deploy. What GitLab's own jobs have deployed cannot be changed this way (`lib/api/deployments.rb`).
 */
export async function createDeployment(
  api: GitlabApi,
  project: string,
  { environment, commit, branch, status }: DeploymentEntry,
): Promise<'created' | 'unchanged'> {
  const [newest] = await api.call(
    `read the newest deployment to ${environment}`,
    (client) => client.Deployments.all(project, { environment, orderBy: 'id', sort: 'desc', perPage: 1, maxPages: 1 }),
    hints,
  );
  if (newest?.sha === commit && newest.status === status) return 'unchanged';
  await api.call(
    `write the deployment of ${abbreviated(commit)} to ${environment}`,
    (client) => client.Deployments.create(project, environment, commit, branch, false, { status }),
    hints,
  );
  return 'created';
}
