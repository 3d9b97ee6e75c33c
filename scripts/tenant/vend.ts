import { join } from 'node:path';
import { openEnvironment } from '../aws/open-environment.ts';
import { openAws } from '../aws/session.ts';
import type { Environment } from '../config/environment.ts';
import { readPlatformConfig, readTenantConfig } from '../config/files.ts';
import {
  approvalFaults,
  hostsOverlap,
  sharedEnvironments,
  sharedMessage,
  tenantFaults,
} from '../config/host-checks.ts';
import { configError } from '../config/load.ts';
import type { PlatformConfig } from '../config/platform.ts';
import { exitCodes } from '../errors.ts';
import { type GitlabApi, openGitlab } from '../gitlab/api.ts';
import type { ResultValue } from '../output.ts';
import type { Runtime } from '../runtime.ts';
import { formerRecord } from './access.ts';
import { applyVend, type VendResult } from './apply-vend.ts';
import { chooseEnvironments } from './environments.ts';
import { readLibraryProject } from './library/library-facts.ts';
import { planLibrary } from './library/plan-library.ts';
import { readProjectFacts } from './project-facts.ts';
import type { ProjectWish } from './project-findings.ts';
import { type ProjectPlan, planProject, projectDiffers, projectLines, refuse, withLibrary } from './project-plan.ts';
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
  readonly project: ProjectPlan;
  /** Of a dry run: something would change. */
  readonly differs: boolean;
}

/** Gives a tenant its hosts, roles, rules, pipeline, record and GitLab variables, or shows what would change (exit code 2). */
export async function vendTenant(runtime: Runtime, options: VendOptions): Promise<number | undefined> {
  const { value, text, project, differs: changes } = await vendOne(runtime, options);
  runtime.out.result(value, text);
  // What stops it is in the plan, and is thrown after it.
  if (options.dryRun) refuse(project);
  return changes ? exitCodes.differs : undefined;
}

/** As `vendTenant`, for who prints what came of it. */
export async function vendOne(runtime: Runtime, options: VendOptions): Promise<Vended> {
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
  };
  const project = await lookAtProject(gitlab, platform, wish);
  warnOfProject(out, project);
  const vendings = opened.map(({ chosen: each, aws, record }): Vending => {
    const { environment } = each;
    const trust = project.trust[environment] ?? { subjects: ['project_path'] };
    const coming = hostsIn(options.coming, environment);
    return {
      runtime,
      aws,
      gitlab,
      place: { environment, tenant: name },
      platform,
      tenant,
      chosen: each,
      record,
      trust,
      coming,
    };
  });
  if (options.dryRun) return await show(name, project, vendings);

  refuse(project);
  if (gitlab !== undefined) await prepareProject(out, gitlab, project);
  const results: VendResult[] = [];
  for (const [index, vending] of vendings.entries()) {
    const { environment } = vending.place;
    const title = `vend ${name} in ${environment}`;
    results.push(
      await out.section(`vend_${name}_${environment}`, title, () =>
        withPlan(vending, async (prepared) => {
          for (const line of vendLines(prepared.plan)) out.detail(line);
          return await applyVend(vending, prepared, index === 0 ? options.free : undefined);
        }),
      ),
    );
  }
  if (gitlab !== undefined) await finishProject(out, gitlab, project);
  const text = vendSummary(vendings, results).join('\n');
  return { value: { tenant: name, project, environments: results }, text, project, differs: false };
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

/** What would be done; what stops it is in the plan. */
async function show(tenant: string, project: ProjectPlan, vendings: readonly Vending[]): Promise<Vended> {
  const plans: VendPlan[] = [];
  for (const vending of vendings) plans.push(await withPlan(vending, async ({ plan }) => plan));
  const changes = projectDiffers(project) || plans.some(differs);
  const lines = plans.flatMap((plan) => [
    `${tenant} in ${plan.environment}`,
    ...vendLines(plan).map((line) => `  ${line}`),
  ]);
  return {
    value: { tenant, differs: changes, project, environments: plans },
    text: [...projectLines(project), ...lines].join('\n'),
    project,
    differs: changes,
  };
}
