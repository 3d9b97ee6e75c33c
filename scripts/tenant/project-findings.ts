import type { VendedRecord } from '../config/facts.ts';
import type { SubjectForm } from '../config/tenant.ts';
import { covers } from '../gitlab/protection.ts';
import { isAtLeast } from '../gitlab/version.ts';
import type { ProjectFacts } from './project-facts.ts';
import type { SetupWish } from './setup/starter.ts';

/** Something about a tenant's project that people should know, or that stops the vending. */
export interface ProjectFinding {
  readonly code: string;
  readonly message: string;
  /** The next action. */
  readonly hint: string;
}

export interface VendedEnvironment {
  readonly environment: string;
  readonly branch: string;
  /** What an earlier vend recorded. */
  readonly record: Pick<VendedRecord, 'project' | 'projectId' | 'subjects' | 'environmentProtected'> | undefined;
}

/** What the platform's files and the command line contain. */
export interface ProjectWish {
  readonly tenant: string;
  /** Path in the tenant's file. */
  readonly path: string;
  /** The key that has it there: `project`, or `projects.software` for example. */
  readonly key?: string;
  readonly subject: SubjectForm | undefined;
  /** What the names of its environments in GitLab begin with. */
  readonly environmentPrefix: string;
  /** The environments of this run. */
  readonly environments: readonly VendedEnvironment[];
  /** Environments of the tenant that are not in this run, and other tenants with the same project. */
  readonly elsewhere: readonly string[];
  readonly protectBranches: boolean;
  /** The intended project, when it is another than before. */
  readonly projectId: number | undefined;
  /** Set the subject even though roles that this run does not see may not trust it. */
  readonly setSubject: boolean;
  /** Add it to the job token allowlist of the library. */
  readonly allowLibrary?: boolean;
  /** Set up what differs from a project that vending creates. */
  readonly adopt?: boolean;
  /** Its pipeline file, if the platform decides; empty for `.gitlab-ci.yml`. */
  readonly pipelinePath?: string | undefined;
  /** What its pipeline file must not end with: the platform's, of a tenant that is no longer pinned. */
  readonly formerPipelines?: string | undefined;
  /** What it is set up with. */
  readonly setup?: SetupWish;
  /** Where the vended project is now, if the path leads to another one. */
  readonly moved?: string | undefined;
}

/** Since when an input with a `regex` may be empty, as many of the templates' are (gitlab-org/gitlab merge request 192082, issue 477707). */
const leastForTemplates = '18.1';
/** Since when a token of a fork's pipeline in the parent project names the fork (gitlab-org/gitlab issue 548165). */
export const leastForForks = '18.2.2';
/** Since when a path that another project had gets no ID token by that path (gitlab-org/gitlab merge request 255969). */
export const leastForPaths = '19.1';

/** The projects that an earlier vend of these environments recorded. */
export function knownProjects({ environments }: Pick<ProjectWish, 'environments'>) {
  return environments.flatMap(({ environment, record }) =>
    record?.projectId === undefined ? [] : [{ environment, id: record.projectId, path: record.project }],
  );
}

/** The project is not the one that was vended, or GitLab spells its path differently. */
export function identityRefusals(wish: ProjectWish, facts: ProjectFacts | undefined): ProjectFinding[] {
  const known = knownProjects(wish);
  if (facts === undefined) {
    const moved = known.filter(({ path }) => path !== wish.path);
    return moved.slice(0, 1).map(({ id, path }) => ({
      code: 'PROJECT_CHANGED',
      message: `${wish.tenant} was vended for ${path}, project ${id}; whether ${wish.path} is that project is not known`,
      hint: 'set VENDHOST_GITLAB_TOKEN and vend again: GitLab says which project it is',
    }));
  }
  const { id, path } = facts;
  const others = known.filter((each) => each.id !== id);
  const isMeant = wish.projectId === id;
  const changed: ProjectFinding[] = [];
  if (wish.projectId !== undefined && !isMeant) {
    changed.push({
      code: 'PROJECT_CHANGED',
      message: `${path} is project ${id}, not ${wish.projectId}`,
      hint: "give --project-id the number that the project's page in GitLab shows",
    });
  } else if (others.length > 0 && !isMeant) {
    const before = others.map((each) => `${each.id} in ${each.environment}`).join(', ');
    changed.push({
      code: 'PROJECT_CHANGED',
      message: `${path} is project ${id}, but ${wish.tenant} was vended for project ${before}`,
      hint: `${wish.moved === undefined ? 'if the old project was moved, name its new path' : `the old project is ${wish.moved} now: name that path`} in tenants/${wish.tenant}.yml; if ${wish.tenant} is to belong to project ${id} from now on: --project-id ${id}`,
    });
  }
  if (path === wish.path) return changed;
  return [...changed, pathRefusal(wish, path)];
}

