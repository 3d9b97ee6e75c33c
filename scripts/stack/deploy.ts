import type { Tag } from '@aws-cdk/toolkit-lib';
import { VendhostError } from '../errors.ts';
import { type Assembly, chosenStacks } from './assembly.ts';
import { stopDeploys } from './cancel.ts';
import type { PlanOptions } from './plan.ts';
import { protectStack } from './policy.ts';
import type { Failure } from './progress.ts';
import { neverWorked, pollMs, readStack, type StackState, settledStack } from './state.ts';

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
  const before = new Map(
    await Promise.all(stacks.map(async (stack) => [stack, await settledStack(runtime, aws, stack)] as const)),
  );
  for (const stack of stacks) await prepare(assembly, stack, before.get(stack), options.policies?.[stack]);

  const results = await run(assembly, stacks, options);
  for (const stack of stacks) {
    const policy = options.policies?.[stack];
    const state = before.get(stack);
    if (policy !== undefined && (state === undefined || neverWorked(state))) await protectStack(aws, stack, policy);
  }
  return results;
}

/** A policy protects an update only when it is there first; a stack that never worked must go before it is made again. */
async function prepare({ runtime, aws }: Assembly, stack: string, state?: StackState, policy?: object): Promise<void> {
  if (state === undefined) return;
  if (!neverWorked(state)) {
    if (policy !== undefined) await protectStack(aws, stack, policy);
    return;
  }
  runtime.out.step(`${stack} is ${state.status}, its first creation failed: deleting it and creating it again`);
  if (!state.terminationProtection) return;
  const { UpdateTerminationProtectionCommand } = await import('@aws-sdk/client-cloudformation');
  const command = new UpdateTerminationProtectionCommand({ StackName: stack, EnableTerminationProtection: false });
  await (await aws.cloudFormation()).send(command);
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
      return [{ stack, changed: !progress.unchanged.has(found.stackArn), outputs: found.outputs }];
    });
  } catch (thrown) {
    if (runtime.signal.aborted) {
      await stopDeploys(runtime, aws, stacks);
      throw runtime.signal.reason;
    }
    if (progress.failures.length === 0) throw thrown;
    throw await stackFailed(assembly, progress.failures, thrown);
  } finally {
    progress.flush();
  }
}

async function stackFailed({ aws }: Assembly, failures: readonly Failure[], cause: unknown): Promise<VendhostError> {
  const names = [...new Set(failures.map(({ stack }) => stack))];
  const states = await Promise.all(
    names.map(async (name) => `${name} is ${(await readStack(aws, name))?.status ?? 'gone'}`),
  );
  return new VendhostError('STACK_FAILED', `cannot deploy ${names.join(', ')}: ${states.join(', ')}`, {
    details: failures.map(({ stack, type, logicalId, reason }) => `${stack}: ${logicalId} (${type}): ${reason}`),
    hint: 'mend the cause named above and run the same command again; what failed was rolled back',
    cause,
  });
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
