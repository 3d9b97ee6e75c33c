import type { Aws } from '../../aws/session.ts';
import { type Assembly, chosenStacks } from '../assembly.ts';
import { stopDeploys } from '../cancel.ts';
import { stackFailed } from '../failure.ts';
import { elapsedSeconds } from '../progress.ts';
import { recoverStack } from '../recover.ts';
import type { PlanOptions } from '../stack-plan.ts';
import { isGood, readStack } from '../stack-state.ts';
import { protectStack } from './stack-policy.ts';
import { isUnchanged } from './unchanged.ts';

export interface DeployOptions extends PlanOptions {
  /** Role that CloudFormation works with; without it the caller's own rights. */
  readonly roleArn?: string;
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
 * Deploys stacks of an assembly and waits for them; resources are reported as they change. What an earlier failure left
 * is cleared away first. A stack that would stay as it is costs two look-ups. Throws `STACK_FAILED` with the resources
 * that failed, and the signal's reason when cancelled.
 */
export async function deployStacks(assembly: Assembly, options: DeployOptions = {}): Promise<StackResult[]> {
  const { aws } = assembly;
  const stacks = chosenStacks(assembly, options.stacks);
  const looked = await Promise.all(stacks.map((stack) => look(assembly, stack, options)));
  const todo = looked.filter(({ done }) => done === undefined).map(({ stack }) => stack);
  for (const { stack, exists } of looked) if (!exists) expectAll(assembly, stack);
  const results = todo.length === 0 ? [] : await runDeploy(assembly, todo, options);
  const created = looked.filter(({ exists }) => !exists);
  await Promise.all(created.map(({ stack }) => protect(aws, stack, options)));
  return looked.flatMap(({ stack, done }) => done ?? results.filter((result) => result.stack === stack));
}

/** A new stack: each resource of its template is created. */
function expectAll({ progress, templates }: Assembly, stack: string): void {
  progress.expect(stack, Object.keys(templates.get(stack)?.Resources ?? {}).length);
}

/** Makes a stack ready to be deployed; `done` when there is nothing to deploy. */
async function look(assembly: Assembly, stack: string, options: DeployOptions) {
  const { runtime, aws } = assembly;
  const start = Date.now();
  const state = await recoverStack(runtime, aws, stack, { roleArn: options.roleArn });
  if (state === undefined) return { stack, exists: false, done: undefined };
  // A policy protects an update only when it is there first.
  await protect(aws, stack, options);
  if (!(await isUnchanged(assembly, stack, state, options.parameters?.[stack])))
    return { stack, exists: true, done: undefined };
  const seconds = elapsedSeconds(start, Date.now());
  return { stack, exists: true, done: { stack, changed: false, outputs: state.outputs, seconds } };
}

async function protect(aws: Aws, stack: string, { policies }: DeployOptions): Promise<void> {
  const policy = policies?.[stack];
  if (policy !== undefined) await protectStack(aws, stack, policy);
}

async function runDeploy(
  assembly: Assembly,
  stacks: readonly string[],
  options: DeployOptions,
): Promise<StackResult[]> {
  const { toolkit, cloud, progress, runtime, aws } = assembly;
  const { StackParameters, StackSelectionStrategy } = await import('@aws-cdk/toolkit-lib');
  try {
    const deployed = await toolkit.deploy(cloud, {
      stacks: { strategy: StackSelectionStrategy.PATTERN_MUST_MATCH, patterns: [...stacks] },
      // Without a change set: the plan was made before, and nobody waits for a second one.
      deploymentMethod: { method: 'direct' },
      concurrency,
      stackEventPollingInterval: aws.pace.longest,
      parameters: StackParameters.withExisting(flatParameters(stacks, options.parameters)),
      ...(options.roleArn === undefined ? {} : { roleArn: options.roleArn }),
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
    const failed = [...new Set(progress.failures.map(({ stack }) => stack))];
    // CloudFormation may refuse a stack before it comes to a resource: then only its state tells.
    if (failed.length === 0 && isDeploymentError(thrown)) failed.push(...(await notGood(aws, stacks)));
    if (failed.length === 0) throw thrown;
    throw await stackFailed(aws, 'deploy', failed, progress.failures, thrown);
  } finally {
    progress.flush();
  }
}

/** The toolkit's word for a stack that did not end well. */
function isDeploymentError(thrown: unknown): boolean {
  return thrown instanceof Error && (thrown.name === 'DeploymentError' || isDeploymentError(thrown.cause));
}

async function notGood(aws: Aws, stacks: readonly string[]): Promise<string[]> {
  const states = await Promise.all(stacks.map(async (stack) => ({ stack, state: await readStack(aws, stack) })));
  return states.filter(({ state }) => state !== undefined && !isGood(state.status)).map(({ stack }) => stack);
}

/** The toolkit takes parameters of several stacks as `stack:name`. */
function flatParameters(stacks: readonly string[], given: PlanOptions['parameters'] = {}): Record<string, string> {
  return Object.fromEntries(
    stacks.flatMap((stack) => Object.entries(given[stack] ?? {}).map(([name, value]) => [`${stack}:${name}`, value])),
  );
}
