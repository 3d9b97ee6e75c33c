import { resolve } from 'node:path';
import { names } from '../../config/names.ts';
import { type PlatformConfig, partitionOf } from '../../config/platform.ts';
import { VendhostError } from '../../errors.ts';
import type { Runtime } from '../../runtime.ts';
import { type Assembly, withAssembly } from '../../stack/assembly.ts';
import { dropLeftOvers, planName } from '../../stack/change-sets/left-over.ts';
import { type SavedStack, writePlanFile } from '../../stack/change-sets/plan-file.ts';
import { saveStacks } from '../../stack/change-sets/save-change-sets.ts';
import { planLines, type StackPlan } from '../../stack/stack-plan.ts';
import { type Compared, type Comparison, comparedLines, compareStacks, platformBuilder } from '../compare.ts';
import { everPlanned, stepsOf } from '../layers.ts';
import { planProvider } from '../oidc-provider.ts';
import type { EnvironmentTarget } from '../targets.ts';
import { writeReport } from './merge-request-report.ts';

/**
 * Plans one environment with change sets and saves the plan in a file. The result says whether something differs; the
 * exit code is 0 either way, so that the pipeline continues.
 */
export async function planAndSave(
  runtime: Runtime,
  platform: PlatformConfig,
  target: EnvironmentTarget,
  { save, report }: { save: string; report: string | undefined },
): Promise<undefined> {
  const stacks = await savePlan(runtime, platform, target, save);
  await writeReport(runtime, report, stacks);
  const { environment, config } = target;
  runtime.out.result(
    { ...savedResult(target, stacks), plan: save },
    [
      `${environment} in account ${config.account}, ${config.region}`,
      ...planLines(stacks).map((line) => `  ${line}`),
      `plan: ${save}`,
    ].join('\n'),
  );
}

/** What a saved plan would do, as `vendhost platform plan` shows it. */
export function savedResult(
  { environment, config: { account, region } }: Pick<EnvironmentTarget, 'environment' | 'config'>,
  saved: readonly SavedStack[],
) {
  const differs = saved.some(({ action }) => action !== 'none');
  const stacks = saved.map(({ stack, action, changes }): StackPlan => ({ stack, action, changes }));
  return { differs, environments: [{ environment, account, region, differs, stacks }], failed: [] };
}

/**
 * Creates change sets for network, storage and load balancers and writes them to a plan file. Roles are deployed by hand
 * only: throws `ACCESS_BY_HAND` when the environment's roles or the account's OIDC provider differ from platform.yml, and
 * `NETWORK_MISSING` when there is no network yet to plan the load balancers with.
 */
async function savePlan(
  runtime: Runtime,
  platform: PlatformConfig,
  target: EnvironmentTarget,
  path: string,
): Promise<readonly SavedStack[]> {
  const { environment, config, aws } = target;
  const trust = planProvider(runtime, platform, target, 'deploy');
  // Awaited below; this keeps an earlier rejection from being unhandled.
  trust.catch(() => undefined);
  const access = stepsOf(environment, config, 'access').flat();
  const planned = stepsOf(environment, config)
    .flat()
    .filter((stack) => !access.includes(stack));
  const comparison = await compareStacks(runtime, platform, target, [...access, ...planned]);
  const of = (stacks: readonly string[]) => stacks.flatMap((stack) => comparison.stacks.get(stack) ?? []);
  checkByHand(environment, [...(await trust), ...of(access)]);
  const validation = of(planned).some(({ asWanted }) => !asWanted);
  const stacks = await withAssembly(runtime, aws, platformBuilder(platform, target, { validation }), (assembly) =>
    makeChangeSets(assembly, platform, target, { stacks: planned, comparison }),
  );
  await writePlanFile(resolve(runtime.cwd, path), {
    version: 1,
    environment,
    account: config.account,
    region: config.region,
    commit: runtime.env.CI_COMMIT_SHA ?? 'a working copy',
    createdAt: new Date().toISOString(),
    stacks: [...stacks],
  });
  await dropLeftOvers(runtime, aws, everPlanned(environment, planned));
  return stacks;
}

async function makeChangeSets(
  assembly: Assembly,
  platform: PlatformConfig,
  { environment, config }: EnvironmentTarget,
  { stacks, comparison }: { stacks: readonly string[]; comparison: Comparison },
): Promise<SavedStack[]> {
  const { env } = assembly.runtime;
  const parameters = comparison.balancerParameters;
  if (parameters === undefined) {
    throw new VendhostError('NETWORK_MISSING', `${environment} has no network yet to plan its load balancers with`, {
      hint: `deploy it the first time by hand: vendhost platform deploy --environment ${environment}`,
    });
  }
  const role = `arn:${partitionOf(config)}:iam::${config.account}:role/${names.platformRole(environment, 'execution')}`;
  return await saveStacks(assembly, {
    stacks,
    // The other templates have no such parameters.
    parameters: Object.fromEntries(stacks.map((stack) => [stack, parameters])),
    // The access stack was just compared: it has the role if platform.yml names the platform's project.
    ...(platform.project === undefined ? {} : { roleArn: role }),
    name: planName(env.CI_PIPELINE_ID ?? Date.now()),
  });
}

function checkByHand(environment: string, compared: readonly Compared[]): void {
  const differing = compared.filter(({ asWanted }) => !asWanted);
  if (differing.length === 0) return;
  throw new VendhostError(
    'ACCESS_BY_HAND',
    `the roles of ${environment} differ from platform.yml, and no pipeline may change its own roles`,
    {
      details: differing.flatMap(comparedLines),
      hint: `an administrator runs: vendhost platform deploy --environment ${environment} --layer access`,
    },
  );
}
