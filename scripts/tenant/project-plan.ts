import { type SubjectForm, type SubjectTrust, subjectComponents, subjectFormOf } from '../config/tenant.ts';
import { VendhostError } from '../errors.ts';
import type { PlannedCall } from '../gitlab/http/planned-call.ts';
import { isAtLeast } from '../gitlab/version.ts';
import type { AllowedProject, LibraryPlan } from './library/plan-library.ts';
import type { ProjectFacts } from './project-facts.ts';
import {
  branchFindings,
  identityRefusals,
  leastForPaths,
  type ProjectFinding,
  type ProjectWish,
  versionFindings,
} from './project-findings.ts';
import { isPinned, isSetUp, planPipelinePath, planRepeatedSchedules, planSetup } from './setup/plan-setup.ts';
import type { Setting } from './setup/setting.ts';

/** The subject of the project's ID tokens changes. */
export interface SubjectChange {
  readonly from: readonly string[];
  readonly to: readonly string[];
  /** `before` the roles are deployed if there are none yet; else `after` they trust both. */
  readonly when: 'before' | 'after';
}

/** What vending finds and would change in a tenant's GitLab project. */
export interface ProjectPlan {
  readonly path: string;
  readonly id?: number;
  readonly version?: string;
  readonly defaultBranch?: string;
  /** Set when the project would be made. */
  readonly make?: PlannedCall;
  /** Whether it is set up as one that vending makes. */
  readonly isSetUp: boolean;
  /** What else would be set. */
  readonly settings: readonly Setting[];
  /** Branches that would be protected. */
  readonly protect: readonly string[];
  readonly subject?: SubjectChange;
  /** Set when it would be added to the job token allowlist of the library. */
  readonly allow?: AllowedProject;
  /** By environment: which ID tokens its roles will trust. */
  readonly trust: Readonly<Record<string, SubjectTrust>>;
  /** What prevents the vending. */
  readonly refusals: readonly ProjectFinding[];
  readonly warnings: readonly ProjectFinding[];
  /** What could not be checked. */
  readonly notChecked: readonly string[];
}

/** Evaluates a tenant's project; without `facts`, if there is no token, what is recorded stays as it is. */
export function planProject(wish: ProjectWish, facts: ProjectFacts | undefined): ProjectPlan {
  if (facts === undefined) return unseen(wish);
  const setsUp = isSetUp(wish, facts);
  const branches = branchFindings(wish, facts, wish.protectBranches || setsUp);
  const setup = planSetup(wish, facts);
  const versions = versionFindings(facts);
  const subject = planSubject(wish, facts);
  return {
    path: facts.path,
    id: facts.id,
    version: facts.version,
    ...(facts.defaultBranch === undefined ? {} : { defaultBranch: facts.defaultBranch }),
    isSetUp: setsUp,
    protect: branches.protect,
    settings: [...setup.settings, ...planPipelinePath(wish, facts), ...planRepeatedSchedules(wish, facts)],
    ...(subject.change === undefined ? {} : { subject: subject.change }),
    trust: byEnvironment(wish, (environment) => ({
      subjects: subject.trusted,
      projectId: facts.id,
      environmentProtected: [...facts.protectedEnvironments, ...setup.protects].includes(
        `${wish.environmentPrefix}${environment}`,
      ),
    })),
    refusals: [...identityRefusals(wish, facts), ...branches.refusals, ...versions.refusals, ...subject.refusals],
    warnings: [...branches.warnings, ...versions.warnings, ...subject.warnings, ...setup.warnings],
    notChecked: [
      ...(isAtLeast(facts.version, leastForPaths) === undefined ? [`what GitLab ${facts.version} leaves open`] : []),
      ...(facts.forkPipelines === undefined ? ['whether pipelines of forks run in the project'] : []),
      ...(facts.subject === undefined ? ['the subject of its ID tokens'] : []),
    ],
  };
}

/** Puts what is planned for the library into the plan of the project. */
export function withLibrary(plan: ProjectPlan, { allow, refusals, warnings }: LibraryPlan): ProjectPlan {
  return {
    ...plan,
    ...(allow === undefined ? {} : { allow }),
    refusals: [...plan.refusals, ...refusals],
    warnings: [...plan.warnings, ...warnings],
  };
}

/** Throws the refusals, all at once, under the code of the first. */
export function refuse({ path, refusals }: Pick<ProjectPlan, 'path' | 'refusals'>): void {
  const [first, ...others] = refusals;
  if (first === undefined) return;
  const message = others.length === 0 ? first.message : `${refusals.length} faults prevent vending ${path}`;
  const { code } = first;
  throw new VendhostError(code, `${message}; nothing was changed`, {
    details: others.length === 0 ? [] : refusals.map((each) => `${each.code}: ${each.message}`),
    hint: [...new Set(refusals.map(({ hint }) => hint))].join('; '),
  });
}

/** Whether vending would change the project itself. */
export function projectDiffers({ make, protect, settings, subject, allow }: ProjectPlan): boolean {
  return (
    make !== undefined || settings.length > 0 || protect.length > 0 || subject !== undefined || allow !== undefined
  );
}

