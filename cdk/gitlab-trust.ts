import { providerName } from '../scripts/config/platform.ts';
import type { SubjectForm, SubjectTrust } from '../scripts/config/tenant.ts';
import type { Arns } from './arns.ts';
import type { Condition, Trust } from './role.ts';

/** A GitLab project whose jobs may assume a role. */
export interface GitlabProject {
  /** Issuer of its ID tokens: an address without a slash at the end. */
  readonly issuer: string;
  /** Audience of the jobs' ID tokens. */
  readonly audience: string;
  /** `group/project` */
  readonly path: string;
  /** How its ID tokens name it; by default by its path, as GitLab does. */
  readonly trust?: SubjectTrust;
}

/** Trusts ID tokens of jobs that run on one branch of the project, and no other. */
export function branchTrust(arns: Arns, project: GitlabProject, branch: string): Trust {
  const subjects = formsOf(project).flatMap((form) => branchSubjects[form](project, branch));
  return trust(arns, project, { StringEquals: { [key(project, 'sub')]: single(subjects) } });
}

/**
 * Trusts ID tokens of jobs on any branch of the project, or of several projects with one issuer and audience. Those of a fork's merge request name the fork's project, since GitLab
 * 18.2.2 even if the pipeline runs in the parent project.
 */
export function anyBranchTrust(arns: Arns, project: GitlabProject, ...others: readonly GitlabProject[]): Trust {
  const subjects = [project, ...others].flatMap((each) => formsOf(each).map((form) => `${start(each, form)}*`));
  return trust(arns, project, { StringLike: { [key(project, 'sub')]: single(subjects) } });
}

/** ARN of the account's OIDC provider for this GitLab. */
export function providerArn(arns: Arns, project: Pick<GitlabProject, 'issuer'>): string {
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

function formsOf({ trust: known }: GitlabProject): readonly SubjectForm[] {
  return known?.subjects ?? ['project_path'];
}

/** The subjects of jobs on a branch, in each form (https://docs.gitlab.com/ci/secrets/id_token_authentication/#token-payload). */
const branchSubjects: Readonly<Record<SubjectForm, (project: GitlabProject, branch: string) => string[]>> = {
  project_path: (project, branch) => [`${start(project, 'project_path')}${branch}`],
  project_id(project, branch) {
    const protectedRef = `${start(project, 'project_id')}${branch}:ref_protected:true`;
    const only = `${protectedRef}:environment_protected:true`;
    // GitLab omits what a job does not have: without an environment there is no such component.
    const others = [protectedRef, `${protectedRef}:environment_protected:false`];
    return project.trust?.environmentProtected === true ? [only] : [...others, only];
  },
};

/** A subject up to the branch's name. No branch name contains a colon, so the subject is unambiguous. */
function start({ path, trust: known }: GitlabProject, form: SubjectForm): string {
  if (form === 'project_path') return `project_path:${path}:ref_type:branch:ref:`;
  if (known?.projectId === undefined) throw new Error(`trust in ${path} by its id, without the id`);
  return `project_id:${known.projectId}:ref_type:branch:ref:`;
}

function single(subjects: readonly string[]): string | readonly string[] {
  return subjects.length === 1 ? (subjects[0] as string) : subjects;
}

function key(project: GitlabProject, claim: 'sub' | 'aud'): string {
  return `${providerName(project)}:${claim}`;
}
