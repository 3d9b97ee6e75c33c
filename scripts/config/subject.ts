/**
 * What the claim `sub` of a project's ID tokens begins with. AWS knows no other claim of GitLab's that tells projects apart
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html).
 */
export const subjectForms = ['project_path', 'project_id'] as const;
export type SubjectForm = (typeof subjectForms)[number];

/**
 * The components of each form, as the projects API has them in `ci_id_token_sub_claim_components`
 * (https://docs.gitlab.com/api/projects/#edit-a-project). The first is GitLab's default.
 */
export const subjectComponents: Readonly<Record<SubjectForm, readonly string[]>> = {
  project_path: ['project_path', 'ref_type', 'ref'],
  project_id: ['project_id', 'ref_type', 'ref', 'ref_protected', 'environment_protected'],
};

/** Which ID tokens of a tenant's project the roles of one environment trust. */
export interface SubjectTrust {
  /** Two while the project changes from one to the other. */
  readonly subjects: readonly SubjectForm[];
  /** GitLab's number of the project; needed by the form `project_id`. */
  readonly projectId?: number | undefined;
  /** Whether only jobs of the protected environment become the deploy role; the form `project_path` cannot ask that. */
  readonly environmentProtected?: boolean | undefined;
}

/** The form that a project's components are of; `undefined` when somebody chose others. */
export function subjectFormOf(components: readonly string[]): SubjectForm | undefined {
  return subjectForms.find((form) => subjectComponents[form].join() === components.join());
}
