import type { Actor } from '../config/stored.ts';

/** What GitLab says of the push a job works on (https://docs.gitlab.com/ci/variables/predefined_variables/). */
export interface Push {
  readonly commit: string;
  readonly branch: string;
  readonly author: string;
  readonly message: string;
  readonly repository: string;
  readonly pipelineUrl: string;
}

/** Reads the push from the job's predefined variables; what is absent outside a job is an empty text. */
export function pushOf(env: Readonly<Record<string, string | undefined>>): Push {
  return {
    commit: env.CI_COMMIT_SHA ?? '',
    branch: env.CI_COMMIT_REF_NAME ?? '',
    author: env.CI_COMMIT_AUTHOR ?? '',
    message: env.CI_COMMIT_MESSAGE ?? '',
    repository: env.CI_PROJECT_URL ?? '',
    pipelineUrl: env.CI_PIPELINE_URL ?? '',
  };
}

/** Who runs the job, by its predefined variables; outside a job all of it is empty. */
export function actorOf(env: Readonly<Record<string, string | undefined>>): Actor {
  return {
    user: env.GITLAB_USER_LOGIN ?? '',
    name: env.GITLAB_USER_NAME ?? '',
    job: env.CI_JOB_URL ?? '',
    pipeline: env.CI_PIPELINE_URL ?? '',
    project: env.CI_PROJECT_PATH ?? '',
    ref: env.CI_COMMIT_REF_NAME ?? '',
  };
}

/**
 * URL of the merge request that a commit merged, by the last line of GitLab's default message of a merge commit
 * (https://docs.gitlab.com/user/project/merge_requests/commit_templates/); empty where the message has none of this project.
 */
export function mergeRequestOf(env: Readonly<Record<string, string | undefined>>): string {
  const { CI_PROJECT_PATH: path = '', CI_PROJECT_URL: project = '', CI_COMMIT_MESSAGE: message = '' } = env;
  const [, from, iid] = /^See merge request (\S*)!(\d+)\s*$/m.exec(message) ?? [];
  if (iid === undefined || project === '' || from !== path) return '';
  return `${project}/-/merge_requests/${iid}`;
}
