import type { PlatformConfig } from '../../config/platform.ts';
import { VendhostError } from '../../errors.ts';
import type { GitlabApi } from '../../gitlab/api.ts';
import { type Project, readProject, readVersion } from '../../gitlab/project.ts';
import { readNamespace } from '../../gitlab/setup/new-project.ts';
import { readLibraryProject } from '../library/library-facts.ts';
import { planLibrary } from '../library/plan-library.ts';
import { type ProjectFacts, readProjectFacts } from '../project-facts.ts';
import { knownProjects, type ProjectWish } from '../project-findings.ts';
import { type ProjectPlan, planProject, withLibrary } from '../project-plan.ts';
import { planAbsent, planNewProject } from './make-project.ts';
import { madeDescription } from './setup-facts.ts';

/** What GitLab reports about the tenant's project, and about the library that it should use, as a plan. */
export async function lookAtProject(
  gitlab: GitlabApi | undefined,
  { library }: PlatformConfig,
  wish: ProjectWish,
): Promise<ProjectPlan> {
  if (gitlab === undefined) return planProject(wish, undefined);
  const facts = await readOrAbsent(gitlab, wish);
  if ('trust' in facts) return facts;
  const plan = planProject({ ...wish, moved: await movedFrom(gitlab, wish, facts) }, facts);
  const shared = library === undefined ? undefined : await readLibraryProject(gitlab, library);
  const allow = wish.allowLibrary ?? false;
  return withLibrary(plan, planLibrary({ library, project: facts, allow, allowIfAble: plan.isSetUp }, shared));
}

/** The project's facts, or a plan if there is no project at that path. */
async function readOrAbsent(gitlab: GitlabApi, wish: ProjectWish): Promise<ProjectFacts | ProjectPlan> {
  const branches = wish.environments.map(({ branch }) => branch);
  const isWanted = ({ settings }: Project) =>
    wish.adopt === true || settings.description === madeDescription(wish.tenant);
  try {
    return await readProjectFacts(gitlab, wish.path, wish.setup === undefined ? undefined : { branches, isWanted });
  } catch (error) {
    if (!isUnknown(error) || wish.setup === undefined) throw error;
    const [known] = knownProjects(wish);
    if (known !== undefined) return planAbsent(wish, known.id, await pathOf(gitlab, known.id));
    const namespace = await readNamespace(gitlab, wish.path.split('/').slice(0, -1).join('/'));
    if (namespace === undefined) throw error;
    return planNewProject(wish, namespace, await readVersion(gitlab));
  }
}

/** Where the vended project is now, if its path leads to another one. */
async function movedFrom(gitlab: GitlabApi, wish: ProjectWish, { id }: ProjectFacts): Promise<string | undefined> {
  const other = knownProjects(wish).find((each) => each.id !== id);
  return other === undefined ? undefined : await pathOf(gitlab, other.id);
}

async function pathOf(gitlab: GitlabApi, id: number): Promise<string | undefined> {
  const read = readProject(gitlab, String(id)).then(({ path }) => path);
  return await read.catch((error: unknown) => {
    if (isUnknown(error) || (error instanceof VendhostError && error.code === 'GITLAB_FORBIDDEN')) return undefined;
    throw error;
  });
}

function isUnknown(error: unknown): boolean {
  return error instanceof VendhostError && error.code === 'GITLAB_PROJECT_UNKNOWN';
}
