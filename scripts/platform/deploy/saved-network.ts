import type { Aws } from '../../aws/session.ts';
import { VendhostError } from '../../errors.ts';
import { readChangeSet } from '../../stack/change-sets/change-set.ts';
import type { SavedStack } from '../../stack/change-sets/plan-file.ts';
import { balancerParameters, type Parameters } from '../compare.ts';
import type { EnvironmentTarget } from '../targets.ts';

/**
 * Makes sure that the network still is the one that the load balancers' change sets were created for: executing the plan
 * may have replaced parts of it. Throws `PLAN_STALE` with the ids that differ.
 */
export async function checkBalancers(
  { environment, aws }: Pick<EnvironmentTarget, 'environment' | 'aws'>,
  balancers: readonly SavedStack[],
  network: Parameters,
): Promise<void> {
  const now = (await balancerParameters(network)) ?? {};
  const planned = await Promise.all(balancers.map(async (each) => [each.stack, await plannedWith(aws, each)] as const));
  const details = planned.flatMap(([stack, parameters]) => parameterLines(stack, parameters, now));
  if (details.length === 0) return;
  throw new VendhostError(
    'PLAN_STALE',
    `the network of ${environment} has other ids than the load balancers were planned with; no load balancer was changed`,
    {
      details,
      hint: 'network and storage are deployed: make a new plan (in a pipeline: start a new one) and deploy it',
    },
  );
}

export function parameterLines(stack: string, planned: Parameters, now: Parameters): string[] {
  return Object.entries(now)
    .filter(([name, value]) => planned[name] !== undefined && planned[name] !== value)
    .map(([name, value]) => `${stack}: ${name} was planned as ${planned[name]}, is ${value}`);
}

/** The parameters of a change set; those of the stack when it needs no change set. */
async function plannedWith(aws: Aws, { stack, changeSet, before }: SavedStack): Promise<Parameters> {
  if (changeSet === null) return before?.parameters ?? {};
  return (await readChangeSet(aws, stack, changeSet))?.parameters ?? {};
}
