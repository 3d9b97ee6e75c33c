import { join } from 'node:path';
import { openEnvironment } from '../aws/open-environment.ts';
import { openAws } from '../aws/session.ts';
import type { Environment } from '../config/environment.ts';
import { readPlatformConfig, readTenantConfig } from '../config/files.ts';
import { approvalFaults, sharedEnvironments, sharedMessage, tenantFaults } from '../config/host-checks.ts';
import { configError } from '../config/load.ts';
import { exitCodes } from '../errors.ts';
import { type GitlabApi, openGitlab } from '../gitlab/api.ts';
import { callText } from '../gitlab/http/planned-call.ts';
import type { Output } from '../output.ts';
import type { Runtime } from '../runtime.ts';
import { formerRecord } from './access.ts';
import { applyVend, type VendResult } from './apply-vend.ts';
import { chooseEnvironments } from './environments.ts';
import type { ProjectWish } from './project-findings.ts';
import { type ProjectPlan, projectDiffers, projectLines, refuse } from './project-plan.ts';
import { lookAtProject } from './setup/look-at-project.ts';
import { makeProject } from './setup/make-project.ts';
import { plannedCalls } from './setup/plan-calls.ts';
import { setupWish } from './setup/starter.ts';
import { differs, type Vending, type VendPlan, vendLines, withPlan } from './vend-plan.ts';
import { finishProject, prepareProject, tenantsOfProject, warnOfProject } from './vend-project.ts';
import { vendSummary } from './vend-summary.ts';

export interface VendOptions {
  /** Folder with `platform.yml` and `tenants/`. */
  readonly directory: string;
  readonly tenant: string;
  /** Without it: every environment the credentials lead into. */
  readonly environment: Environment | undefined;
  readonly dryRun: boolean;
  /** Protect branches of environments that are not protected. */
  readonly protectBranches?: boolean;
  /** GitLab's number of the project, when it is meant to be another than before. */
  readonly projectId?: number | undefined;
  /** Set the subject of the project's ID tokens although this run does not see all roles that trust them. */
  readonly setSubject?: boolean;
  /** Add the project to the job token allowlist of the library, if its jobs cannot pull the image. */
  readonly allowLibrary?: boolean;
  /** Set the project up as one that vending makes. */
  readonly adopt?: boolean;
}

