import type { ProjectVariable, VariableChange } from '../../../gitlab/variables.ts';
import type { Finding, Gravity } from '../../../report/report.ts';
import { withoutSecrets } from '../../../stack/details/secret-values.ts';
import type { ProjectPlan } from '../../../tenant/project-plan.ts';

/** A tenant's project as vending would find it now. */
export interface ProjectState {
  readonly tenant: string;
  readonly environment: string;
  /** What vending would do to the project itself. */
  readonly plan: ProjectPlan;
  readonly variables: readonly VariableChange[];
  readonly present: readonly ProjectVariable[];
  /** Whether GitLab's environment was protected when the tenant was vended: its roles ask for that. */
  readonly protectedThen: boolean | undefined;
}

/** What vending says of a project and does not set itself; the rest of its warnings are no change since then. */
const warnings = ['BRANCH_OPEN', 'LIBRARY_NOT_ALLOWED', 'SUBJECT_HELD_BACK'];

/** Codes that say that more people could deploy than should. */
const gravityByCode: Readonly<Record<string, Gravity>> = { BRANCH_UNPROTECTED: 'access', BRANCH_OPEN: 'access' };

/** What is no longer as vending left it: everything that vending again would change, or refuse. */
export function findProject(state: ProjectState): Finding[] {
  const { tenant, environment, plan, variables, present } = state;
  const next = `vendhost tenant vend ${tenant} --environment ${environment}`;
  const said = [...plan.refusals, ...plan.warnings.filter(({ code }) => warnings.includes(code))];
  return [
    ...said.map(
      ({ code, message, hint }): Finding => ({
        id: `${tenant}/${code}`,
        gravity: gravityByCode[code] ?? 'fault',
        title: message,
        next: `${hint}; then ${next} --dry-run`,
      }),
    ),
    ...variables.map((change): Finding => ofVariable(tenant, change, present, next)),
    ...subjectFindings(plan, tenant, next),
    ...settingFindings(plan, tenant, next),
    ...protectionFindings(state, next),
    ...plan.notChecked.map(
      (what): Finding => ({
        id: `${tenant}/not-checked/${what.replaceAll(/\W+/g, '-')}`,
        gravity: 'unknown',
        title: `not checked in ${plan.path}: ${what}`,
        next: 'give VENDHOST_GITLAB_TOKEN the role Maintainer in the project',
      }),
    ),
  ];
}

function ofVariable(
  tenant: string,
  { key, scope, value }: VariableChange,
  present: readonly ProjectVariable[],
  next: string,
): Finding {
  const now = present.find((each) => each.key === key && each.scope === scope)?.value;
  return {
    id: `${tenant}/variable/${key}`,
    gravity: 'change',
    title: `the variable ${key} (${scope}) of ${tenant} ${now === undefined ? 'is gone' : 'is not what vending set'}`,
    values: [{ path: key, from: value, ...(now === undefined ? {} : { to: withoutSecrets(key, now) }) }],
    next,
  };
}

function subjectFindings({ path, subject }: ProjectPlan, tenant: string, next: string): Finding[] {
  if (subject === undefined) return [];
  return [
    {
      id: `${tenant}/subject`,
      gravity: 'access',
      title: `the ID tokens of ${path} do not have the subject that vending sets`,
      values: [{ path: 'ci_id_token_sub_claim_components', from: subject.to.join(', '), to: subject.from.join(', ') }],
      next,
    },
  ];
}

/** Of settings only those are planned here that vending makes again: who else's jobs would have the roles. */
function settingFindings({ path, settings }: ProjectPlan, tenant: string, next: string): Finding[] {
  return settings.map(({ what, call }) => ({
    id: `${tenant}/setting/${Object.keys(call.body).join('-')}`,
    gravity: 'access',
    title: `${path} is not as vending sets it: ${what}`,
    next,
  }));
}

function protectionFindings({ tenant, environment, plan, protectedThen }: ProjectState, next: string): Finding[] {
  const now = plan.trust[environment]?.environmentProtected;
  if (protectedThen === undefined || now === undefined || now === protectedThen) return [];
  const title = now
    ? `the environment ${environment} of ${plan.path} is protected in GitLab now, and the roles of ${tenant} do not ask for it`
    : `the environment ${environment} of ${plan.path} is no longer protected in GitLab, and the roles of ${tenant} refuse its jobs`;
  return [{ id: `${tenant}/environment-protection`, gravity: now ? 'change' : 'fault', title, next }];
}
