import { join } from 'node:path';
import { openEnvironment } from '../aws/open-environment.ts';
import { openAws } from '../aws/session.ts';
import type { Environment } from '../config/environment.ts';
import { readPlatformConfig, readTenantConfig } from '../config/files.ts';
import { tenantFaults } from '../config/host-checks.ts';
import { configError } from '../config/load.ts';
import { exitCodes } from '../errors.ts';
import { openGitlab } from '../gitlab/api.ts';
import type { ProjectVariable } from '../gitlab/variables.ts';
import type { Runtime } from '../runtime.ts';
import { applyVend, type VendResult } from './apply-vend.ts';
import { chooseEnvironments } from './environments.ts';
import { differs, projectVariables, type Vending, type VendPlan, vendLines, withPlan } from './vend-plan.ts';

export interface VendOptions {
  /** Folder with `platform.yml` and `tenants/`. */
  readonly directory: string;
  readonly tenant: string;
  /** Without it: every environment the credentials lead into. */
  readonly environment: Environment | undefined;
  readonly dryRun: boolean;
}

/** Gives a tenant its host claims, roles, record and GitLab variables, or shows what would change (exit code 2). */
export async function vendTenant(runtime: Runtime, options: VendOptions): Promise<number | undefined> {
  const { out } = runtime;
  const { directory, tenant: name } = options;
  const platform = await readPlatformConfig(directory);
  const tenant = await readTenantConfig(directory, name);
  const faults = tenantFaults(join(directory, 'tenants', `${name}.yml`), platform.environments, tenant);
  if (faults.length > 0) throw configError(faults);

  const anyRegion = Object.values(platform.environments)[0]?.region ?? '';
  const account = await openAws(runtime, { region: anyRegion }).account();
  const reach = { account, takesRoles: runtime.env.VENDHOST_ID_TOKEN === undefined };
  const { chosen, leftOut } = chooseEnvironments(platform, { name, config: tenant }, reach, options.environment);
  for (const { environment, config } of leftOut) {
    out.step(`${environment} is left out: it is in account ${config.account}, the credentials are of ${account}`);
  }
  const gitlab = openGitlab(runtime, platform.gitlab);
  const vendings = await Promise.all(
    chosen.map(async (each): Promise<Vending> => {
      const { environment, config } = each;
      const aws = await openEnvironment(runtime, environment, config, 'deploy');
      return { runtime, aws, gitlab, place: { environment, tenant: name }, platform, tenant, chosen: each };
    }),
  );
  if (options.dryRun) return await show(runtime, name, vendings);

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
  out.result({ tenant: name, environments: results }, summary(vendings, results).join('\n'));
  return undefined;
}

async function show({ out }: Runtime, tenant: string, vendings: readonly Vending[]): Promise<number | undefined> {
  const plans: VendPlan[] = [];
  for (const vending of vendings) plans.push(await withPlan(vending, async ({ plan }) => plan));
  const changes = plans.some(differs);
  const lines = plans.flatMap((plan) => [
    `${tenant} in ${plan.environment}`,
    ...vendLines(plan).map((line) => `  ${line}`),
  ]);
  out.result({ tenant, differs: changes, environments: plans }, lines.join('\n'));
  return changes ? exitCodes.differs : undefined;
}

function summary(vendings: readonly Vending[], results: readonly VendResult[]): string[] {
  const lines = results.map(
    ({ environment, hosts, changed }) => `${environment}: ${changed ? 'vended' : 'no change'}, ${hosts.join(', ')}`,
  );
  const { gitlab, tenant } = vendings[0] as Vending;
  if (gitlab !== undefined) {
    return [...lines, `next: push to ${branches(vendings)} of ${tenant.project}; its jobs have what they need`];
  }
  return [
    ...lines,
    `next: set these variables in ${tenant.project} (Settings > CI/CD), or set VENDHOST_GITLAB_TOKEN and run this again:`,
    ...vendings.flatMap(({ place, chosen }) => projectVariables(place, chosen)).map(variableLine),
  ];
}

function variableLine({ key, value, scope }: ProjectVariable): string {
  return `  ${key}=${value}  (environment ${scope})`;
}

function branches(vendings: readonly Vending[]): string {
  return vendings.map(({ chosen }) => chosen.config.branch).join(', ');
}
