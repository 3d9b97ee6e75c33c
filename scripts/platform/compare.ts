import { isDeepStrictEqual } from 'node:util';
import type { Environment } from '../config/environment.ts';
import { names } from '../config/names.ts';
import type { PlatformConfig } from '../config/platform.ts';
import type { Runtime } from '../runtime.ts';
import { type AppBuilder, type Assembly, stackSettings, withAssembly } from '../stack/assembly.ts';
import { planLines, planStacks, type StackPlan } from '../stack/stack-plan.ts';
import { isSteady, readStacks, type StackState } from '../stack/stack-state.ts';
import { isBalancer } from './layers.ts';
import type { EnvironmentTarget } from './targets.ts';
import { readZones } from './zones.ts';

/** One stack: what it is, and what a deploy would do to it. */
export interface Compared {
  readonly plan: StackPlan;
  readonly deployed: StackState | undefined;
  /** Nothing would change, neither its template and parameters nor its tags and termination protection. */
  readonly asWanted: boolean;
  /** What would change although template and parameters are equal. */
  readonly why?: string;
}

export type Parameters = Readonly<Record<string, string>>;

export interface Comparison {
  /** By stack name, in the order of the app. */
  readonly stacks: ReadonlyMap<string, Compared>;
  /** What the load balancers were compared with; `undefined` when there is no network yet. */
  readonly balancerParameters: Parameters | undefined;
}

/** The CDK app of an environment's stacks; not validated when its templates are only compared. */
export function platformBuilder(
  platform: PlatformConfig,
  { environment, config, aws }: EnvironmentTarget,
  { validation = true } = {},
): AppBuilder {
  return async (app) => {
    const [{ platformApp }, { platformProps }] = await Promise.all([
      import('../../cdk/platform/platform-app.ts'),
      import('../../cdk/platform/platform-props.ts'),
    ]);
    const zones = await readZones(aws, environment);
    return platformApp({ ...app, validation }, { ...platformProps(platform, environment, config), zones });
  };
}

/**
 * Compares stacks with what is deployed, and only reads. Load balancers are compared with the parameters that the
 * network's current outputs give. The templates are not validated: most runs change little or nothing, and deployed
 * templates were validated when they were deployed.
 */
export async function compareStacks(
  runtime: Runtime,
  platform: PlatformConfig,
  target: EnvironmentTarget,
  stacks: readonly string[],
  { details = false } = {},
): Promise<Comparison> {
  const builder = platformBuilder(platform, target, { validation: false });
  return await withAssembly(runtime, target.aws, builder, (assembly) =>
    compareIn(assembly, target.environment, stacks, details),
  );
}

async function compareIn(
  assembly: Assembly,
  environment: Environment,
  stacks: readonly string[],
  details: boolean,
): Promise<Comparison> {
  const network = names.platformStack(environment, 'network');
  const deployed = await readStacks(assembly.aws, [...new Set([...stacks, network])]);
  const parameters = await balancerParameters(deployed.get(network)?.outputs);
  const ofBalancers = stacks.filter((stack) => isBalancer(environment, stack));
  const given = Object.fromEntries(ofBalancers.map((stack) => [stack, parameters ?? {}]));
  const plans = await planStacks(assembly, { stacks, parameters: given, details }, deployed);
  return {
    stacks: new Map(plans.map((plan) => [plan.stack, compared(assembly, plan, deployed.get(plan.stack))])),
    balancerParameters: parameters,
  };
}

/** What a balancer's stack takes of the network's outputs; `undefined` when the network has none yet. */
export async function balancerParameters(outputs: Parameters | undefined): Promise<Parameters | undefined> {
  const { networkOutputs } = await import('../../cdk/platform/network/network-stack.ts');
  const taken = networkOutputs.map((name) => [name, outputs?.[name]] as const);
  if (taken.some(([, value]) => value === undefined)) return undefined;
  return Object.fromEntries(taken) as Parameters;
}

/**
 * Adds to a plan, which compares templates and parameters, what else a deploy would do: set tags and termination
 * protection, and recover from an earlier failure.
 */
export function compared(assembly: Assembly, plan: StackPlan, deployed: StackState | undefined): Compared {
  if (plan.action !== 'none') return { plan, deployed, asWanted: false };
  const why = deployed === undefined ? undefined : whatElse(stackSettings(assembly, plan.stack), deployed);
  return why === undefined
    ? { plan, deployed, asWanted: true }
    : { plan: { ...plan, action: 'update' }, deployed, asWanted: false, why };
}

function whatElse(
  wanted: Pick<StackState, 'tags' | 'terminationProtection'>,
  deployed: StackState,
): string | undefined {
  if (!isSteady(deployed.status)) return `it is ${deployed.status}`;
  if (!isDeepStrictEqual(wanted.tags, deployed.tags)) return 'its tags';
  return wanted.terminationProtection === deployed.terminationProtection ? undefined : 'its termination protection';
}

/** What would happen to a stack, as text lines. */
export function comparedLines({ plan, why }: Compared): string[] {
  const [first = '', ...rest] = planLines([plan]);
  return [why === undefined ? first : `${first} (${why})`, ...rest];
}
