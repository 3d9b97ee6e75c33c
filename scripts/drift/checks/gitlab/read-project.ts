import type { FormerRecord } from '../../../config/facts.ts';
import type { PlatformConfig } from '../../../config/platform.ts';
import { projectsOf, type TenantConfig, type TenantProject } from '../../../config/tenant.ts';
import { type GitlabApi, openGitlab } from '../../../gitlab/api.ts';
import { planVariables, readVariables } from '../../../gitlab/variables.ts';
import type { Runtime } from '../../../runtime.ts';
import { readLibraryProject } from '../../../tenant/library/library-facts.ts';
import { planLibrary } from '../../../tenant/library/plan-library.ts';
import { readProjectFacts } from '../../../tenant/project-facts.ts';
import { planProject, withLibrary } from '../../../tenant/project-plan.ts';
import { pinnedWish } from '../../../tenant/projects/pinned.ts';
import { formerProjectOf } from '../../../tenant/projects/tenant-projects.ts';
import { projectVariables } from '../../../tenant/vend-plan.ts';
import type { PlatformCheckout } from '../../checks.ts';
import { sharedByName } from '../shared.ts';
import type { ProjectState } from './find-project.ts';

const address = new WeakMap<Runtime, GitlabApi>();

/** GitLab's API, one for all environments: what is read of a project is read once. */
export function gitlabOf(runtime: Runtime, platform: PlatformConfig): GitlabApi | undefined {
  const known = address.get(runtime) ?? openGitlab(runtime, platform.gitlab);
  if (known !== undefined) address.set(runtime, known);
  return known;
}

const factsOf = sharedByName(async (gitlab: GitlabApi, path) => await readProjectFacts(gitlab, path));
const variablesOf = sharedByName(async (gitlab: GitlabApi, path) => await readVariables(gitlab, path));
const libraryOf = sharedByName(async (gitlab: GitlabApi, path) => await readLibraryProject(gitlab, path));

/** A tenant with its file and the record of its environment. */
export interface VendedTenant {
  readonly tenant: string;
  readonly config: TenantConfig;
  readonly record: FormerRecord;
}

/** Looks at one of a tenant's projects as a vend of one environment would, and plans what that would change. */
export async function readProjectState(
  gitlab: GitlabApi,
  { config: platform, target }: PlatformCheckout,
  { tenant, config, record: whole }: VendedTenant,
  project: TenantProject,
): Promise<ProjectState> {
  const { environment } = target;
  const { path, half } = project;
  const record = formerProjectOf(whole, projectsOf(config), project);
  const [facts, present, library] = await Promise.all([
    factsOf(gitlab, path),
    variablesOf(gitlab, path),
    platform.library === undefined ? undefined : libraryOf(gitlab, platform.library),
  ]);
  const branch = config.branches[environment] ?? target.config.branch;
  const plan = planProject(
    {
      ...{ tenant, path, subject: config.subject },
      environmentPrefix: config.environment_prefix,
      environments: [{ environment, branch, record }],
      elsewhere: Object.keys(config.hosts).filter((each) => each !== environment),
      ...pinnedWish(platform, tenant, config, half),
      ...{ protectBranches: false, projectId: undefined, setSubject: false },
    },
    facts,
  );
  const wish = { library: platform.library, project: facts, allow: false };
  const wanted = projectVariables({ environment, tenant }, target, config, half);
  return {
    ...{ tenant, environment, present },
    plan: withLibrary(plan, planLibrary(wish, library)),
    variables: planVariables(wanted, present),
    protectedThen: record?.environmentProtected,
  };
}
