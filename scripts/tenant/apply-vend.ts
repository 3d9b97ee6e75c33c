import { names } from '../config/names.ts';
import { writeVariables } from '../gitlab/variables.ts';
import { deployStacks } from '../stack/deploy/deploy-stacks.ts';
import { applyWebhook } from '../webhook/vend-webhook.ts';
import { webhookDiffers } from '../webhook/webhook-plan.ts';
import { recordToWrite, rewriteRecord } from './access.ts';
import { claimRules, explainFull, giveBack, priorityParameters } from './traffic/tenant-rules.ts';
import type { PreparedVend, Vending } from './vend-plan.ts';

export interface VendResult {
  readonly environment: string;
  readonly deployRole: string;
  readonly planRole: string;
  readonly hosts: readonly string[];
  /** Listener priorities by the bands of their rules. */
  readonly priorities: Readonly<Record<string, number>>;
  readonly changed: boolean;
}

/**
 * Claims hosts and listener priorities, deploys the access and entry stacks, gives back what left the file, writes the project's variables.
 * Hosts claimed a moment ago are given back when a stack cannot be deployed. Priorities are not: nobody waits for a number, and
 * the next run takes up the same one.
 */
export async function applyVend(
  vending: Vending,
  { plan, rulesOf, claims, assembly, webhook }: PreparedVend,
): Promise<VendResult> {
  const { runtime, aws, gitlab, tenant, chosen, place } = vending;
  await claims.claim(plan.hosts.claim);
  const deploy = async () => {
    const numbers = await claimRules(runtime, aws, rulesOf, plan.rules);
    const parameters = { [names.tenantStack(place, 'entry')]: priorityParameters(numbers) };
    return { results: await deployStacks(assembly, { parameters }), numbers };
  };
  const { results, numbers } = await deploy().catch(async (error: unknown) => {
    // After a cancel CloudFormation may still finish: then the hosts are the tenant's, and the next run sees that.
    if (!runtime.signal.aborted) await claims.release(plan.hosts.claim);
    throw await explainFull(aws, rulesOf, error);
  });
  const record = await recordToWrite(aws, assembly, place);
  if (record !== undefined) await rewriteRecord(aws, place, record);
  await claims.keep(chosen.hosts);
  await claims.release(plan.hosts.release);
  const released = plan.giveBack.length === 0 ? [] : await giveBack(aws, rulesOf);
  const variables = plan.variables ?? [];
  if (gitlab !== undefined) await writeVariables(gitlab, tenant.project, variables);
  // Its secrets and builds are in the stacks.
  if (gitlab !== undefined && webhook !== undefined) {
    await applyWebhook({ aws, gitlab, out: runtime.out, place, project: tenant.project }, webhook);
  }
  const output = (name: string) => results.find(({ outputs }) => name in outputs)?.outputs[name] ?? '';
  return {
    environment: place.environment,
    deployRole: output('DeployRole'),
    planRole: output('PlanRole'),
    hosts: chosen.hosts,
    priorities: Object.fromEntries(numbers),
    changed:
      results.some((stack) => stack.changed) ||
      record !== undefined ||
      (webhook !== undefined && webhookDiffers(webhook.plan)) ||
      plan.rules.some(({ claimed }) => !claimed) ||
      plan.hosts.claim.length + plan.hosts.release.length + released.length + variables.length > 0,
  };
}