/** Gives a tenant its hosts, roles, rules, pipeline, record and GitLab variables, or shows what would change (exit code 2). */
export async function vendTenant(runtime: Runtime, options: VendOptions): Promise<number | undefined> {
  const { out } = runtime;
  const { directory, tenant: name } = options;
  const platform = await readPlatformConfig(directory);
  const tenant = await readTenantConfig(directory, name);
  const file = join(directory, 'tenants', `${name}.yml`);
  const others = await tenantsOfProject(directory, name, tenant.project);
  const shared = sharedEnvironments(new Map([...others, [name, tenant]])).filter((each) => each.tenant === name);
  const faults = [
    ...tenantFaults(file, platform.environments, tenant),
    ...approvalFaults(file, platform.approvals, tenant),
    ...shared.map(({ other }) => ({ file, path: 'environment_prefix', message: sharedMessage(other, tenant) })),
  ];
  if (faults.length > 0) throw configError(faults);

  const anyRegion = Object.values(platform.environments)[0]?.region ?? '';
  const account = await openAws(runtime, { region: anyRegion }).account();
  const reach = { account, takesRoles: runtime.env.VENDHOST_ID_TOKEN === undefined };
  const { chosen, leftOut } = chooseEnvironments(platform, { name, config: tenant }, reach, options.environment);
  for (const { environment, config } of leftOut) {
    out.step(`${environment} is left out: it is in account ${config.account}, the credentials are for ${account}`);
  }
  const opened = await Promise.all(
    chosen.map(async (each) => {
      const { environment, config } = each;
      const aws = await openEnvironment(runtime, environment, config, 'deploy');
      return {
        chosen: each,
        aws,
        record: await formerRecord(aws, { environment, tenant: name }, (text) => out.warn(text)),
      };
    }),
  );
  const gitlab = openGitlab(runtime, platform.gitlab);
  const wish: ProjectWish = {
    ...{ tenant: name, path: tenant.project, subject: tenant.subject },
    environmentPrefix: tenant.environment_prefix,
    environments: opened.map(({ chosen: { environment, config }, record }) => {
      return { environment, branch: config.branch, record };
    }),
    elsewhere: [
      ...Object.keys(tenant.hosts).filter((each) => !chosen.some(({ environment }) => environment === each)),
      ...others.keys(),
    ],
    protectBranches: options.protectBranches ?? false,
    projectId: options.projectId,
    setSubject: options.setSubject ?? false,
    allowLibrary: options.allowLibrary ?? false,
    adopt: options.adopt ?? false,
    setup: setupWish(platform, name, tenant),
  };
  const look = async () => await lookAtProject(gitlab, platform, wish);
  const vendingsOf = (project: ProjectPlan) =>
    opened.map(({ chosen: each, aws }): Vending => {
      const place = { environment: each.environment, tenant: name };
      const trust = project.trust[each.environment] ?? { subjects: ['project_path'] };
      const isNewProject = project.make !== undefined;
      return { runtime, aws, gitlab, isNewProject, place, platform, tenant, chosen: each, trust };
    });
  const seen = await look();
  warnOfProject(out, seen);
  if (options.dryRun) return await show(runtime, name, seen, vendingsOf(seen));

  refuse(seen);
  // No project is made for a tenant that is refused.
  if (seen.make !== undefined) for (const vending of vendingsOf(seen)) await withPlan(vending, async () => undefined);
  const project = gitlab === undefined ? seen : await makeReady(out, gitlab, seen, look);
  const vendings = vendingsOf(project);
  const results: VendResult[] = [];
  for (const vending of vendings) {
    const { environment } = vending.place;
    const title = `vend ${name} in ${environment}`;
    results.push(
      await out.section(`vend_${environment}`, title, () =>
        withPlan(vending, async (prepared) => {
          for (const line of vendLines(prepared.plan)) out.detail(line);
          return await applyVend(vending, prepared);
        }),
      ),
    );
  }
  if (gitlab !== undefined) await finishProject(out, gitlab, project);
  out.result({ tenant: name, project, environments: results }, vendSummary(vendings, results).join('\n'));
  return undefined;
}

/** Makes the project where there is none, and does what comes before its roles; returns the plan of the rest. */
async function makeReady(
  out: Output,
  gitlab: GitlabApi,
  seen: ProjectPlan,
  look: () => Promise<ProjectPlan>,
): Promise<ProjectPlan> {
  let plan = seen;
  if (plan.make !== undefined) {
    plan = await makeProject(out, gitlab, plan, look);
    warnOfProject(out, plan);
    refuse(plan);
  }
  await prepareProject(out, gitlab, plan);
  // What was left out decides what the roles ask for.
  return plan.settings.some(({ when, optional }) => when === 'before' && optional) ? await look() : plan;
}

/** Prints what would be done; what stops it is in the plan, and is thrown after it. */
async function show(
  { out }: Runtime,
  tenant: string,
  project: ProjectPlan,
  vendings: readonly Vending[],
): Promise<number | undefined> {
  const plans: VendPlan[] = [];
  for (const vending of vendings) plans.push(await withPlan(vending, async ({ plan }) => plan));
  const changes = projectDiffers(project) || plans.some(differs);
  const lines = plans.flatMap((plan) => [
    `${tenant} in ${plan.environment}`,
    ...vendLines(plan).map((line) => `  ${line}`),
  ]);
  const calls = plannedCalls(
    project,
    plans.flatMap(({ variables }) => variables ?? []),
  );
  const called = calls.length === 0 ? [] : ['calls to GitLab', ...calls.map((call) => `  ${callText(call)}`)];
  out.result(
    { tenant, differs: changes, project, environments: plans, calls },
    [...projectLines(project), ...lines, ...called].join('\n'),
  );
  refuse(project);
  return changes ? exitCodes.differs : undefined;
}