/** The plan as lines for people. */
export function projectLines(plan: ProjectPlan): string[] {
  const { path, id, version, make, protect, settings, subject, allow, refusals, notChecked } = plan;
  return [
    ...(id === undefined ? [] : [`project ${path}: ${id}, GitLab ${version}`]),
    ...(make === undefined ? [] : [`project ${path}: make, private, with the branch ${make.body.default_branch}`]),
    ...protect.map((branch) => `branch ${branch}: protect; Maintainers push and merge`),
    ...(subject === undefined ? [] : [`subject of ID tokens: ${subject.from.join(', ')} → ${subject.to.join(', ')}`]),
    ...(allow === undefined ? [] : [`job token allowlist of ${allow.library}: add ${path}`]),
    ...settings.map(({ what }) => what),
    ...refusals.map(({ code, message }) => `refused, ${code}: ${message}`),
    ...(notChecked.length === 0 ? [] : [`not checked: ${notChecked.join(', ')}`]),
  ];
}

function unseen(wish: ProjectWish): ProjectPlan {
  const branches = wish.environments.map(({ branch }) => branch).join(', ');
  return {
    path: wish.path,
    isSetUp: false,
    protect: [],
    settings: [],
    trust: Object.fromEntries(
      wish.environments.map(({ environment, record }) => [environment, recordedTrust(record)] as const),
    ),
    refusals: [...tokenRefusals(wish), ...identityRefusals(wish, undefined)],
    warnings: [],
    notChecked: [
      "the project's path and id",
      `that ${branches} ${wish.environments.length === 1 ? 'is' : 'are'} protected`,
      "GitLab's version and pipelines of forks",
      'the subject of its ID tokens',
      'that its pipelines can use the library',
    ],
  };
}

/** What only a token can do. */
function tokenRefusals(wish: ProjectWish): ProjectFinding[] {
  const { protectBranches, setSubject, projectId, allowLibrary, adopt, pipelinePath } = wish;
  const options = [
    ...(protectBranches ? ['--protect-branches'] : []),
    ...(setSubject ? ['--set-subject'] : []),
    ...(projectId === undefined ? [] : ['--project-id']),
    ...(allowLibrary === true ? ['--allow-library'] : []),
    ...(adopt === true ? ['tenant adopt'] : []),
    // Without one its jobs would be its own, and have the roles.
    ...(isPinned(pipelinePath) ? ['pinned: true'] : []),
  ];
  return options.map((option) => ({
    code: 'GITLAB_TOKEN_MISSING',
    message: `${option} needs a token of GitLab`,
    hint: 'set VENDHOST_GITLAB_TOKEN (Maintainer, scope api)',
  }));
}

/** Which ID tokens the roles trust by the record; of a new tenant those that GitLab makes by default. */
export function recordedTrust(record: ProjectWish['environments'][number]['record']): SubjectTrust {
  const { subjects = ['project_path'] as const, projectId, environmentProtected } = record ?? {};
  return {
    subjects,
    ...(projectId === undefined ? {} : { projectId }),
    ...(environmentProtected === undefined ? {} : { environmentProtected }),
  };
}

interface SubjectPlan {
  readonly trusted: readonly SubjectForm[];
  readonly change?: SubjectChange;
  readonly refusals: readonly ProjectFinding[];
  readonly warnings: readonly ProjectFinding[];
}

/**
 * Which form the project's ID tokens should have, and what the roles trust until they have it: both, so that no job is
 * refused whenever the change happens, or does not. A later vend finds it done and leaves the roles with one.
 */
function planSubject(wish: ProjectWish, { path, version, subject }: ProjectFacts): SubjectPlan {
  const isAble = subject !== undefined && isAtLeast(version, leastForPaths) === true;
  const wanted = wish.subject ?? (isAble ? 'project_id' : 'project_path');
  const from = subject ?? subjectComponents.project_path;
  const present = subjectFormOf(from);
  const none = { refusals: [], warnings: [] };
  if (wanted === 'project_id' && !isAble) {
    return { ...none, trusted: [present ?? 'project_path'], refusals: [unable(wish.tenant, path, version)] };
  }
  if (present === wanted) return { ...none, trusted: [wanted] };
  const isNew = wish.elsewhere.length === 0 && wish.environments.every(({ record }) => record === undefined);
  const to = subjectComponents[wanted];
  // With components that no role trusts nothing works: the change can lock nobody out.
  if (present === undefined || isNew) {
    return { ...none, trusted: [wanted], change: { from, to, when: isNew ? 'before' : 'after' } };
  }
  const trusted = [present, wanted];
  if (wish.elsewhere.length === 0 || wish.setSubject) {
    return { ...none, trusted, change: { from, to, when: 'after' } };
  }
  return { ...none, trusted, warnings: [heldBack(path, present, wanted, wish.elsewhere)] };
}

function unable(tenant: string, path: string, version: string): ProjectFinding {
  return {
    code: 'SUBJECT_UNSUPPORTED',
    message: `tenants/${tenant}.yml has subject: project_id, which GitLab ${version} does not have for ${path}`,
    hint: `upgrade GitLab to ${leastForPaths} or newer, or leave subject out`,
  };
}

function heldBack(path: string, from: SubjectForm, to: SubjectForm, elsewhere: readonly string[]): ProjectFinding {
  return {
    code: 'SUBJECT_HELD_BACK',
    message: `the ID tokens of ${path} keep their subject, ${from}: the roles of ${elsewhere.join(', ')} may not trust ${to} yet`,
    hint: 'vend all environments in one run (without --environment); or when each was vended since: --set-subject',
  };
}

function byEnvironment(wish: ProjectWish, trustOf: (environment: string) => SubjectTrust) {
  return Object.fromEntries(wish.environments.map(({ environment }) => [environment, trustOf(environment)]));
}
