import type { Environment } from '../../config/environment.ts';
import { projectsOf, type TenantConfig } from '../../config/tenant.ts';
import { VendhostError } from '../../errors.ts';
import type { GitlabApi } from '../../gitlab/api.ts';
import type { Output } from '../../output.ts';
import { readRecords } from '../../platform/status/read-ownership.ts';
import type { Retiring } from './read-retire.ts';
import type { RetireStanding } from './retire-plan.ts';
import { type OwnProject, readOwnProject } from './retire-project.ts';

export interface WhoseProjects {
  /** The tenant's file, if it still exists. */
  readonly file: TenantConfig | undefined;
  /** The environments that the tenant is retired in by this run. */
  readonly leaving: readonly Environment[];
}

/**
 * The projects that the tenant was vended for, one or two: those of the record, else of the file. None without a token; one that is gone has
 * nothing that could be undone.
 */
export async function lookAtOwnProjects(
  out: Output,
  { place, aws, config }: Retiring,
  gitlab: GitlabApi | undefined,
  { file, leaving }: WhoseProjects,
): Promise<RetireStanding['projects']> {
  if (gitlab === undefined) return [];
  const records = await readRecords({ environment: place.environment, config, aws });
  const record = records.find(({ tenant }) => tenant === place.tenant)?.content;
  const branch = record?.branch ?? file?.branches[place.environment] ?? config.branch;
  const own: readonly Pick<OwnProject, 'path' | 'projectId'>[] =
    record === undefined
      ? file === undefined
        ? []
        : projectsOf(file)
      : [record, ...(record.software === undefined ? [] : [record.software])].map(({ project, projectId }) => {
          return { path: project, ...(projectId === undefined ? {} : { projectId }) };
        });
  const found = await Promise.all(
    own.map(async ({ path, projectId }) => {
      try {
        return [await readOwnProject(gitlab, place, config, { path, projectId, branch, leaving })];
      } catch (error) {
        if (!(error instanceof VendhostError && error.code === 'GITLAB_PROJECT_UNKNOWN')) throw error;
        const which = projectId === undefined ? path : `project ${projectId}, which was ${path}`;
        out.warn(`GitLab does not know ${which}, or not for this token: nothing is undone there`);
        return [];
      }
    }),
  );
  return found.flat();
}
