import type { Aws } from '../../aws/session.ts';
import type { PlatformConfig } from '../../config/platform.ts';
import { projectsOf, type TenantConfig } from '../../config/tenant.ts';
import type { Runtime } from '../../runtime.ts';
import { formerRecord } from '../access.ts';
import type { ChosenEnvironment } from '../environments.ts';
import { recordedTrust } from '../project-plan.ts';
import { formerProjectOf } from '../projects/tenant-projects.ts';
import { type VendPlan, withPlan } from '../vend-plan.ts';

export interface PlanOne {
  readonly aws: Aws;
  readonly name: string;
  readonly tenant: TenantConfig;
  readonly platform: PlatformConfig;
  readonly chosen: ChosenEnvironment;
  /** Hosts that others will have released: the plan treats them as free. */
  readonly coming?: readonly string[];
}

/**
 * What vending a tenant would change in AWS. GitLab is not asked: a merge request's pipeline has no token that could, so the roles
 * are compared as if they trusted what the record says. Throws as `withPlan`.
 */
export async function planOne(
  runtime: Runtime,
  { aws, name, tenant, platform, chosen, coming = [] }: PlanOne,
): Promise<VendPlan> {
  const place = { environment: chosen.environment, tenant: name };
  const record = await formerRecord(aws, place);
  const all = projectsOf(tenant);
  const projects = all.map((project) => ({ ...project, trust: recordedTrust(formerProjectOf(record, all, project)) }));
  const vending = { runtime, aws, gitlab: undefined, place, platform, tenant, chosen, record, projects, coming };
  return await withPlan(vending, async ({ plan }) => plan);
}
