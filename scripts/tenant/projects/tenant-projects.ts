import type { VendedRecord } from '../../config/facts.ts';
import type { PlatformConfig } from '../../config/platform.ts';
import { projectsOf, type SubjectTrust, samePath, type TenantConfig, type TenantProject } from '../../config/tenant.ts';
import { VendhostError } from '../../errors.ts';
import type { GitlabApi } from '../../gitlab/api.ts';
import type { ProjectWish } from '../project-findings.ts';
import type { ProjectPlan } from '../project-plan.ts';
import { lookAtProject } from '../setup/look-at-project.ts';

/** A project of a tenant, and what vending makes of it. */
export interface PlannedProject extends TenantProject {
  readonly plan: ProjectPlan;
}

/** A tenant's only project, or its two: infrastructure first. */
export type PlannedProjects = readonly [PlannedProject, ...PlannedProject[]];

/** A project of a tenant, as the roles of one environment know it. */
export interface TrustedProject extends TenantProject {
  /** Which ID tokens of it the roles trust. */
  readonly trust: SubjectTrust;
  /** Whether it is yet to be made. */
  readonly isNew?: boolean;
}

/** What all projects of a tenant have in common; `environments` with whole records. */
export type TenantWish = Omit<ProjectWish, 'path' | 'environments'> & {
  readonly environments: readonly {
    readonly environment: string;
    readonly branch: string;
    readonly record: VendedRecord | undefined;
  }[];
};

/** Looks at each project of a tenant and plans what vending would change there; without a token, by what is recorded. */
export async function planProjects(
  gitlab: GitlabApi | undefined,
  platform: PlatformConfig,
  tenant: TenantConfig,
  wish: TenantWish,
): Promise<PlannedProjects> {
  const projects = projectsOf(tenant);
  const look = (project: TenantProject, projectId: number | undefined) =>
    lookAtProject(gitlab, platform, { ...wishFor(wish, projects, project), projectId });
  if (projects.length === 1 || gitlab === undefined || wish.projectId === undefined) {
    return planned(projects, await Promise.all(projects.map((project) => look(project, wish.projectId))));
  }
  // A number is of one project: the other one is judged as without it.
  const plans = await Promise.all(projects.map((project) => look(project, undefined)));
  const meant = plans.findIndex(({ id }) => id === wish.projectId);
  if (meant < 0) {
    throw new VendhostError('PROJECT_CHANGED', `neither project of ${wish.tenant} is number ${wish.projectId}`, {
      details: plans.map(({ path, id }) => `${path} is project ${id}`),
      hint: 'give --project-id the number of one of them, as its page in GitLab shows it',
    });
  }
  const again = await look(projects[meant] as TenantProject, wish.projectId);
  return planned(projects, plans.with(meant, again));
}

function planned(projects: readonly TenantProject[], plans: readonly ProjectPlan[]): PlannedProjects {
  const [first, ...others] = projects.flatMap((project, index) => {
    const plan = plans[index];
    return plan === undefined ? [] : [{ ...project, plan }];
  });
  if (first === undefined) throw new Error('a tenant without a project');
  return [first, ...others];
}

function wishFor(wish: TenantWish, projects: readonly TenantProject[], project: TenantProject): ProjectWish {
  const environments = wish.environments.map((each) => ({ ...each, record: recordOf(each.record, projects, project) }));
  return { ...wish, path: project.path, environments };
}

/**
 * What a record says of one of the tenant's projects. A tenant may have had one project and have two now, or the other way round: what
 * is recorded for a path counts for that path, whatever half it was; else what is recorded for the same half, unless another
 * of the projects has that path now.
 */
export function recordOf(
  record: VendedRecord | undefined,
  projects: readonly Pick<TenantProject, 'path'>[],
  { path, half }: TenantProject,
): ProjectWish['environments'][number]['record'] {
  if (record === undefined) return undefined;
  const recorded = [record, ...(record.software === undefined ? [] : [record.software])];
  const same = recorded.find((each) => samePath(each.project, path));
  if (same !== undefined) return same;
  const former = half === 'software' ? record.software : record;
  return projects.some((each) => former !== undefined && samePath(each.path, former.project)) ? undefined : former;
}
