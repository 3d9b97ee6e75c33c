import { join } from 'node:path';
import { openEnvironment } from '../aws/open-environment.ts';
import { openAws } from '../aws/session.ts';
import type { Environment } from '../config/environment.ts';
import { environmentOf, readPlatformConfig, readTenantConfig } from '../config/files.ts';
import {
  approvalFaults,
  hostsOverlap,
  pinnedFaults,
  sharedEnvironments,
  sharedMessage,
  tenantFaults,
} from '../config/host-checks.ts';
import { configError } from '../config/load.ts';
import type { PlatformConfig } from '../config/platform.ts';
import { projectsOf } from '../config/tenant.ts';
import { exitCodes } from '../errors.ts';
import { openGitlab } from '../gitlab/api.ts';
import type { ResultValue } from '../output.ts';
import type { Runtime } from '../runtime.ts';
import { formerRecord } from './access.ts';
import { chooseEnvironments, type Reach } from './environments.ts';
import { type ProjectPlan, projectDiffers, projectLines, refuse } from './project-plan.ts';
import { type PlannedProject, planProjects, type TenantWish } from './projects/tenant-projects.ts';
import { type VendedEnvironment, vendMarked } from './register/vend-marked.ts';
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
  /** Hosts of the file that other tenants of the same run give back later: they are left out. */
  readonly without?: readonly HostPlace[];
  /** Hosts that other tenants of the same run will have given back: the plan takes them for free. */
  readonly coming?: readonly HostPlace[];
  /** Has them given back; called when all else is ready. */
  readonly free?: () => Promise<void>;
}

export interface HostPlace {
  readonly environment: Environment;
  readonly host: string;
}

/** What a vend came to, or in a dry run what it would change. */
export interface Vended {
  readonly value: ResultValue;
  readonly text: string;
  /** What stands against vending in the tenant's projects. */
  readonly stops: Pick<ProjectPlan, 'path' | 'refusals'>;
  /** Of a dry run: something would change. */
  readonly differs: boolean;
}

/** Gives a tenant its hosts, roles, rules, pipeline, record and GitLab variables, or shows what would change (exit code 2). */
export async function vendTenant(runtime: Runtime, options: VendOptions): Promise<number | undefined> {
  const { value, text, stops, differs: changes } = await vendOne(runtime, options);
  runtime.out.result(value, text);
  // What stops it is in the plan, and is thrown after it.
  if (options.dryRun) refuse(stops);
  return changes ? exitCodes.differs : undefined;
}

/** As `vendTenant`, for who prints what came of it. */
export async function vendOne(runtime: Runtime, options: VendOptions): Promise<Vended> {
  const opened = await openVend(runtime, options);
  return options.dryRun ? await show(options.tenant, opened) : await carryOut(runtime, options, opened);
}

/** A tenant's projects and environments as they were found; nothing is changed yet. */
export interface OpenedVend {
  readonly planned: readonly [PlannedProject, ...PlannedProject[]];
  readonly vendings: readonly Vending[];
}

/** Reads what vending needs. Throws what stands against it in the files, and `ACCOUNT_WRONG`. */
export async function openVend(runtime: Runtime, options: VendOptions): Promise<OpenedVend> {
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

  const reach = await reachOf(runtime, platform, options.environment);
  const selected = chooseEnvironments(platform, { name, config: tenant }, reach, options.environment);
  const { leftOut } = selected;
  const hostsIn = (places: readonly HostPlace[] | undefined, environment: Environment) =>
    (places ?? []).flatMap((each) => (each.environment === environment ? [each.host] : []));
  const chosen = selected.chosen.map((each) => {
    const later = hostsIn(options.without, each.environment);
    return later.length === 0
      ? each
      : { ...each, hosts: each.hosts.filter((host) => !later.some((other) => hostsOverlap(host, other))) };
  });
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
    const coming = hostsIn(options.coming, environment);
    const place = { environment, tenant: name };
    return { runtime, aws, gitlab, place, platform, tenant, chosen: each, projects, coming };
  });
  return { planned, vendings };
}

/** Vends, and marks each environment when all of it is done. */
async function carryOut(
  runtime: Runtime,
  { tenant: name, free }: Pick<VendOptions, 'tenant' | 'free'>,
  { planned, vendings }: OpenedVend,
): Promise<Vended> {
  const { out } = runtime;
  const gitlab = vendings[0]?.gitlab;
  const stops = allOf(planned);
  refuse(stops);
  for (const { plan } of planned) if (gitlab !== undefined) await prepareProject(out, gitlab, plan);
  const vended: VendedEnvironment[] = [];
  for (const [index, vending] of vendings.entries()) {
    const { environment } = vending.place;
    const title = `vend ${name} in ${environment}`;
    vended.push(
      await out.section(`vend_${name}_${environment}`, title, () =>
        withPlan(vending, async (prepared) => {
          for (const line of vendLines(prepared.plan, planned.length)) out.detail(line);
          return await vendMarked(vending, prepared, index === 0 ? free : undefined);
        }),
      ),
    );
  }
  for (const { plan } of planned) if (gitlab !== undefined) await finishProject(out, gitlab, plan);
  for (const { mark } of vended) await mark();
  const results = vended.map(({ result }) => result);
  const text = vendSummary(vendings, results).join('\n');
  return { value: { tenant: name, ...resultOf(planned), environments: results }, text, stops, differs: false };
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

/** What would be done; what stops it is in the plan. */
async function show(tenant: string, { planned, vendings }: OpenedVend): Promise<Vended> {
  const plans: VendPlan[] = [];
  for (const vending of vendings) plans.push(await withPlan(vending, async ({ plan }) => plan));
  const changes = planned.some(({ plan }) => projectDiffers(plan)) || plans.some(differs);
  const lines = plans.flatMap((plan) => [
    `${tenant} in ${plan.environment}`,
    ...vendLines(plan, planned.length).map((line) => `  ${line}`),
  ]);
  return {
    value: { tenant, differs: changes, ...resultOf(planned), environments: plans },
    text: [...planned.flatMap(({ plan }) => projectLines(plan)), ...lines].join('\n'),
    stops: allOf(planned),
    differs: changes,
  };
}
