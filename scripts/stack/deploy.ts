import type { Tag } from '@aws-cdk/toolkit-lib';
import { type Assembly, chosenStacks } from './assembly.ts';
import { stopDeploys } from './cancel.ts';
import { stackFailed } from './failure.ts';
import type { PlanOptions } from './plan.ts';
import { protectStack } from './policy.ts';
import { recoverStack } from './recover.ts';
import { pollMs } from './state.ts';

export interface DeployOptions extends PlanOptions {
  /** Role that CloudFormation works with; without it the caller's own rights. */
  readonly roleArn?: string;
  /** Tags of the stacks; without it those the app gives them. */
  readonly tags?: Readonly<Record<string, string>>;
  /** Stack policies by stack name: what updates may not replace or delete. */
  readonly policies?: Readonly<Record<string, object>>;
}

export interface StackResult {
  readonly stack: string;
  readonly changed: boolean;
  readonly outputs: Readonly<Record<string, string>>;
  /** Wall time from the first call to the end. */
  readonly seconds: number;
}

/** Stacks that do not depend on each other are deployed at the same time. */
const concurrency = 4;

/**
 * Deploys stacks of an assembly and waits for them; resources are reported as they change. A stack that would stay as
 * it is costs one look-up. Throws `STACK_FAILED` with the resources that failed, and the signal's reason when cancelled.
 */
export async function deployStacks(assembly: Assembly, options: DeployOptions = {}): Promise<StackResult[]> {
  const { runtime, aws } = assembly;
  const stacks = chosenStacks(assembly, options.stacks);
  const protect = async (stack: string) => {
    const policy = options.policies?.[stack];
    if (policy !== undefined) await protectStack(aws, stack, policy);
  };
  const isNew = await Promise.all(
    stacks.map(async (stack) => {
      const state = await recoverStack(runtime, aws, stack, { roleArn: options.roleArn });
      // A policy protects an update only when it is there first.
      if (state !== undefined) await protect(stack);
      return state === undefined;
    }),
  );
  const results = await run(assembly, stacks, options);
  await Promise.all(stacks.filter((_, index) => isNew[index]).map(protect));
  return results;
}

async function run(assembly: Assembly, stacks: readonly string[], options: DeployOptions): Promise<StackResult[]> {
  const { toolkit, cloud, progress, runtime, aws } = assembly;
  const { StackParameters, StackSelectionStrategy } = await import('@aws-cdk/toolkit-lib');
  try {
    const deployed = await toolkit.deploy(cloud, {
      stacks: { strategy: StackSelectionStrategy.PATTERN_MUST_MATCH, patterns: [...stacks] },
      // Without a change set: the plan was made before, and nobody waits for a second one.
      deploymentMethod: { method: 'direct' },
      concurrency,
      stackEventPollingInterval: pollMs(aws),
      parameters: StackParameters.withExisting(flatParameters(stacks, options.parameters)),
      ...(options.roleArn === undefined ? {} : { roleArn: options.roleArn }),
      ...(options.tags === undefined ? {} : { tags: tagList(options.tags) }),
    });
    return stacks.flatMap((stack) => {
      const found = deployed.stacks.find(({ stackName }) => stackName === stack);
      if (found === undefined) return [];
      return [
        {
          stack,
          changed: !progress.unchanged.has(found.stackArn),
          outputs: found.outputs,
          seconds: progress.seconds(stack),
        },
      ];
    });
  } catch (thrown) {
    if (runtime.signal.aborted) {
      await stopDeploys(runtime, aws, stacks);
      throw runtime.signal.reason;
    }
    if (progress.failures.length === 0) throw thrown;
    const failed = [...new Set(progress.failures.map(({ stack }) => stack))];
    throw await stackFailed(aws, 'deploy', failed, progress.failures, thrown);
  } finally {
    progress.flush();
  }
}

/** The toolkit takes parameters of several stacks as `stack:name`. */
function flatParameters(stacks: readonly string[], given: PlanOptions['parameters'] = {}): Record<string, string> {
  return Object.fromEntries(
    stacks.flatMap((stack) => Object.entries(given[stack] ?? {}).map(([name, value]) => [`${stack}:${name}`, value])),
  );
}

function tagList(tags: Readonly<Record<string, string>>): Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}
