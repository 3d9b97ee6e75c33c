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
import { openGitlab } from '../gitlab/api.ts';
import type { Runtime } from '../runtime.ts';
import { formerRecord } from './access.ts';
import { applyVend, type VendResult } from './apply-vend.ts';
import { chooseEnvironments } from './environments.ts';
import { projectDiffers, projectLines, refuse } from './project-plan.ts';
import { type PlannedProject, planProjects, type TenantWish } from './projects/tenant-projects.ts';
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
  };
  const planned = await planProjects(gitlab, platform, tenant, wish);
  for (const { plan } of planned) warnOfProject(out, plan);
  const vendings = opened.map(({ chosen: each, aws }): Vending => {
    const { environment } = each;
    const projects = planned.map(({ path, half, plan }) => {
      return { path, half, trust: plan.trust[environment] ?? { subjects: ['project_path'] as const } };
    });
    return { runtime, aws, gitlab, place: { environment, tenant: name }, platform, tenant, chosen: each, projects };
  });
  if (options.dryRun) return await show(runtime, name, planned, vendings);

  refuse(allOf(planned));
  for (const { plan } of planned) if (gitlab !== undefined) await prepareProject(out, gitlab, plan);
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
function allOf(planned: readonly PlannedProject[]) {
  const path = planned.map(({ plan }) => plan.path).join(' and ');
  return { path, refusals: planned.flatMap(({ plan }) => plan.refusals) };
}

/** A tenant's only project, or the two by their halves. */
function resultOf([first, second]: readonly [PlannedProject, ...PlannedProject[]]) {
  if (second === undefined) return { project: first.plan };
  return { projects: { infrastructure: first.plan, software: second.plan } };
}

/** Prints what would be done; what stops it is in the plan, and is thrown after it. */
async function show(
  { out }: Runtime,
  tenant: string,
  planned: readonly [PlannedProject, ...PlannedProject[]],
  vendings: readonly Vending[],
): Promise<number | undefined> {
  const plans: VendPlan[] = [];
  for (const vending of vendings) plans.push(await withPlan(vending, async ({ plan }) => plan));
  const changes = planned.some(({ plan }) => projectDiffers(plan)) || plans.some(differs);
  const lines = plans.flatMap((plan) => [
    `${tenant} in ${plan.environment}`,
    ...vendLines(plan, planned.length).map((line) => `  ${line}`),
  ]);
  out.result(
    { tenant, differs: changes, ...resultOf(planned), environments: plans },
    [...planned.flatMap(({ plan }) => projectLines(plan)), ...lines].join('\n'),
  );
  refuse(allOf(planned));
  return changes ? exitCodes.differs : undefined;
}
