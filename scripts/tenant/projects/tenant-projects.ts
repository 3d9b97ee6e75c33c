import type { VendedRecord } from '../../config/facts.ts';
import type { PlatformConfig } from '../../config/platform.ts';
import { projectsOf, type SubjectTrust, samePath, type TenantConfig, type TenantProject } from '../../config/tenant.ts';
import { VendhostError } from '../../errors.ts';
import type { GitlabApi } from '../../gitlab/api.ts';
import { readProject } from '../../gitlab/project.ts';
import type { ProjectWish } from '../project-findings.ts';
import type { ProjectPlan } from '../project-plan.ts';
import { lookAtProject } from '../setup/look-at-project.ts';
import { setupWish } from '../setup/starter.ts';
import { pinnedWish } from './pinned.ts';

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
  /** Whether it still has to be created. */
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
  const planOf = async (project: TenantProject, projectId: number | undefined): Promise<PlannedProject> => {
    const own = {
      ...wishFor(wish, projects, project),
      key: project.half === undefined ? 'project' : `projects.${project.half}`,
      ...{ projectId, setup: setupWish(platform, wish.tenant, tenant, project.half) },
      ...pinnedWish(platform, wish.tenant, tenant, project.half),
    };
    return { ...project, plan: await lookAtProject(gitlab, platform, own) };
  };
  const { projectId } = wish;
  const [first, second] = projects;
  if (second === undefined) return [await planOf(first, projectId)];
  if (gitlab === undefined || projectId === undefined) {
    return [await planOf(first, projectId), await planOf(second, projectId)];
  }
  // A number is of one project: the other one is judged as without it.
  const ids = [(await readProject(gitlab, first.path)).id, (await readProject(gitlab, second.path)).id];
  if (!ids.includes(projectId)) {
    throw new VendhostError('PROJECT_CHANGED', `neither project of ${wish.tenant} is number ${projectId}`, {
      details: projects.map(({ path }, index) => `${path} is project ${ids[index]}`),
      hint: 'give --project-id the number of one of them, as its page in GitLab shows it',
    });
  }
  const meant = (index: number) => (ids[index] === projectId ? projectId : undefined);
  return [await planOf(first, meant(0)), await planOf(second, meant(1))];
}

/** The variables of one project among those of all. */
export function ownChanges<T extends { readonly project: string }>(changes: readonly T[], path: string): T[] {
  return changes.filter(({ project }) => project === path);
}

function wishFor(wish: TenantWish, projects: readonly TenantProject[], project: TenantProject): ProjectWish {
  const environments = wish.environments.map((each) => ({
    ...each,
    record: formerProjectOf(each.record, projects, project),
  }));
  return { ...wish, path: project.path, environments };
}

/**
 * What a record says about one of the tenant's projects. A tenant may have had one project and have two now, or the other way round: what
 * is recorded for a path counts for that path, whatever half it was; else what is recorded for the same half, unless another
 * of the projects has that path now.
 */
export function formerProjectOf(
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