/** The tenant's file names the project with another path than GitLab. */
export function pathRefusal(
  { tenant, path, key = 'project' }: Pick<ProjectWish, 'tenant' | 'path' | 'key'>,
  present: string,
): ProjectFinding {
  return {
    code: 'PROJECT_PATH',
    message: `tenants/${tenant}.yml has ${key}: ${path}, GitLab has ${present}`,
    hint: `write ${key}: ${present}; ID tokens have it so, letter by letter`,
  };
}

/** Branches of environments that anybody with the role Developer could make, unless they are protected now. */
export function branchFindings(wish: ProjectWish, { path, protectedBranches }: ProjectFacts, protects: boolean) {
  const rulesOf = (branch: string) => protectedBranches.filter((rule) => covers(rule, branch));
  const open = wish.environments.filter(({ branch }) => rulesOf(branch).length === 0);
  const protect = protects ? open.map(({ branch }) => branch) : [];
  const refusals: ProjectFinding[] = (protects ? [] : open).map(({ environment, branch }) => ({
    code: 'BRANCH_UNPROTECTED',
    message: `the branch ${branch} of ${path} is not protected: every Developer could deploy to ${environment}`,
    hint: 'protect it (Settings > Repository > Protected branches), or vend with --protect-branches',
  }));
  const warnings: ProjectFinding[] = wish.environments
    // Of several rules for one branch GitLab takes the most permissive.
    .filter(({ branch }) => rulesOf(branch).some(({ developers }) => developers))
    .map(({ environment, branch }) => ({
      code: 'BRANCH_OPEN',
      message: `Developers may push to or merge into ${branch} of ${path}, and so deploy to ${environment}`,
      hint: 'if that is not meant, allow Maintainers only (Settings > Repository > Protected branches)',
    }));
  return { protect, refusals, warnings };
}

/** What GitLab's version leaves open. Answers with nothing for a version it cannot read. */
export function versionFindings({ path, version, forkPipelines }: ProjectFacts) {
  const refusals: ProjectFinding[] = [];
  const warnings: ProjectFinding[] = [];
  if (isAtLeast(version, leastForTemplates) === false) {
    warnings.push({
      code: 'GITLAB_OLD',
      message: `GitLab ${version} starts no pipeline of ${path}: it refuses inputs of the templates that are empty`,
      hint: `upgrade GitLab to ${leastForForks} or newer`,
    });
  }
  if (isAtLeast(version, leastForForks) === false) {
    const reason = `GitLab ${version} gives a fork's pipeline in ${path} the ID token of ${path} itself`;
    const upgrade = `upgrade GitLab to ${leastForForks} or newer`;
    if (forkPipelines === false) {
      const message = `${reason}; only the project's setting prevents such pipelines`;
      warnings.push({ code: 'GITLAB_OLD', message, hint: upgrade });
    } else {
      const setting = 'Settings > CI/CD > General pipelines > Run pipelines in the parent project';
      const message = `${reason}: a fork with a branch of an environment's name would get its roles`;
      refusals.push({ code: 'GITLAB_TOO_OLD', message, hint: `${upgrade}, or switch off ${setting}` });
    }
  }
  if (isAtLeast(version, leastForPaths) === false) {
    warnings.push({
      code: 'GITLAB_OLD',
      message: `GitLab ${version} lets roles know ${path} by its path only: if it is moved or deleted, the next owner of the path gets its roles`,
      hint: `upgrade GitLab to ${leastForPaths} or newer and vend again: the roles then know the project by its id, and only its protected branches`,
    });
  }
  return { refusals, warnings };
}
