import { writeVariables } from '../gitlab/variables.ts';
import { deployStacks } from '../stack/deploy/deploy-stacks.ts';
import { leaveBalancer } from './balancer.ts';
import type { PreparedVend, Vending } from './vend-plan.ts';

export interface VendResult {
  readonly environment: string;
  readonly deployRole: string;
  readonly planRole: string;
  readonly hosts: readonly string[];
  readonly changed: boolean;
}

/**
 * Claims the hosts, deploys the roles and the record, gives back hosts that left the file, writes the project's variables.
 * Hosts claimed a moment ago are given back when the roles cannot be deployed.
 */
export async function applyVend(
  vending: Vending,
  { plan, facts, claims, assembly }: PreparedVend,
): Promise<VendResult> {
  const { gitlab, tenant, chosen, place } = vending;
  await claims.claim(plan.hosts.claim);
  const [access] = await deployStacks(assembly).catch(async (error: unknown) => {
    // After a cancel CloudFormation may still finish: then the hosts are the tenant's, and the next run sees that.
    if (!vending.runtime.signal.aborted) await claims.release(plan.hosts.claim);
    throw error;
  });
  await claims.release(plan.hosts.release);
  if (plan.balancer !== undefined) await leaveBalancer(vending.aws, place, facts.bucket, plan.balancer);
  const variables = plan.variables ?? [];
  if (gitlab !== undefined) await writeVariables(gitlab, tenant.project, variables);
  return {
    environment: place.environment,
    deployRole: access?.outputs.DeployRole ?? '',
    planRole: access?.outputs.PlanRole ?? '',
    hosts: chosen.hosts,
    changed: access?.changed === true || plan.hosts.claim.length + plan.hosts.release.length + variables.length > 0,
  };
}
