import { randomUUID } from 'node:crypto';
import type { Aws } from '../../aws/session.ts';
import { type Assembly, chosenStacks, stacksBefore } from '../assembly.ts';
import { type SentOperation, stopDeploys } from '../cancel.ts';
import { stackFailed } from '../failure.ts';
import { elapsedSeconds, Progress } from '../progress.ts';
import { recoverStack } from '../recover.ts';
import type { PlanOptions } from '../stack-plan.ts';
import { isGood, type StackState } from '../stack-state.ts';
import { sendStack } from './send-stack.ts';
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

/**
 * Deploys stacks of an assembly and waits for them; resources are reported as they change. Stacks that do not depend on each other are
 * deployed at the same time. What an earlier failure left is cleared away first. A stack that would stay as it is costs two look-ups.
 * Throws `STACK_FAILED` with the resources that failed, and the signal's reason when cancelled.
 */
export async function deployStacks(assembly: Assembly, options: DeployOptions = {}): Promise<StackResult[]> {
  const { aws } = assembly;
  const stacks = chosenStacks(assembly, options.stacks);
  const looked = await Promise.all(stacks.map((stack) => look(assembly, stack, options)));
  const todo = looked.filter(({ done }) => done === undefined);
  const results = todo.length === 0 ? [] : await runDeploy(assembly, todo, options);
  const created = looked.filter(({ state }) => state === undefined);
  await Promise.all(created.map(({ stack }) => protect(aws, stack, options)));
  return looked.flatMap(({ stack, done }) => done ?? results.filter((result) => result.stack === stack));
}

interface LookedAtStack {
  readonly stack: string;
  /** `undefined` when the stack must be created. */
  readonly state: StackState | undefined;
  readonly done: StackResult | undefined;
}

/** Makes a stack ready to be deployed; `done` when there is nothing to deploy. */
async function look(assembly: Assembly, stack: string, options: DeployOptions): Promise<LookedAtStack> {
  const { runtime, aws } = assembly;
  const start = Date.now();
  const state = await recoverStack(runtime, aws, stack, { roleArn: options.roleArn });
  if (state === undefined) return { stack, state, done: undefined };
  // A policy protects an update only when it is there first.
  await protect(aws, stack, options);
  if (!(await isUnchanged(assembly, stack, state, options.parameters?.[stack])))
    return { stack, state, done: undefined };
  const seconds = elapsedSeconds(start, Date.now());
  return { stack, state, done: { stack, changed: false, outputs: state.outputs, seconds } };
}

async function protect(aws: Aws, stack: string, { policies }: DeployOptions): Promise<void> {
  const policy = policies?.[stack];
  if (policy !== undefined) await protectStack(aws, stack, policy);
}

/** How a stack ended; one whose predecessor failed is not started. */
type Ended = { readonly stack: string } & (
  | { readonly result: StackResult }
  | { readonly result: undefined; readonly begun: boolean }
);

async function runDeploy(
  assembly: Assembly,
  todo: readonly LookedAtStack[],
  options: DeployOptions,
): Promise<StackResult[]> {
  const { runtime, aws } = assembly;
  const progress = new Progress(runtime);
  const begun = new Map<string, Promise<Ended>>();
  const sent: SentOperation[] = [];
  // In the app's order each stack comes after those it depends on.
  for (const each of todo) {
    if (each.state === undefined) expectAll(assembly, each.stack, progress);
    const before = stacksBefore(assembly, each.stack).flatMap((stack) => begun.get(stack) ?? []);
    begun.set(
      each.stack,
      deployAfter(before, () => deployOne(assembly, each, options, progress, sent), each.stack),
    );
  }
  const settled = await Promise.allSettled(begun.values());
  if (runtime.signal.aborted) {
    await stopDeploys(runtime, aws, sent);
    throw runtime.signal.reason;
  }
  // Errors of the calls themselves come first: they are not failures of a stack.
  for (const each of settled) if (each.status === 'rejected') throw each.reason;
  const ended = settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const failed = ended.flatMap((each) => (each.result === undefined && each.begun ? [each.stack] : []));
  if (failed.length > 0) throw await stackFailed(aws, 'deploy', failed, progress.failures);
  return ended.flatMap(({ result }) => result ?? []);
}

/** Of a new stack each resource of its template is created. */
function expectAll({ templates }: Assembly, stack: string, progress: Progress): void {
  progress.expect(stack, Object.keys(templates.get(stack)?.Resources ?? {}).length);
}

async function deployAfter(
  before: readonly Promise<Ended>[],
  deploy: () => Promise<Ended>,
  stack: string,
): Promise<Ended> {
  const done = await Promise.all(before);
  return done.every(({ result }) => result !== undefined) ? await deploy() : { stack, result: undefined, begun: false };
}

async function deployOne(
  assembly: Assembly,
  { stack, state }: LookedAtStack,
  { parameters, roleArn }: DeployOptions,
  progress: Progress,
  sent: SentOperation[],
): Promise<Ended> {
  const { runtime } = assembly;
  // A creation that has started cannot be stopped.
  runtime.signal.throwIfAborted();
  const start = Date.now();
  const token = randomUUID();
  sent.push({ stack, token });
  const after = await sendStack(assembly, { stack, state, token, parameters: parameters?.[stack], roleArn, progress });
  runtime.out.done(stack);
  // An update of what was rolled back may find nothing to do.
  if (after.changed && !isGood(after.state?.status ?? '')) return { stack, result: undefined, begun: true };
  const outputs = after.state?.outputs ?? {};
  return { stack, result: { stack, changed: after.changed, outputs, seconds: elapsedSeconds(start, Date.now()) } };
}
