import { z } from 'zod';
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

/**
 * Who runs the job; outside a job all of it is empty. The ID token says it where there is one, because GitLab signs that: a predefined
 * variable is whatever the person who starts the pipeline sets (https://docs.gitlab.com/ci/variables/#cicd-variable-precedence).
 */
export function actorOf(env: Readonly<Record<string, string | undefined>>): Actor {
  const claims = claimsOf(env.VENDHOST_ID_TOKEN);
  const project = claims.project_path ?? env.CI_PROJECT_PATH ?? '';
  const page = (kind: 'jobs' | 'pipelines', id: string | undefined, otherwise = '') =>
    id === undefined || !env.CI_SERVER_URL ? otherwise : `${env.CI_SERVER_URL}/${project}/-/${kind}/${id}`;
  return {
    user: claims.user_login ?? env.GITLAB_USER_LOGIN ?? '',
    name: env.GITLAB_USER_NAME ?? '',
    job: page('jobs', claims.job_id, env.CI_JOB_URL),
    pipeline: page('pipelines', claims.pipeline_id, env.CI_PIPELINE_URL),
    project,
    ref: claims.ref ?? env.CI_COMMIT_REF_NAME ?? '',
  };
}

/**
 * What an ID token says (https://docs.gitlab.com/ci/secrets/id_token_authentication/#token-payload). Its signature is for AWS to check, which
 * has given no credentials for a token that is not GitLab's.
 */
function claimsOf(token = ''): Readonly<Record<string, string | undefined>> {
  const [, payload = ''] = token.split('.');
  const parsed = z.record(z.string(), z.unknown()).safeParse(jsonOf(Buffer.from(payload, 'base64url').toString()));
  const texts = Object.entries(parsed.data ?? {}).filter(([, value]) => typeof value === 'string');
  return Object.fromEntries(texts) as Record<string, string>;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
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
