import { providerName } from '../scripts/config/platform.ts';
import type { Arns } from './arns.ts';
import type { Condition, Trust } from './role.ts';

/** A GitLab project whose jobs may assume a role. */
export interface GitlabProject {
  /** Address of GitLab, without a slash at the end: the issuer of its ID tokens. */
  readonly gitlab: string;
  /** Audience of the jobs' ID tokens. */
  readonly audience: string;
  /** `group/project` */
  readonly path: string;
}

/** Trusts ID tokens of jobs that run on one branch of the project, and no other. */
export function branchTrust(arns: Arns, project: GitlabProject, branch: string): Trust {
  return trust(arns, project, { StringEquals: { [key(project, 'sub')]: subject(project, branch) } });
}

/** Trusts ID tokens of jobs on any branch of the project. Those of a fork's merge request name the fork's project. */
export function anyBranchTrust(arns: Arns, project: GitlabProject): Trust {
  return trust(arns, project, { StringLike: { [key(project, 'sub')]: subject(project, '*') } });
}

/** ARN of the account's OIDC provider for this GitLab. */
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
