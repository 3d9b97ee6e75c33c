import { type JobTokenScope, mostAllowedProjects } from '../../gitlab/job-token-scope.ts';
import type { ProjectFinding } from '../project-findings.ts';
import type { LibraryFacts } from './library-facts.ts';

/** What the platform's file and the command line say. */
export interface LibraryWish {
  /** Path of the library's project in platform.yml. */
  readonly library: string | undefined;
  /** The tenant's project as GitLab has it. */
  readonly project: { readonly id: number; readonly path: string };
  /** Add it to the library's allowlist if that is what is missing. */
  readonly allow: boolean;
  /** The same, but what keeps it from that is only a warning. */
  readonly allowIfAble?: boolean;
}

/** The tenant's project goes onto the job token allowlist of the library. */
export interface AllowedProject {
  readonly library: string;
  readonly libraryId: number;
  readonly project: number;
}

export interface LibraryPlan {
  readonly allow?: AllowedProject;
  readonly refusals: readonly ProjectFinding[];
  readonly warnings: readonly ProjectFinding[];
}

/**
 * Whether a tenant's pipelines can include the library and their jobs pull its image. `include` reads with the rights of the user who
 * starts the pipeline; the image is pulled with the job's token, which has these rights too, and of a project that is not open
 * only from its allowlist (https://docs.gitlab.com/ci/jobs/ci_job_token/#control-job-token-access-to-your-project).
 */
export function planLibrary(wish: LibraryWish, facts: LibraryFacts | undefined): LibraryPlan {
  if (wish.library === undefined) return decided(wish, unnamed(wish));
  if (facts === undefined) return decided(wish, unseen(wish.library));
  const warnings = [...readingFindings(wish, facts), ...registryFindings(facts)];
  const missing = allowance(wish, facts);
  if (missing === undefined) return { refusals: [], warnings };
  if (missing !== 'allow') return decided(wish, missing, warnings);
  const allow = { library: facts.path, libraryId: facts.id, project: wish.project.id };
  return { allow, refusals: [], warnings };
}

/** With `--allow-library`, what prevents it stops the vending; without the option it is a warning. */
function decided({ allow }: LibraryWish, finding: ProjectFinding, others: readonly ProjectFinding[] = []): LibraryPlan {
  return allow ? { refusals: [finding], warnings: others } : { refusals: [], warnings: [...others, finding] };
}

function unnamed({ project: { path } }: LibraryWish): ProjectFinding {
  return {
    code: 'LIBRARY_UNNAMED',
    message: `whether ${path} can include the templates and pull their image was not checked: platform.yml names no library`,
    hint: 'add library: GROUP/PROJECT to platform.yml, the project that tenants include',
  };
}

function unseen(library: string): ProjectFinding {
  return {
    code: 'LIBRARY_UNREADABLE',
    message: `the token does not see ${library}`,
    hint: `check library in platform.yml; if it is private, VENDHOST_GITLAB_TOKEN must be of a member of ${library}`,
  };
}

/** Whether people of the tenant can read the library's files. */
function readingFindings({ project }: LibraryWish, facts: LibraryFacts): ProjectFinding[] {
  const group = parentOf(project.path);
  if (isOpen(facts, facts.repository) || [...facts.readers, parentOf(facts.path)].includes(group)) return [];
  return [
    {
      code: 'LIBRARY_PRIVATE',
      message: `${facts.path} shows its files to members only: a pipeline of ${project.path} fails unless the user who starts it is one, as Reporter at least`,
      hint: `make ${facts.path} internal, or invite the group ${group} to it as Reporter (Manage > Members)`,
    },
  ];
}

function registryFindings({ path, registry }: LibraryFacts): ProjectFinding[] {
  if (registry !== 'disabled') return [];
  return [
    {
      code: 'LIBRARY_NO_REGISTRY',
      message: `${path} has no container registry, so it has no image for the jobs`,
      hint: `turn it on (${path}: Settings > General > Visibility), or give an image of another registry as the input image`,
    },
  ];
}

/** What keeps the jobs from the image: nothing, an entry of the allowlist that can be added, or something to tell. */
function allowance(
  { project, allow, allowIfAble = false }: LibraryWish,
  facts: LibraryFacts,
): ProjectFinding | 'allow' | undefined {
  const { path, registry, tokens } = facts;
  if (registry === 'disabled' || isOpen(facts, registry)) return undefined;
  const where = `${path}: Settings > CI/CD > Job token permissions`;
  if (tokens === undefined) {
    return {
      code: 'LIBRARY_UNREADABLE',
      message: `whether jobs of ${project.path} may pull the image of ${path} was not checked: the token may not see its job token allowlist`,
      hint: `VENDHOST_GITLAB_TOKEN needs the role Maintainer in ${path}; or look there whether ${project.path} is on it (${where})`,
    };
  }
  if (isAllowed(tokens, project)) return undefined;
  const isFull = tokens.projects.length >= mostAllowedProjects;
  if ((allow || allowIfAble) && !isFull) return 'allow';
  return {
    code: 'LIBRARY_NOT_ALLOWED',
    message: `jobs of ${project.path} cannot pull the image of ${path}: neither it nor a group of it is on the job token allowlist there`,
    hint: isFull
      ? `the allowlist has ${tokens.projects.length} projects, and ${mostAllowedProjects} is the most: add a group of theirs instead (${where})`
      : `vend with --allow-library, or add it (${where})`,
  };
}

function isAllowed({ isLimited, projects, groups }: JobTokenScope, { id, path }: LibraryWish['project']): boolean {
  return !isLimited || projects.includes(id) || groups.some((group) => path.startsWith(`${group}/`));
}

/** Whether everybody who is signed in sees a part of the project. */
function isOpen({ visibility }: LibraryFacts, part: string): boolean {
  return visibility !== 'private' && part !== 'private';
}

function parentOf(path: string): string {
  return path.split('/').slice(0, -1).join('/');
}
