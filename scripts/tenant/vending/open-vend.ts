import { join } from 'node:path';
import { openEnvironment } from '../../aws/open-environment.ts';
import type { Environment } from '../../config/environment.ts';
import { readPlatformConfig, readTenantConfig } from '../../config/files.ts';
import {
  hostsOverlap,
  platformFaults,
  sharedEnvironments,
  sharedMessage,
  sharedPinMessage,
  sharedPins,
  tenantFaults,
} from '../../config/host-checks.ts';
import { configError } from '../../config/load.ts';
import { projectsOf } from '../../config/tenant.ts';
import { VendhostError } from '../../errors.ts';
import { type GitlabApi, openGitlab } from '../../gitlab/api.ts';
import type { Runtime } from '../../runtime.ts';
import { formerRecord } from '../access.ts';
import { chooseEnvironments, reachOf } from '../environments.ts';
import { type PlannedProjects, planProjects, type TenantWish } from '../projects/tenant-projects.ts';
import type { Vending } from '../vend-plan.ts';
import { tenantsOfProject, warnOfProject } from '../vend-project.ts';
import type { HostPlace, VendOptions } from './vend-options.ts';

/** A tenant's projects and environments as they were found; nothing is changed yet. */
export interface OpenedVend {
  readonly gitlab: GitlabApi | undefined;
  readonly planned: PlannedProjects;
  /** Looks at the projects again. */
  readonly look: () => Promise<PlannedProjects>;
  /** What is vended, with the trust that the projects are planned to have. */
  readonly vendingsOf: (planned: PlannedProjects) => readonly Vending[];
}

/** Reads what vending needs. Throws what in the files prevents it, and `ACCOUNT_WRONG`. */
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
    ...platformFaults(file, platform, tenant),
    ...shared.map(({ other }) => ({ file, path: 'environment_prefix', message: sharedMessage(other, tenant) })),
    ...sharedPins(new Map([...others, [name, tenant]]))
      .filter((each) => each.tenant === name)
      .map(({ other }) => ({ file, path: 'pinned', message: sharedPinMessage(other, tenant) })),
  ];
  if (faults.length > 0) throw configError(faults);
  if (options.rotateWebhook && tenant.intake !== 'webhook') {
    throw new VendhostError('USAGE', `--rotate-webhook is for tenants with a webhook, and ${name} has none`, {
      hint: `leave it out; intake: webhook in tenants/${name}.yml gives the tenant one`,
    });
  }

  const reach = await reachOf(runtime, platform, options.environment);
  const selected = chooseEnvironments(platform, { name, config: tenant }, reach, options.environment);
  const { leftOut } = selected;
  const hostsOfPlaces = (places: readonly HostPlace[] | undefined, environment: Environment) =>
    (places ?? []).flatMap((each) => (each.environment === environment ? [each.host] : []));
  const chosen = selected.chosen.map((each) => {
    const later = hostsOfPlaces(options.without, each.environment);
    const now = each.hosts.filter((host) => !later.some((other) => hostsOverlap(host, other)));
    return { ...each, hosts: [...new Set([...now, ...hostsOfPlaces(options.still, each.environment)])] };
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
    adopt: options.adopt ?? false,
  };
  const look = async () => await planProjects(gitlab, platform, tenant, wish);
  const vendingsOf = (planned: PlannedProjects) =>
    opened.map(({ chosen: each, aws, record }): Vending => {
      const { environment } = each;
      const projects = planned.map(({ path, half, plan }) => {
        const trust = plan.trust[environment] ?? { subjects: ['project_path'] as const };
        return { path, half, trust, isNew: plan.make !== undefined };
      });
      const coming = hostsOfPlaces(options.coming, environment);
      const place = { environment, tenant: name };
      const { rotateWebhook = false, dnsMoved = false } = options;
      const asked = { coming, rotateWebhook, dnsMoved };
      return { runtime, aws, gitlab, place, platform, tenant, chosen: each, record, projects, ...asked };
    });
  const planned = await look();
  for (const { plan } of planned) warnOfProject(out, plan);
  return { gitlab, planned, look, vendingsOf };
}
