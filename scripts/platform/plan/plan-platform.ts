import { readPlatformConfig } from '../../config/files.ts';
import type { PlatformLayer } from '../../config/names.ts';
import type { PlatformConfig } from '../../config/platform.ts';
import { exitCodes, VendhostError } from '../../errors.ts';
import type { Runtime } from '../../runtime.ts';
import { withAssembly } from '../../stack/assembly.ts';
import { type Compared, comparedLines, compareStacks, platformBuilder } from '../compare.ts';
import { combined, failed, forEach, unknownLine } from '../each.ts';
import { stepsOf } from '../layers.ts';
import { planProvider } from '../oidc-provider.ts';
import { type EnvironmentChoice, type EnvironmentTarget, openReachable } from '../targets.ts';
import { planEndpoint } from '../webhook-endpoint.ts';
import { writeReport } from './merge-request-report.ts';
import { planAndSave } from './save-plan.ts';

export interface PlanPlatformOptions {
  /** Folder with `platform.yml`. */
  readonly directory: string;
  readonly environment: EnvironmentChoice;
  /** Only this layer. */
  readonly layer?: PlatformLayer | undefined;
  /** File to save a plan of change sets to, for `deploy --plan`. */
  readonly save?: string | undefined;
  /** File for GitLab's report of the plan in a merge request. */
  readonly report?: string | undefined;
}

/** What a deploy would do to an environment and to its account's OIDC provider. */
export interface EnvironmentPlan {
  readonly environment: string;
  readonly account: string;
  readonly region: string;
  readonly compared: readonly Compared[];
}

/** Compares environments with what is deployed, and changes nothing; exit code 2 when something differs. */
export async function planPlatform(runtime: Runtime, options: PlanPlatformOptions): Promise<number | undefined> {
  const { directory, environment, layer, save, report } = options;
  if (save !== undefined && environment === 'all') throw oneAtATime();
  const platform = await readPlatformConfig(directory);
  const purpose = save === undefined ? 'plan' : 'deploy';
  const { targets, unreached } = await openReachable(runtime, platform, environment, { purpose, certificates: true });
  if (save !== undefined)
    return await planAndSave(runtime, platform, targets[0] as EnvironmentTarget, { save, report });
  const read = await forEach(runtime, targets, (target) => planEnvironment(runtime, platform, target, { layer }));
  const { done } = read;
  const faults = [...unreached, ...read.faults];
  const all = done.flatMap(({ compared }) => compared);
  const differs = all.some(({ asWanted }) => !asWanted);
  await writeReport(
    runtime,
    report,
    all.map(({ plan }) => plan),
  );
  if (done.length > 0) {
    const environments = done.map(({ compared, ...place }) => ({
      ...place,
      differs: compared.some(({ asWanted }) => !asWanted),
      stacks: compared.map(({ plan }) => plan),
    }));
    const lines = [...done.flatMap(environmentLines), ...faults.map(unknownLine)];
    runtime.out.result({ differs, environments, failed: failed(faults) }, lines.join('\n'));
  }
  if (faults.length > 0) throw combined(faults, 'PLAN_FAILED', 'cannot plan');
  return differs ? exitCodes.differs : undefined;
}

function oneAtATime(): VendhostError {
  return new VendhostError('USAGE', '--save needs --environment, not --all: a plan file is for one environment', {
    hint: 'run the command once per environment, each with its own file',
  });
}

/** Compares one environment; with `details` the plans have old and new values, and what becomes wider. */
export async function planEnvironment(
  runtime: Runtime,
  platform: PlatformConfig,
  target: EnvironmentTarget,
  { layer, details = false }: { layer?: PlatformLayer | undefined; details?: boolean },
): Promise<EnvironmentPlan> {
  const { environment, config, aws } = target;
  const stacks = stepsOf(environment, config, layer).flat();
  const isShared = layer === undefined || layer === 'access';
  const [trust, endpoint, own] = await Promise.all([
    isShared ? planProvider(runtime, platform, target, 'plan') : [],
    isShared ? planEndpoint(runtime, platform, target) : [],
    compareStacks(runtime, platform, target, stacks, { details }),
  ]);
  const platforms = stacks.flatMap((stack) => own.stacks.get(stack) ?? []);
  const compared = [...trust, ...platforms, ...endpoint];
  if (platforms.some(({ asWanted }) => !asWanted)) {
    await withAssembly(runtime, aws, platformBuilder(platform, target), async () => undefined);
  }
  return {
    environment,
    account: config.account,
    region: config.region,
    compared,
  };
}

function environmentLines({ environment, account, region, compared }: EnvironmentPlan): string[] {
  const lines = compared.flatMap(comparedLines);
  return [`${environment} in account ${account}, ${region}`, ...lines.map((line) => `  ${line}`)];
}
