import { subjectComponents } from '../../config/tenant.ts';
import { VendhostError } from '../../errors.ts';
import type { GitlabApi } from '../../gitlab/api.ts';
import { isTaken, sendCall } from '../../gitlab/http/planned-call.ts';
import { createProjectCall } from '../../gitlab/setup/new-project.ts';
import type { Output } from '../../output.ts';
import type { ProjectFacts } from '../project-facts.ts';
import { type ProjectWish, pathRefusal } from '../project-findings.ts';
import { type ProjectPlan, planProject } from '../project-plan.ts';
import { madeDescription, newSetup } from './setup-facts.ts';

/**
 * Plans a project that does not exist yet, and its setup, as far as that can be known before: its number and what its
 * roles trust cannot.
 */
export function planNewProject(wish: ProjectWish, namespace: number, version: string): ProjectPlan {
  const { path, tenant } = wish;
  const defaultBranch = wish.setup?.defaultBranch ?? 'dev';
  const description = madeDescription(tenant);
  const name = path.split('/').at(-1) ?? path;
  const facts: ProjectFacts = {
    ...{ id: 0, path, version, defaultBranch, forkPipelines: true, subject: subjectComponents.project_path },
    settings: { description, isEmpty: false, pipelinePath: '', forwardDeployment: true, processMode: 'unordered' },
    // GitLab protects the default branch of a new project, unless an administrator decided otherwise.
    protectedBranches: [{ name: defaultBranch, developers: false }],
    ...{ protectedEnvironments: [], canProtectEnvironments: false },
    setup: newSetup(defaultBranch),
  };
  const { id: _, ...plan } = planProject(wish, facts);
  return {
    ...plan,
    make: createProjectCall(name, { namespace, defaultBranch, description }),
    trust: Object.fromEntries(
      wish.environments.map(({ environment }) => [environment, { subjects: ['project_path' as const] }]),
    ),
    notChecked: ['what depends on its number: the trust of its roles', 'whether GitLab has protected environments'],
  };
}

/** The project that was vended is not where the tenant's file says. */
export function planAbsent(wish: ProjectWish, id: number, path: string | undefined): ProjectPlan {
  const refusal =
    path === undefined
      ? {
          code: 'PROJECT_CHANGED',
          message: `${wish.path} is not there, and neither is project ${id}, for which ${wish.tenant} was vended`,
          hint: `restore it, or create a project at ${wish.path} and vend with its number: --project-id; GitLab also says 404 when the token may not see it`,
        }
      : pathRefusal(wish, path);
  return { ...planProject(wish, undefined), refusals: [refusal] };
}

/** Creates the project, if necessary. It may have been created in the meantime: the jobs of a tenant's environments run at the same time. */
export async function makeProject(out: Output, gitlab: GitlabApi, { path, make }: ProjectPlan): Promise<void> {
  if (make === undefined) return;
  const refusal = await sendCall(gitlab, `make the project ${path}`, make, hints).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (refusal !== undefined && !isTaken(refusal)) throw refusal;
  if (refusal === undefined) out.step(`made the project ${path}`);
}

/** Throws `GITLAB_PROJECT_UNKNOWN` if a project was created, or exists, that the token may not see. */
export function requireMade({ path, make }: ProjectPlan): void {
  if (make === undefined) return;
  throw new VendhostError('GITLAB_PROJECT_UNKNOWN', `${path} exists, but the token may not see it`, {
    hint: `make the owner of VENDHOST_GITLAB_TOKEN a Maintainer of ${path}, then vend again`,
  });
}

const mayNot =
  'VENDHOST_GITLAB_TOKEN may not create projects in that group: it needs a role there that may (the group: Settings > General > Permissions), and the scope api';

// GitLab's words for that are `namespace: is not valid` (`app/services/projects/create_service.rb`).
const hints = { 400: mayNot, 403: mayNot };
