import { readFormerRecord } from '../aws/read-facts.ts';
import type { Aws } from '../aws/session.ts';
import type { FormerRecord, PlatformFacts } from '../config/facts.ts';
import type { Place } from '../config/names.ts';
import type { PlatformConfig } from '../config/platform.ts';
import { portIn, type SubjectTrust, type TenantConfig } from '../config/tenant.ts';
import { VendhostError } from '../errors.ts';
import type { AppBuilder } from '../stack/assembly.ts';
import type { ChosenEnvironment } from './environments.ts';
import { ruleGroups } from './traffic/tenant-rules.ts';

export interface AccessParts {
  readonly place: Place;
  readonly platform: PlatformConfig;
  readonly tenant: TenantConfig;
  readonly chosen: ChosenEnvironment;
  readonly facts: PlatformFacts;
  readonly trust: SubjectTrust;
}

/** Builds the tenant's access stack from the platform's files and facts. */
export function accessApp({ place, platform, tenant, chosen, facts, trust }: AccessParts): AppBuilder {
  return async (app) => {
    const { tenantAccessApp } = await import('../../cdk/tenant/access/tenant-access-stack.ts');
    const { account, region } = chosen.config;
    return tenantAccessApp(app, {
      place,
      account,
      region,
      facts,
      project: { issuer: platform.issuer, audience: platform.audience, path: tenant.project, trust },
      branch: chosen.config.branch,
      hosts: chosen.hosts,
      groups: ruleGroups(chosen.hosts),
      port: portIn(tenant, chosen.environment),
      loadBalancer: tenant.load_balancer,
      limits: tenant.limits,
    });
  };
}

/** The record of an earlier vend; `undefined` for a new tenant. */
export async function formerRecord(aws: Aws, place: Place): Promise<FormerRecord | undefined> {
  return await readFormerRecord(aws, place).catch((error: unknown) => {
    if (error instanceof VendhostError && error.code === 'TENANT_UNKNOWN') return undefined;
    throw error;
  });
}
