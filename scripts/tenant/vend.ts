import { join } from 'node:path';
import { openEnvironment } from '../aws/open-environment.ts';
import { openAws } from '../aws/session.ts';
import type { Environment } from '../config/environment.ts';
import { readPlatformConfig, readTenantConfig } from '../config/files.ts';
import {
  approvalFaults,
  pinnedFaults,
  sharedEnvironments,
  sharedMessage,
  tenantFaults,
} from '../config/host-checks.ts';
import { configError } from '../config/load.ts';
import { projectsOf } from '../config/tenant.ts';
import { exitCodes } from '../errors.ts';
import { type GitlabApi, openGitlab } from '../gitlab/api.ts';
import { callText } from '../gitlab/http/planned-call.ts';
import type { Output } from '../output.ts';
import type { Runtime } from '../runtime.ts';
import { formerRecord } from './access.ts';
import { applyVend, type VendResult } from './apply-vend.ts';
import { chooseEnvironments } from './environments.ts';
import { projectDiffers, projectLines, refuse } from './project-plan.ts';
import { ownChanges, type PlannedProjects, planProjects, type TenantWish } from './projects/tenant-projects.ts';
import { makeProject } from './setup/make-project.ts';
import { plannedCalls } from './setup/plan-calls.ts';
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
  const others = await tenantsOfProject(directory, name, projectsOf(tenant));
  const shared = sharedEnvironments(new Map([...others, [name, tenant]])).filter((each) => each.tenant === name);
  const faults = [
    ...tenantFaults(file, platform.environments, tenant),
    ...approvalFaults(file, platform.approvals, tenant),
    ...pinnedFaults(file, platform.pipelines, tenant),
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
  const wish: TenantWish = {
    ...{ tenant: name, subject: tenant.subject },
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
  };
  const look = async () => await planProjects(gitlab, platform, tenant, wish);
  const vendingsOf = (planned: PlannedProjects) =>
    opened.map(({ chosen: each, aws }): Vending => {
      const place = { environment: each.environment, tenant: name };
      const projects = planned.map(({ path, half, plan }) => {
        const trust = plan.trust[each.environment] ?? { subjects: ['project_path' as const] };
        return { path, half, trust, isNew: plan.make !== undefined };
      });
      return { runtime, aws, gitlab, place, platform, tenant, chosen: each, projects };
    });
  const seen = await look();
  for (const { plan } of seen) warnOfProject(out, plan);
  if (options.dryRun) return await show(runtime, name, seen, vendingsOf(seen));

  refuse(allOf(seen));
  // No project is made for a tenant that is refused.
  if (seen.some(({ plan }) => plan.make !== undefined)) {
    for (const vending of vendingsOf(seen)) await withPlan(vending, async () => undefined);
  }
  const planned = gitlab === undefined ? seen : await makeReady(out, gitlab, seen, look);
  const vendings = vendingsOf(planned);
  const results: VendResult[] = [];
  for (const vending of vendings) {
    const { environment } = vending.place;
    const title = `vend ${name} in ${environment}`;
    results.push(
      await out.section(`vend_${environment}`, title, () =>
        withPlan(vending, async (prepared) => {
          for (const line of vendLines(prepared.plan, planned.length)) out.detail(line);
          return await applyVend(vending, prepared);
        }),
      ),
    );
  }
  for (const { plan } of planned) if (gitlab !== undefined) await finishProject(out, gitlab, plan);
  const value = { tenant: name, ...resultOf(planned), environments: results };
  out.result(value, vendSummary(vendings, results).join('\n'));
  return undefined;
}

/** What stands against vending in any of the projects. */
function allOf(planned: PlannedProjects) {
  const path = planned.map(({ plan }) => plan.path).join(' and ');
  return { path, refusals: planned.flatMap(({ plan }) => plan.refusals) };
}

/** A tenant's only project, or the two by their halves. */
function resultOf([first, second]: PlannedProjects) {
  if (second === undefined) return { project: first.plan };
  return { projects: { infrastructure: first.plan, software: second.plan } };
}

/** Makes projects that are not there, and does what comes before the roles; returns the plans of the rest. */
async function makeReady(
  out: Output,
  gitlab: GitlabApi,
  seen: PlannedProjects,
  look: () => Promise<PlannedProjects>,
): Promise<PlannedProjects> {
  let planned = seen;
  for (const [index, { path, plan }] of seen.entries()) {
    if (plan.make === undefined) continue;
    const lookAgain = async () => {
      planned = await look();
      return planned[index]?.plan ?? plan;
    };
    const made = await makeProject(out, gitlab, { ...plan, path }, lookAgain);
    warnOfProject(out, made);
    refuse(made);
  }
  for (const { plan } of planned) await prepareProject(out, gitlab, plan);
  // What was left out decides what the roles ask for.
  return planned.some(({ plan }) => plan.settings.some(({ optional }) => optional)) ? await look() : planned;
}

/** Prints what would be done; what stops it is in the plan, and is thrown after it. */
async function show(
  { out }: Runtime,
  tenant: string,
  planned: PlannedProjects,
  vendings: readonly Vending[],
): Promise<number | undefined> {
  const plans: VendPlan[] = [];
  for (const vending of vendings) plans.push(await withPlan(vending, async ({ plan }) => plan));
  const changes = planned.some(({ plan }) => projectDiffers(plan)) || plans.some(differs);
  const lines = plans.flatMap((plan) => [
    `${tenant} in ${plan.environment}`,
    ...vendLines(plan, planned.length).map((line) => `  ${line}`),
  ]);
  const variables = plans.flatMap((plan) => plan.variables ?? []);
  const calls = planned.flatMap(({ path, plan }) => plannedCalls(plan, ownChanges(variables, path)));
  const called = calls.length === 0 ? [] : ['calls to GitLab', ...calls.map((call) => `  ${callText(call)}`)];
  out.result(
    { tenant, differs: changes, ...resultOf(planned), environments: plans, calls },
    [...planned.flatMap(({ plan }) => projectLines(plan)), ...lines, ...called].join('\n'),
  );
  refuse(allOf(planned));
  return changes ? exitCodes.differs : undefined;
}
