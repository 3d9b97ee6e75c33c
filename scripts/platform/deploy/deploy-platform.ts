import { readPlatformConfig } from '../../config/files.ts';
import type { PlatformLayer } from '../../config/names.ts';
import type { PlatformConfig } from '../../config/platform.ts';
import { VendhostError } from '../../errors.ts';
import type { Runtime } from '../../runtime.ts';
import { withAssembly } from '../../stack/assembly.ts';
import { dropLeftOvers } from '../../stack/change-sets/left-over.ts';
import { comparedLines, compareStacks, platformBuilder } from '../compare.ts';
import { combined, forEach } from '../each.ts';
import { checkIssuer } from '../issuer.ts';
import { everPlanned, stepsOf } from '../layers.ts';
import { openProviderPlace, type ProviderWork, settleProvider } from '../oidc-provider.ts';
import { planPlatform } from '../plan/plan-platform.ts';
import { type EnvironmentChoice, type EnvironmentTarget, openTargets } from '../targets.ts';
import { WebhookEndpoints } from '../webhook-endpoint.ts';
import type { DeployPlatformOptions } from './options.ts';
import { deployPlanned } from './saved-plan.ts';
import { applySteps, nothingApplied } from './steps.ts';
import { type DeployedEnvironment, deployResult } from './summary.ts';

/**
 * Deploys the platforms of environments in parallel, each layer after those it needs, or executes a saved plan. Throws
 * before anything is changed when one environment is not ready; when one fails later, the others are finished first.
 */
export async function deployPlatform(runtime: Runtime, options: DeployPlatformOptions): Promise<number | undefined> {
  const { directory, environment, layer, plan, dryRun } = options;
  if (plan !== undefined) return await deployPlanned(runtime, { ...options, plan });
  if (dryRun) return await planPlatform(runtime, { directory, environment, layer });
  refuseInJob(runtime, environment);
  const started = Date.now();
  const platform = await readPlatformConfig(directory);
  const targets = await openTargets(runtime, platform, environment, { purpose: 'deploy', certificates: true });
  // The local cloud has the issuer's keys in a file.
  const isAsked = (layer === undefined || layer === 'access') && !targets.some(({ aws }) => aws.isLocalCloud);
  if (isAsked) await checkIssuer(runtime, platform);
  const providers = new Providers(runtime, platform);
  const webhooks = new WebhookEndpoints(runtime, platform);
  const { done, faults } = await forEach(runtime, targets, (target) =>
    deployOne(runtime, platform, target, { layer, providers, webhooks }),
  );
  deployResult(runtime, { done, faults, providers: await providers.made(targets), started });
  if (faults.length > 0) throw combined(faults, 'DEPLOY_FAILED', 'cannot deploy');
  return undefined;
}

/** A pipeline has the environment's *deploy* role, which may only execute change sets. */
function refuseInJob({ env }: Runtime, environment: EnvironmentChoice): void {
  if (env.VENDHOST_ID_TOKEN === undefined) return;
  throw new VendhostError('PLAN_NEEDED', 'a job deploys saved plans only, and --plan is missing', {
    hint: `in a pipeline use the jobs of ci-templates/platform.gitlab-ci.yml; by hand make a plan: vendhost platform plan --environment ${environment === 'all' ? 'ENVIRONMENT' : environment} --save FILE; then deploy it with --plan FILE`,
  });
}

async function deployOne(
  runtime: Runtime,
  platform: PlatformConfig,
  target: EnvironmentTarget,
  {
    layer,
    providers,
    webhooks,
  }: { layer: PlatformLayer | undefined; providers: Providers; webhooks: WebhookEndpoints },
): Promise<DeployedEnvironment> {
  const { environment, config, aws } = target;
  const { out } = runtime;
  const steps = stepsOf(environment, config, layer);
  const comparison = await compareStacks(runtime, platform, target, steps.flat());
  out.step(`platform ${environment} in account ${config.account}, ${config.region}`);
  const compared = steps.flat().flatMap((stack) => comparison.stacks.get(stack) ?? []);
  for (const line of compared.flatMap(comparedLines)) out.detail(line);
  const isAsWanted = compared.every(({ asWanted }) => asWanted);
  if (!isAsWanted) await out.confirm(`deploy ${environment} in account ${config.account}, which AWS bills?`);
  if (layer === undefined || layer === 'access') await providers.of(target);
  const applied = isAsWanted
    ? nothingApplied(target, compared)
    : await withAssembly(runtime, aws, platformBuilder(platform, target), (assembly) =>
        applySteps(assembly, target, steps, comparison),
      );
  await dropLeftOvers(runtime, aws, everPlanned(environment, steps.flat()));
  // It names the environment's topic of alerts.
  const endpoints = layer === undefined || layer === 'access' ? await webhooks.of(target) : [];
  const { account, region, domain } = config;
  return { environment, account, region, domain, ...applied, stacks: [...applied.stacks, ...endpoints] };
}

/** GitLab's OIDC provider of each account: deployed once for all environments of the account. */
class Providers {
  readonly #runtime: Runtime;
  readonly #platform: PlatformConfig;
  readonly #byAccount = new Map<string, Promise<ProviderWork>>();

  constructor(runtime: Runtime, platform: PlatformConfig) {
    this.#runtime = runtime;
    this.#platform = platform;
  }

  of(target: EnvironmentTarget): Promise<ProviderWork> {
    const { account } = target.config;
    const work = this.#byAccount.get(account) ?? this.#settle(target);
    this.#byAccount.set(account, work);
    return work;
  }

  /** Those that were deployed, or found unchanged, without an error, in the order of these environments. */
  async made(targets: readonly EnvironmentTarget[]): Promise<ProviderWork[]> {
    const accounts = new Set(targets.map(({ config }) => config.account));
    const ended = await Promise.allSettled([...accounts].flatMap((account) => this.#byAccount.get(account) ?? []));
    return ended.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []));
  }

  async #settle(target: EnvironmentTarget): Promise<ProviderWork> {
    const place = await openProviderPlace(this.#runtime, this.#platform, target, 'deploy');
    return await settleProvider(this.#runtime, this.#platform, place, { deploy: true });
  }
}
