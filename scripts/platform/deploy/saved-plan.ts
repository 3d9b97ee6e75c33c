import { resolve } from 'node:path';
import { readPlatformConfig } from '../../config/files.ts';
import { names } from '../../config/names.ts';
import { exitCodes, VendhostError } from '../../errors.ts';
import type { Runtime } from '../../runtime.ts';
import { checkPlan, executeChangeSets } from '../../stack/change-sets/execute.ts';
import { dropLeftOvers } from '../../stack/change-sets/left-over.ts';
import { readPlanFile, type SavedStack } from '../../stack/change-sets/plan-file.ts';
import type { StackResult } from '../../stack/deploy/deploy-stacks.ts';
import { planLines } from '../../stack/stack-plan.ts';
import { everPlanned, isBalancer } from '../layers.ts';
import { savedResult } from '../plan/save-plan.ts';
import { stackOutcome } from '../stack-outcome.ts';
import { type EnvironmentTarget, openTargets } from '../targets.ts';
import type { DeployPlatformOptions } from './options.ts';
import { checkBalancers } from './saved-network.ts';
import { deployResult } from './summary.ts';

type Options = Pick<DeployPlatformOptions, 'directory' | 'environment' | 'layer' | 'dryRun'> & {
  readonly plan: string;
};

/**
 * Executes the change sets of a saved plan: network and storage, then the load balancers. Throws `PLAN_STALE` before
 * anything is changed when a stack changed after the plan, and before the load balancers when the network's ids changed.
 */
export async function deployPlanned(runtime: Runtime, options: Options): Promise<number | undefined> {
  const { directory, environment, plan: path, dryRun } = options;
  if (environment === 'all' || options.layer !== undefined) {
    throw new VendhostError('USAGE', 'a saved plan belongs to one environment and all its layers', {
      hint: 'give --environment and --plan alone',
    });
  }
  const started = Date.now();
  const platform = await readPlatformConfig(directory);
  const purpose = dryRun ? 'plan' : 'deploy';
  const [target] = (await openTargets(runtime, platform, environment, { purpose, certificates: true })) as [
    EnvironmentTarget,
  ];
  const { config, aws } = target;
  const { account, region, domain } = config;
  const plan = await readPlanFile(resolve(runtime.cwd, path), { environment, account, region });
  await checkPlan(aws, plan.stacks);
  const lines = planLines(plan.stacks);
  if (dryRun) {
    const result = savedResult(target, plan.stacks);
    runtime.out.result(result, lines.join('\n'));
    return result.differs ? exitCodes.differs : undefined;
  }
  runtime.out.step(
    `platform ${environment} in account ${account}, ${region}: plan of ${plan.createdAt}, ${plan.commit}`,
  );
  for (const line of lines) runtime.out.detail(line);
  const isNothing = plan.stacks.every(({ changeSet }) => changeSet === null);
  if (!isNothing) await runtime.out.confirm(`deploy this plan in account ${account}, which AWS bills?`);
  const results = await execute(runtime, target, plan.stacks);
  const kept = plan.stacks.flatMap(({ changeSet }) => changeSet ?? []);
  const planned = plan.stacks.map(({ stack }) => stack);
  await dropLeftOvers(runtime, aws, everPlanned(environment, planned), kept);
  const loadBalancers = results.flatMap(({ outputs }) => outputs.LoadBalancerDns ?? []);
  const stacks = plan.stacks.map((each) =>
    stackOutcome(
      each,
      results.find(({ stack }) => stack === each.stack),
    ),
  );
  const done = [{ environment, account, region, domain, stacks, loadBalancers }];
  deployResult(runtime, { done, faults: [], providers: [], started });
  return undefined;
}

async function execute(
  runtime: Runtime,
  target: EnvironmentTarget,
  stacks: readonly SavedStack[],
): Promise<StackResult[]> {
  const { environment, aws } = target;
  const { out } = runtime;
  const balancers = stacks.filter(({ stack }) => isBalancer(environment, stack));
  const base = stacks.filter((each) => !balancers.includes(each));
  const first = await out.section('platform_base', `${environment}: network and storage`, () =>
    executeChangeSets(runtime, aws, base),
  );
  const network = first.find(({ stack }) => stack === names.platformStack(environment, 'network'));
  await checkBalancers(target, balancers, network?.outputs ?? {});
  const last = await out.section('platform_balancers', `${environment}: load balancers`, () =>
    executeChangeSets(runtime, aws, balancers),
  );
  return [...first, ...last];
}
