import type { VendedRecord } from '../../config/facts.ts';
import type { PlatformConfig } from '../../config/platform.ts';
import { projectsOf, type SubjectTrust, samePath, type TenantConfig, type TenantProject } from '../../config/tenant.ts';
import { VendhostError } from '../../errors.ts';
import type { GitlabApi } from '../../gitlab/api.ts';
import { readLibraryProject } from '../library/library-facts.ts';
import { planLibrary } from '../library/plan-library.ts';
import { readProjectFacts } from '../project-facts.ts';
import type { ProjectWish } from '../project-findings.ts';
import { type ProjectPlan, planProject, withLibrary } from '../project-plan.ts';

/** A project of a tenant, and what vending makes of it. */
export interface PlannedProject extends TenantProject {
  readonly plan: ProjectPlan;
}

/** A project of a tenant, as the roles of one environment know it. */
export interface TrustedProject extends TenantProject {
  /** Which ID tokens of it the roles trust. */
  readonly trust: SubjectTrust;
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
  { library }: Pick<PlatformConfig, 'library'>,
  tenant: TenantConfig,
  wish: TenantWish,
): Promise<[PlannedProject, ...PlannedProject[]]> {
  const projects = projectsOf(tenant);
  if (gitlab === undefined)
    return planned(projects, (project) => planProject(wishFor(wish, projects, project), undefined));
  const facts = await Promise.all(projects.map(({ path }) => readProjectFacts(gitlab, path)));
  const shared = library === undefined ? undefined : await readLibraryProject(gitlab, library);
  const isMeant = projects.map((_, index) => facts[index]?.id === wish.projectId);
  if (projects.length > 1 && wish.projectId !== undefined && !isMeant.includes(true)) {
    throw new VendhostError('PROJECT_CHANGED', `neither project of ${wish.tenant} is number ${wish.projectId}`, {
      details: facts.map(({ path, id }) => `${path} is project ${id}`),
      hint: 'give --project-id the number of one of them, as its page in GitLab shows it',
    });
  }
  const allow = wish.allowLibrary ?? false;
  return planned(projects, (project, index) => {
    // A number is of one project: of two, the other one is judged as without it.
    const projectId = projects.length > 1 && isMeant[index] !== true ? undefined : wish.projectId;
    const found = facts[index];
    const plan = planProject({ ...wishFor(wish, projects, project), projectId }, found);
    return found === undefined ? plan : withLibrary(plan, planLibrary({ library, project: found, allow }, shared));
  });
}

function planned(
  projects: readonly TenantProject[],
  planOf: (project: TenantProject, index: number) => ProjectPlan,
): [PlannedProject, ...PlannedProject[]] {
  const [first, ...others] = projects.map((project, index) => ({ ...project, plan: planOf(project, index) }));
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
