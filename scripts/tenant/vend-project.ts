import { listTenants, readTenantConfig } from '../config/files.ts';
import { projectsOf, samePath, type TenantConfig, type TenantProject } from '../config/tenant.ts';
import type { GitlabApi } from '../gitlab/api.ts';
import { allowJobTokens } from '../gitlab/job-token-scope.ts';
import { protectBranch } from '../gitlab/protection.ts';
import { writeTokenSubject } from '../gitlab/token-subject.ts';
import type { Output } from '../output.ts';
import type { ProjectPlan, SubjectChange } from './project-plan.ts';
import { applySettings, type Setting } from './setup/setting.ts';

/** Other tenants of the platform repository with one of these projects; files that cannot be read are faults elsewhere. */
export async function tenantsOfProject(
  directory: string,
  tenant: string,
  projects: readonly Pick<TenantProject, 'path'>[],
): Promise<Map<string, TenantConfig>> {
  const others = (await listTenants(directory)).filter((other) => other !== tenant);
  const read = await Promise.allSettled(others.map((other) => readTenantConfig(directory, other)));
  const configs = others.flatMap((other, index): [string, TenantConfig][] => {
    const config = read[index];
    const isOfProject =
      config?.status === 'fulfilled' &&
      projectsOf(config.value).some(({ path }) => projects.some((project) => samePath(project.path, path)));
    return isOfProject ? [[other, config.value]] : [];
  });
  return new Map(configs);
}

/** Changes of the project that come before its roles: nobody may create a branch that they trust. */
export async function prepareProject(out: Output, gitlab: GitlabApi, plan: ProjectPlan): Promise<void> {
  for (const branch of plan.protect) {
    await protectBranch(gitlab, plan.path, branch);
    out.step(`protected the branch ${branch} of ${plan.path}`);
  }
  if (plan.allow !== undefined) {
    await allowJobTokens(gitlab, plan.allow.libraryId, plan.allow.project);
    out.step(`added ${plan.path} to the job token allowlist of ${plan.allow.library}`);
  }
  await applySettings(out, gitlab, settingsAt(plan, 'before'));
  if (plan.subject?.when === 'before') await setSubject(out, gitlab, plan.path, plan.subject);
}

/** Changes that come after the roles of all environments. */
export async function finishProject(out: Output, gitlab: GitlabApi, plan: ProjectPlan): Promise<void> {
  if (plan.subject?.when === 'after') await changeSubject(out, gitlab, plan, plan.subject);
  // Last: merging the starter merge request deploys.
  await applySettings(out, gitlab, settingsAt(plan, 'after'));
}

function settingsAt({ settings }: ProjectPlan, when: Setting['when']): Setting[] {
  return settings.filter((setting) => setting.when === when);
}

async function changeSubject(out: Output, gitlab: GitlabApi, plan: ProjectPlan, subject: SubjectChange): Promise<void> {
  await setSubject(out, gitlab, plan.path, subject);
  const [trust] = Object.values(plan.trust);
  if (trust === undefined || trust.subjects.length < 2) return;
  const [former, next] = trust.subjects;
  out.step(`its roles trust ${former} as well, for jobs that run now; vend again later, and they trust ${next} only`);
}

async function setSubject(out: Output, gitlab: GitlabApi, path: string, { to }: SubjectChange): Promise<void> {
  await writeTokenSubject(gitlab, path, to);
  out.step(`the ID tokens of ${path} have the subject ${to.join(', ')}`);
}

/** Reports what people should know about the project. */
export function warnOfProject(out: Output, { warnings, notChecked, id, make }: ProjectPlan): void {
  for (const { message, hint } of warnings) out.warn(`${message} (${hint})`);
  if (notChecked.length === 0) return;
  const unknown = id === undefined ? 'without VENDHOST_GITLAB_TOKEN' : 'GitLab did not say';
  const why = make === undefined ? unknown : 'the project is not there yet';
  out.warn(`not checked, ${why}: ${notChecked.join(', ')}`);
}
