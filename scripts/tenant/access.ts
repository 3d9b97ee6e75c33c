import type { AccessProps, TenantBalancers } from '../../cdk/tenant/access/tenant-access-stack.ts';
import { readStoredRecord, readVendedRecord } from '../aws/read-facts.ts';
import type { Aws } from '../aws/session.ts';
import type { Environment } from '../config/environment.ts';
import type { PlatformFacts, VendedRecord } from '../config/facts.ts';
import { isPromoted } from '../config/files.ts';
import { names, type Place } from '../config/names.ts';
import type { PlatformConfig } from '../config/platform.ts';
import { portIn, projectsOf, type TenantConfig } from '../config/tenant.ts';
import { VendhostError } from '../errors.ts';
import type { AppBuilder, Assembly } from '../stack/assembly.ts';
import type { ChosenEnvironment } from './environments.ts';
import type { TrustedProject } from './projects/tenant-projects.ts';
import { ruleGroups } from './traffic/tenant-rules.ts';

export interface AccessParts {
  readonly place: Place;
  readonly platform: PlatformConfig;
  readonly tenant: TenantConfig;
  readonly chosen: ChosenEnvironment;
  readonly facts: PlatformFacts;
  readonly projects: readonly TrustedProject[];
  /** The load balancer that should serve the hosts; the facts are of it. */
  readonly loadBalancer: number;
  readonly balancers?: TenantBalancers | undefined;
  /** The tenant has switched its maintenance on. */
  readonly isSwitchedOn: boolean;
}

/** Builds the tenant's access stack from the platform's files and facts. */
export function accessApp(parts: AccessParts): AppBuilder {
  const { place, platform, tenant, chosen, facts, projects, loadBalancer, balancers, isSwitchedOn } = parts;
  return async (app) => {
    const { tenantAccessApp } = await import('../../cdk/tenant/access/tenant-access-stack.ts');
    const { account, region } = chosen.config;
    const { issuer, audience } = platform;
    const [project, software] = projects.map(({ path, trust }) => ({ issuer, audience, path, trust }));
    if (project === undefined) throw new Error('a tenant without a project');
    return tenantAccessApp(app, {
      place,
      account,
      region,
      facts,
      project,
      software,
      branch: chosen.config.branch,
      hosts: chosen.hosts,
      groups: ruleGroups(chosen.hosts),
      ...maintenanceOf(tenant, chosen.environment, isSwitchedOn),
      port: portIn(tenant, chosen.environment),
      loadBalancer,
      balancers,
      limits: tenant.limits,
      approvals: platform.approvals,
      logDays: chosen.config.retention_days.logs,
      intake: tenant.intake,
      builds: buildSettings(platform, tenant),
      // Without a job that releases and bakes there is none that promotes.
      ...(software === undefined && tenant.intake !== 'webhook'
        ? { imagesFrom: chosen.config.images_from, isPromoted: isPromoted(platform, chosen.environment) }
        : {}),
    });
  };
}

/** The platform's own maintenance has precedence: nobody switches it. What the tenant has switched on stays. */
function maintenanceOf(
  { maintenance, maintenance_switch }: TenantConfig,
  environment: Environment,
  isSwitchedOn: boolean,
): Pick<AccessProps, 'maintenance' | 'maintenanceSwitch'> {
  const [own, maintenanceSwitch] = [maintenance[environment], maintenance_switch[environment]];
  if (own !== undefined) return { maintenance: own };
  return { maintenance: isSwitchedOn ? maintenanceSwitch : undefined, maintenanceSwitch };
}

/** How builds run for a tenant whose project has no runner; `undefined` for all others. */
function buildSettings({ gitlab, webhook }: PlatformConfig, tenant: TenantConfig) {
  if (tenant.intake !== 'webhook' || webhook === undefined) return undefined;
  const [repository, softwareRepository] = projectsOf(tenant).map(({ path }) => `${gitlab}/${path}.git`);
  return {
    image: webhook.image,
    registrySecret: webhook.registry_secret,
    repository: repository ?? '',
    softwareRepository,
  };
}

/**
 * The record of an earlier vend; `undefined` for a new tenant, and for an unreadable record, which is rewritten. Throws
 * `RECORD_NEWER` for a newer version's, which an older one must not undo.
 * @param warn is called for an unreadable record
 */
export async function formerRecord(
  aws: Aws,
  place: Place,
  warn: (text: string) => void = () => undefined,
): Promise<VendedRecord | undefined> {
  return await readVendedRecord(aws, place).catch((error: unknown) => {
    if (!(error instanceof VendhostError)) throw error;
    if (error.code === 'RECORD_UNREADABLE' || error.code === 'RECORD_OUTDATED') {
      warn(`${error.message}; it is written again, and its project, port and load balancer are compared with nothing`);
      return undefined;
    }
    if (error.code === 'TENANT_UNKNOWN') return undefined;
    throw error;
  });
}

/** The record as the access stack's template has it. */
export function templateRecord({ templates }: Assembly, place: Place): string | undefined {
  const { Resources = {} } = templates.get(names.tenantStack(place, 'access')) ?? {};
  const name = names.tenantRecord(place);
  for (const { Type, Properties } of Object.values(Resources)) {
    const { Name, Value } = (Properties ?? {}) as { Name?: unknown; Value?: unknown };
    if (Type === 'AWS::SSM::Parameter' && Name === name && typeof Value === 'string') return Value;
  }
  return undefined;
}

/** The same, if another text is stored, or none: CloudFormation writes it only when the template changes. */
export async function recordToWrite(aws: Aws, assembly: Assembly, place: Place): Promise<string | undefined> {
  const wanted = templateRecord(assembly, place);
  if (wanted === undefined) return undefined;
  const stored = await readStoredRecord(aws, place).catch((error: unknown) => {
    if (error instanceof VendhostError && error.code === 'TENANT_UNKNOWN') return undefined;
    throw error;
  });
  return stored === wanted ? undefined : wanted;
}

/** Overwrites what somebody else wrote with the record. */
export async function rewriteRecord(aws: Aws, place: Place, record: string): Promise<void> {
  const { PutParameterCommand } = await import('@aws-sdk/client-ssm');
  const request = { Name: names.tenantRecord(place), Value: record, Type: 'String', Overwrite: true } as const;
  await (await aws.ssm()).send(new PutParameterCommand(request));
}
