import { VendhostError } from '../errors.ts';
import type { GitlabApi } from './api.ts';
import { type PlannedCall, projectPart, sendCall } from './http/planned-call.ts';
import { readProject } from './project.ts';

/** Sets the components of the subject of a project's ID tokens (https://docs.gitlab.com/api/projects/#edit-a-project). */
export function subjectCall(project: string, components: readonly string[]): PlannedCall {
  return { method: 'PUT', path: projectPart(project), body: { ci_id_token_sub_claim_components: components } };
}

/**
 * Sets the components of the subject of a project's ID tokens and reads them back. Throws `SUBJECT_REFUSED` when this GitLab does not take them, `SUBJECT_NOT_SET` when it has others afterwards.
 */
export async function writeTokenSubject(api: GitlabApi, project: string, components: readonly string[]): Promise<void> {
  const wanted = components.join(', ');
  const what = `set the subject of the ID tokens of ${project} to ${wanted}`;
  await sendCall(api, what, subjectCall(project, components)).catch((error: unknown) => {
    if (!(error instanceof VendhostError) || error.code !== 'GITLAB_REFUSED') throw error;
    throw new VendhostError('SUBJECT_REFUSED', error.message, {
      details: error.details,
      hint: "set subject: project_path in the tenant's file and vend again: the roles then identify the project by its path",
      cause: error,
    });
  });
  const { subject = [] } = await readProject(api, project);
  if (subject.join() === components.join()) return;
  throw new VendhostError('SUBJECT_NOT_SET', `GitLab did not keep the subject of the ID tokens of ${project}`, {
    details: [`wanted ${wanted}`, `found ${subject.join(', ') || 'none'}`],
    hint: 'vend again; until then the roles trust what the project had before',
  });
}
