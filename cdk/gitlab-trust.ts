import { providerName } from '../scripts/config/platform.ts';
import type { Arns } from './arns.ts';
import type { Condition, Trust } from './role.ts';

/** A project whose jobs may become a role. */
export interface GitlabProject {
  /** Address of GitLab without a slash at the end: issuer of its ID tokens. */
  readonly gitlab: string;
  /** What the jobs' ID tokens name as their audience. */
  readonly audience: string;
  /** `group/project` */
  readonly path: string;
}

/** Trust in ID tokens of jobs that run for one branch of the project, and for nothing else. */
export function branchTrust(arns: Arns, project: GitlabProject, branch: string): Trust {
  return trust(arns, project, { StringEquals: { [key(project, 'sub')]: subject(project, branch) } });
}

/** Trust in ID tokens of jobs for any branch of the project; merge requests from forks run in the fork's project. */
export function anyBranchTrust(arns: Arns, project: GitlabProject): Trust {
  return trust(arns, project, { StringLike: { [key(project, 'sub')]: subject(project, '*') } });
}

/** ARN of the account's trust in this GitLab. */
export function providerArn(arns: Arns, project: Pick<GitlabProject, 'gitlab'>): string {
  return arns.globalArn('iam', `oidc-provider/${providerName(project)}`);
}

function trust(arns: Arns, project: GitlabProject, subjects: Condition): Trust {
  const audience = { [key(project, 'aud')]: project.audience };
  return {
    principal: { Federated: providerArn(arns, project) },
    action: 'sts:AssumeRoleWithWebIdentity',
    when: { ...subjects, StringEquals: { ...audience, ...subjects.StringEquals } },
  };
}

/** https://docs.gitlab.com/ci/secrets/id_token_authentication/#token-payload */
function subject({ path }: GitlabProject, branch: string): string {
  return `project_path:${path}:ref_type:branch:ref:${branch}`;
}

function key(project: GitlabProject, claim: 'sub' | 'aud'): string {
  return `${providerName(project)}:${claim}`;
}
