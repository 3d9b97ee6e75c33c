import { isDeepStrictEqual } from 'node:util';
import { names } from '../../config/names.ts';
import { VendhostError } from '../../errors.ts';
import type { Assembly } from '../../stack/assembly.ts';
import { deployStacks } from '../../stack/deploy/deploy-stacks.ts';
import { balancerParameters, type Compared, type Comparison, type Parameters } from '../compare.ts';
import { isBalancer } from '../layers.ts';
import { type StackOutcome, stackOutcome } from '../stack-outcome.ts';
import type { EnvironmentTarget } from '../targets.ts';

export interface DeployedStacks {
  readonly stacks: readonly StackOutcome[];
  /** DNS names of the load balancers, in the order of their numbers. */
  readonly loadBalancers: readonly string[];
}

type StepPlace = Pick<EnvironmentTarget, 'environment'>;

/**
 * Deploys an environment's stacks step by step, those of one step in parallel. Unchanged stacks are not touched. Throws
 * `STACK_FAILED`, and `NETWORK_MISSING` when load balancers are deployed alone and there is no network.
 */
export async function applySteps(
  assembly: Assembly,
  place: StepPlace,
  steps: readonly (readonly string[])[],
  comparison: Comparison,
): Promise<DeployedStacks> {
  const outputs = new Map<string, Parameters>();
  for (const [stack, { deployed }] of comparison.stacks) outputs.set(stack, deployed?.outputs ?? {});
  const outcomes: StackOutcome[] = [];
  for (const step of steps) {
    const parameters = await parametersOf(place, step, comparison, outputs);
    const isMoved = parameters !== undefined && !isDeepStrictEqual(parameters, comparison.balancerParameters ?? {});
    const pending = step.filter((stack) => isMoved || comparison.stacks.get(stack)?.asWanted !== true);
    const results = pending.length === 0 ? [] : await deployStep(assembly, place, pending, parameters);
    for (const { stack, outputs: made } of results) outputs.set(stack, made);
    for (const stack of step) {
      const plan = comparison.stacks.get(stack)?.plan ?? { stack, action: 'update' };
      outcomes.push(
        stackOutcome(
          plan,
          results.find((result) => result.stack === stack),
        ),
      );
    }
  }
  return { stacks: outcomes, loadBalancers: dnsNames(place, outputs) };
}

/** What `applySteps` would return when no stack needs a change. */
export function nothingApplied(place: StepPlace, stacks: readonly Compared[]): DeployedStacks {
  return {
    stacks: stacks.map(({ plan }) => stackOutcome(plan)),
    loadBalancers: dnsNames(place, new Map(stacks.map(({ plan, deployed }) => [plan.stack, deployed?.outputs ?? {}]))),
  };
}

async function deployStep(
  assembly: Assembly,
  { environment }: StepPlace,
  stacks: readonly string[],
  parameters: Parameters | undefined,
) {
  const layers = stacks.map((stack) => stack.slice(`vendhost-${environment}-`.length));
  const given = Object.fromEntries(stacks.map((stack) => [stack, parameters ?? {}]));
  return await assembly.runtime.out.section(
    `platform_${environment}_${layers.join('_').replaceAll('-', '_')}`,
    `${environment}: ${layers.join(' and ')}`,
    () => deployStacks(assembly, { stacks, parameters: given }),
  );
}

/** Load balancers take the network's outputs; those of a network deployed in this run come first. */
async function parametersOf(
  { environment }: StepPlace,
  step: readonly string[],
  comparison: Comparison,
  outputs: ReadonlyMap<string, Parameters>,
): Promise<Parameters | undefined> {
  if (!step.some((stack) => isBalancer(environment, stack))) return undefined;
  const network = outputs.get(names.platformStack(environment, 'network'));
  const found = network === undefined ? comparison.balancerParameters : await balancerParameters(network);
  return found ?? missingNetwork(environment);
}

function missingNetwork(environment: string): never {
  throw new VendhostError('NETWORK_MISSING', `${environment} has no network for a load balancer`, {
    hint: `deploy all layers: vendhost platform deploy --environment ${environment}`,
  });
}

function dnsNames({ environment }: StepPlace, outputs: ReadonlyMap<string, Parameters>): string[] {
  return [...outputs]
    .filter(([stack]) => isBalancer(environment, stack))
    .flatMap(([, { LoadBalancerDns }]) => LoadBalancerDns ?? []);
}
