import type { Environment } from '../config/environment.ts';
import { names } from '../config/names.ts';
import { partitionOf } from '../config/platform.ts';
import { writeVariables } from '../gitlab/variables.ts';
import { deployStacks } from '../stack/deploy/deploy-stacks.ts';
import {
  type FormerWebhook,
  formerWebhookLine,
  removeFormerWebhook,
  unreachedLine,
} from '../webhook/former-webhook.ts';
import { stopBuilds } from '../webhook/underway-builds.ts';
import { applyWebhook } from '../webhook/vend-webhook.ts';
import { webhookDiffers } from '../webhook/webhook-plan.ts';
import { recordToWrite, rewriteRecord } from './access.ts';
import { ownChanges } from './projects/tenant-projects.ts';
import { type BalancerMove, numberedBalancer } from './traffic/balancer.ts';
import { claimRules, explainFull, giveBack, priorityParameters } from './traffic/tenant-rules.ts';
import type { PreparedVend, Vending } from './vend-plan.ts';

export interface VendResult {
  readonly environment: string;
  readonly deployRole: string;
  readonly planRole: string;
  readonly hosts: readonly string[];
  /** Listener priorities by the bands of their rules. */
  readonly priorities: Readonly<Record<string, number>>;
  /** Set while the tenant moves to another load balancer, and after the last step. */
  readonly balancer?: BalancerMove;
  readonly changed: boolean;
}

/**
 * Claims hosts and listener priorities, deploys the access and entry stacks, releases what left the file, writes the project's variables.
 * Just claimed hosts are released when a stack cannot be deployed. Priorities are not: nobody waits for a number, and
 * the next run uses the same one.
 * @param free releases what other tenants hold of these hosts; everything that needs no host is done before, because from then on they have no rule
 */
export async function applyVend(
  vending: Vending,
  { plan, balancers, rulesOf, claims, assembly, webhook }: PreparedVend,
  free?: () => Promise<void>,
): Promise<VendResult> {
  const { runtime, aws, gitlab, chosen, place } = vending;
  // The network of one that runs would keep its security group, whose name nobody could have again.
  if (plan.formerWebhooks !== undefined) await stopBuilds(runtime, aws, place);
  await removeWebhooks(vending, plan.leftWebhooks?.found);
  for (const project of plan.leftWebhooks?.unreached ?? []) runtime.out.warn(unreachedLine(project, place));
  const [access, entry] = [names.tenantStack(place, 'access'), names.tenantStack(place, 'entry')];
  const roles = free === undefined ? [] : await deployStacks(assembly, { stacks: [access], ...roleOfJobs(vending) });
  const claimAll = async () => {
    const numbers: Map<string, number>[] = [];
    for (const of of rulesOf) numbers.push(await claimRules(runtime, aws, of, plan.rules));
    return numbers;
  };
  const claimed = free === undefined ? undefined : await claimAll();
  await free?.();
  await claims.claim(plan.hosts.claim);
  const deploy = async () => {
    const numbers = claimed ?? (await claimAll());
    const priorities = rulesOf.map(({ loadBalancer }, index) =>
      priorityParameters(numbers[index] ?? [], numberedBalancer(balancers, loadBalancer)),
    );
    const parameters = { [entry]: Object.assign({}, ...priorities) as Record<string, string> };
    const options = { ...roleOfJobs(vending), ...(free === undefined ? {} : { stacks: [entry] }) };
    return { results: [...roles, ...(await deployStacks(assembly, { parameters, ...options }))], numbers };
  };
  const { results, numbers } = await deploy().catch(async (error: unknown) => {
    // After a cancel CloudFormation may still finish: then the hosts are the tenant's, and the next run sees that.
    if (!runtime.signal.aborted) await claims.release(plan.hosts.claim);
    throw await explainFull(aws, rulesOf, error);
  });
  // The first thing after the stacks: another tenant may wait for these hosts.
  await claims.release(plan.hosts.release);
  const record = await recordToWrite(aws, assembly, place);
  if (record !== undefined) await rewriteRecord(aws, place, record);
  await claims.keep(chosen.hosts);
  const released: number[] = [];
  for (const of of plan.giveBack.length === 0 ? [] : rulesOf) released.push(...(await giveBack(aws, of)));
  const variables = plan.variables ?? [];
  if (gitlab !== undefined) {
    for (const { path } of vending.projects) await writeVariables(gitlab, path, ownChanges(variables, path));
    // Its secrets and builds are in the stacks.
    if (webhook !== undefined) {
      await applyWebhook({ aws, gitlab, out: runtime.out, place }, webhook);
    }
    await removeWebhooks(vending, plan.formerWebhooks);
  }
  const output = (name: string) => results.find(({ outputs }) => name in outputs)?.outputs[name] ?? '';
  return {
    environment: place.environment,
    deployRole: output('DeployRole'),
    planRole: output('PlanRole'),
    hosts: chosen.hosts,
    priorities: Object.fromEntries(numbers[0] ?? []),
    ...(plan.balancer === undefined ? {} : { balancer: plan.balancer }),
    changed:
      results.some((stack) => stack.changed) ||
      record !== undefined ||
      (webhook !== undefined && webhookDiffers(webhook.plan)) ||
      plan.formerWebhooks !== undefined ||
      (plan.leftWebhooks?.found.length ?? 0) > 0 ||
      plan.rules.some(({ claimed }) => !claimed) ||
      plan.hosts.claim.length + plan.hosts.release.length + released.length + variables.length > 0,
  };
}

/** Those in former projects of the tenant go first: after that the stacks no longer know these projects. */
async function removeWebhooks(
  { gitlab, runtime }: Vending,
  webhooks: readonly FormerWebhook[] | undefined,
): Promise<void> {
  if (gitlab === undefined) return;
  for (const former of webhooks ?? []) {
    await removeFormerWebhook(gitlab, former);
    runtime.out.step(`removed ${formerWebhookLine(former)}`);
  }
}

/** In a job CloudFormation uses a role of its own; people vend with their own permissions. */
function roleOfJobs({ runtime, place, chosen }: Vending): { roleArn?: string } {
  if (runtime.env.VENDHOST_ID_TOKEN === undefined) return {};
  const { account } = chosen.config;
  const role = names.platformRole(place.environment as Environment, 'vend-execution');
  return { roleArn: `arn:${partitionOf(chosen.config)}:iam::${account}:role/${role}` };
}
