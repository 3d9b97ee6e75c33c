import { join } from 'node:path';
import { openEnvironment } from '../aws/open-environment.ts';
import { openAws } from '../aws/session.ts';
import type { Environment } from '../config/environment.ts';
import { environmentOf, readPlatformConfig, readTenantConfig } from '../config/files.ts';
import { approvalFaults, sharedEnvironments, sharedMessage, tenantFaults } from '../config/host-checks.ts';
import { configError } from '../config/load.ts';
import type { PlatformConfig } from '../config/platform.ts';
import { exitCodes } from '../errors.ts';
import { type GitlabApi, openGitlab } from '../gitlab/api.ts';
import type { Runtime } from '../runtime.ts';
import { formerRecord } from './access.ts';
import { chooseEnvironments, type Reach } from './environments.ts';
import { readLibraryProject } from './library/library-facts.ts';
import { planLibrary } from './library/plan-library.ts';
import { readProjectFacts } from './project-facts.ts';
import type { ProjectWish } from './project-findings.ts';
import { type ProjectPlan, planProject, projectDiffers, projectLines, refuse, withLibrary } from './project-plan.ts';
import { type MarkedVend, vendMarked } from './register/vend-marked.ts';
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
  const opened = await openVend(runtime, options);
  if (options.dryRun) return await show(runtime, options.tenant, opened.project, opened.vendings);
  const { value, lines } = await carryOutVend(runtime, options.tenant, opened);
  runtime.out.result(value, lines.join('\n'));
  return undefined;
}

/** A tenant's project and environments as they were found; nothing is changed yet. */
export interface OpenedVend {
  readonly project: ProjectPlan;
  readonly vendings: readonly Vending[];
}

/** Reads what vending needs. Throws what stands against it in the files, and `ACCOUNT_WRONG`. */
export async function openVend(runtime: Runtime, options: VendOptions): Promise<OpenedVend> {
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

  const reach = await reachOf(runtime, platform, options.environment);
  const { chosen, leftOut } = chooseEnvironments(platform, { name, config: tenant }, reach, options.environment);
  for (const { environment, config } of leftOut) {
    out.step(
      `${environment} is left out: it is in account ${config.account}, the credentials are for ${reach.account}`,
    );
  }
  const opened = await Promise.all(
    chosen.map(async (each) => {
      const { environment, config } = each;
      const aws = await openEnvironment(runtime, environment, config, 'vend');
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
  };
  const project = await lookAtProject(gitlab, platform, wish);
  warnOfProject(out, project);
  const vendings = opened.map(({ chosen: each, aws }): Vending => {
    const { environment } = each;
    const trust = project.trust[environment] ?? { subjects: ['project_path'] };
    return { runtime, aws, gitlab, place: { environment, tenant: name }, platform, tenant, chosen: each, trust };
  });
  return { project, vendings };
}

/** Vends, and marks each environment when all of it is done. */
export async function carryOutVend(
  runtime: Runtime,
  name: string,
  { project, vendings }: OpenedVend,
): Promise<{ value: Readonly<Record<string, unknown>>; lines: readonly string[] }> {
  const { out } = runtime;
  const gitlab = vendings[0]?.gitlab;
  refuse(project);
  if (gitlab !== undefined) await prepareProject(out, gitlab, project);
  const vended: MarkedVend[] = [];
  for (const vending of vendings) {
    const { environment } = vending.place;
    const title = `vend ${name} in ${environment}`;
    vended.push(
      await out.section(`vend_${environment}`, title, () =>
        withPlan(vending, async (prepared) => {
          for (const line of vendLines(prepared.plan)) out.detail(line);
          return await vendMarked(vending, prepared);
        }),
      ),
    );
  }
  if (gitlab !== undefined) await finishProject(out, gitlab, project);
  for (const { mark } of vended) await mark();
  const results = vended.map(({ result }) => result);
  return { value: { tenant: name, project, environments: results }, lines: vendSummary(vendings, results) };
}

/** What the credentials reach: a job's are for the environment that it names. */
async function reachOf(runtime: Runtime, platform: PlatformConfig, asked: Environment | undefined): Promise<Reach> {
  if (runtime.env.VENDHOST_ID_TOKEN !== undefined && asked !== undefined) {
    return { account: environmentOf(platform, asked).account, takesRoles: false };
  }
  const anyRegion = Object.values(platform.environments)[0]?.region ?? '';
  const account = await openAws(runtime, { region: anyRegion }).account();
  return { account, takesRoles: runtime.env.VENDHOST_ID_TOKEN === undefined };
}

/** What GitLab says of the tenant's project, and of the library that it is to use, as a plan. */
async function lookAtProject(
  gitlab: GitlabApi | undefined,
  { library }: PlatformConfig,
  wish: ProjectWish,
): Promise<ProjectPlan> {
  if (gitlab === undefined) return planProject(wish, undefined);
  const facts = await readProjectFacts(gitlab, wish.path);
  const shared = library === undefined ? undefined : await readLibraryProject(gitlab, library);
  const allow = wish.allowLibrary ?? false;
  return withLibrary(planProject(wish, facts), planLibrary({ library, project: facts, allow }, shared));
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
  out.result(
    { tenant, differs: changes, project, environments: plans },
    [...projectLines(project), ...lines].join('\n'),
  );
  refuse(project);
  return changes ? exitCodes.differs : undefined;
}
