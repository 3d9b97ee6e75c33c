import type { Trust } from './access-role.ts';
import type { Condition, Scope } from './access-scope.ts';

export interface GitlabProject {
  /** Address of GitLab without a slash at the end: issuer and audience of its ID tokens. */
  readonly gitlab: string;
  /** `group/project` */
  readonly path: string;
}

/** Trust in ID tokens of jobs that run for one branch of the project, and for nothing else. */
export function branchTrust(scope: Scope, project: GitlabProject, branch: string): Trust {
  return trust(scope, project, { StringEquals: { [key(project, 'sub')]: subject(project, branch) } });
}

/** Trust in ID tokens of jobs for any branch of the project; merge requests from forks run in the fork's project. */
export function anyBranchTrust(scope: Scope, project: GitlabProject): Trust {
  return trust(scope, project, { StringLike: { [key(project, 'sub')]: subject(project, '*') } });
}

function trust(scope: Scope, project: GitlabProject, subjects: Condition): Trust {
  const audience = { [key(project, 'aud')]: project.gitlab };
  return {
    principal: { Federated: scope.globalArn('iam', `oidc-provider/${providerName(project)}`) },
    action: 'sts:AssumeRoleWithWebIdentity',
    when: { ...subjects, StringEquals: { ...audience, ...subjects.StringEquals } },
  };
}

/** https://docs.gitlab.com/ci/secrets/id_token_authentication/#token-payload */
function subject({ path }: GitlabProject, branch: string): string {
  return `project_path:${path}:ref_type:branch:ref:${branch}`;
}

/** IAM names a provider and its condition keys by the address without its scheme. */
function providerName({ gitlab }: GitlabProject): string {
  return gitlab.replace(/^https?:\/\//, '');
}

function key(project: GitlabProject, claim: 'sub' | 'aud'): string {
  return `${providerName(project)}:${claim}`;
}
