import { environments } from '../config/environment.ts';
import { names } from '../config/names.ts';
import { type PlatformConfig, partitionOf } from '../config/platform.ts';
import type { Runtime } from '../runtime.ts';
import { type AppBuilder, type Assembly, withAssembly } from '../stack/assembly.ts';
import { deployStacks } from '../stack/deploy/deploy-stacks.ts';
import { planStacks, type StackPlan } from '../stack/stack-plan.ts';
import { readStack } from '../stack/stack-state.ts';
import { type Compared, compared } from './compare.ts';
import { type StackOutcome, stackOutcome } from './stack-outcome.ts';
import type { EnvironmentTarget } from './targets.ts';

/** The webhooks of a deploy: each account and region has one, for all environments there; none without `webhook` in platform.yml. */
export class WebhookEndpoints {
  readonly #runtime: Runtime;
  readonly #platform: PlatformConfig;
  readonly #byPlace = new Map<string, Promise<StackOutcome>>();

  constructor(runtime: Runtime, platform: PlatformConfig) {
    this.#runtime = runtime;
    this.#platform = platform;
  }

  /** Deploys that of an environment, unless another environment of its account and region has done so; then there is nothing to tell. */
  async of(target: EnvironmentTarget): Promise<StackOutcome[]> {
    if (this.#platform.webhook === undefined) return [];
    const { account, region } = target.config;
    const place = `${account} ${region}`;
    const before = this.#byPlace.get(place);
    const work = before ?? settleEndpoint(this.#runtime, this.#platform, target);
    this.#byPlace.set(place, work);
    const outcome = await work;
    return before === undefined ? [outcome] : [];
  }
}

/** What a deploy would do to the webhook of an environment's account and region; nothing without `webhook` in platform.yml. */
export async function planEndpoint(
  runtime: Runtime,
  platform: PlatformConfig,
  target: EnvironmentTarget,
): Promise<Compared[]> {
  if (platform.webhook === undefined) return [];
  if (runtime.env.VENDHOST_ID_TOKEN !== undefined) {
    runtime.out.step(`${names.webhookStack} is not compared: the roles of jobs cannot read it, and people deploy it`);
    return [];
  }
  return [await withEndpoint(runtime, platform, target, async (_, found) => found)];
}

async function settleEndpoint(
  runtime: Runtime,
  platform: PlatformConfig,
  target: EnvironmentTarget,
): Promise<StackOutcome> {
  return await withEndpoint(runtime, platform, target, async (assembly, { plan, asWanted }) => {
    if (asWanted) return stackOutcome(plan);
    const [result] = await deployStacks(assembly);
    return stackOutcome(plan, result);
  });
}

async function withEndpoint<T>(
  runtime: Runtime,
  platform: PlatformConfig,
  target: EnvironmentTarget,
  work: (assembly: Assembly, found: Compared) => Promise<T>,
): Promise<T> {
  const { aws } = target;
  const deployed = await readStack(aws, names.webhookStack);
  return await withAssembly(runtime, aws, builder(platform, target), async (assembly) => {
    const states = new Map(deployed === undefined ? [] : [[names.webhookStack, deployed]]);
    const [asPlanned] = (await planStacks(assembly, {}, states)) as [StackPlan];
    return await work(assembly, compared(assembly, asPlanned, deployed));
  });
}

function builder(platform: PlatformConfig, { config }: EnvironmentTarget): AppBuilder {
  return async (app) => {
    const { webhookApp } = await import('../../cdk/webhook/webhook-stack.ts');
    const { account, region } = config;
    const partition = partitionOf(config);
    const here = environments.filter((name) => {
      const other = platform.environments[name];
      return other?.account === account && other.region === region;
    });
    const topics = here.map((name) => `arn:${partition}:sns:${region}:${account}:${names.alertsTopic(name)}`);
    return webhookApp({ ...app, validation: false }, { account, region, partition, topics });
  };
}
