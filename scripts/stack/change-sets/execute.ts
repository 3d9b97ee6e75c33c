import { createHash } from 'node:crypto';
import type { Aws } from '../../aws/session.ts';
import { messageOf, VendhostError } from '../../errors.ts';
import type { Runtime } from '../../runtime.ts';
import { type SentOperation, stopDeploys } from '../cancel.ts';
import { setTerminationProtection } from '../delete.ts';
import type { StackResult } from '../deploy/deploy-stacks.ts';
import { stackFailed } from '../failure.ts';
import { followStack, lastToken } from '../follow-stack.ts';
import { elapsedSeconds, Progress } from '../progress.ts';
import { readTemplate } from '../stack-plan.ts';
import { isGood, readAnyStack, readStack, type StackState } from '../stack-state.ts';
import { readChangeSet } from './change-set.ts';
import type { SavedStack } from './plan-file.ts';
import { judge, type Verdict } from './stale.ts';

/**
 * Checks that every stack is unchanged since it was planned, or was already deployed by this plan (so that a job may be
 * retried). Throws `PLAN_STALE` naming for each other stack when it changed, its status, and what differs.
 */
export async function checkPlan(aws: Aws, saved: readonly SavedStack[]): Promise<void> {
  await verdicts(aws, saved);
}

/**
 * Executes the change sets of a plan in parallel, after checking all of them: when one is stale, none is executed.
 * Resources are reported as they change. Throws `STACK_FAILED` like `deployStacks`, after all have ended.
 */
export async function executeChangeSets(
  runtime: Runtime,
  aws: Aws,
  saved: readonly SavedStack[],
): Promise<StackResult[]> {
  const todo = await verdicts(aws, saved);
  const progress = new Progress(runtime);
  const results = await Promise.allSettled(todo.map((each) => carryOut(runtime, aws, progress, each)));
  if (runtime.signal.aborted) {
    await stopDeploys(runtime, aws, todo.flatMap(operationOf));
    throw runtime.signal.reason;
  }
  // Errors of the calls themselves come first: they are not failures of a stack.
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  const ended = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failed = ended.filter(({ ok }) => !ok).map(({ result }) => result.stack);
  if (failed.length > 0) throw await stackFailed(aws, 'execute', failed, progress.failures);
  return ended.map(({ result }) => result);
}

/** The execution that this plan begins or follows. */
function operationOf({ planned: { stack, changeSet }, verdict }: Todo): SentOperation[] {
  return changeSet === null || verdict === 'done' ? [] : [{ stack, token: executionToken(changeSet) }];
}

interface Todo {
  readonly planned: SavedStack;
  readonly verdict: Exclude<Verdict, readonly string[]>;
}

async function verdicts(aws: Aws, saved: readonly SavedStack[]): Promise<Todo[]> {
  const judged = await Promise.all(
    saved.map(async (planned) => ({ planned, verdict: await judge(planned, await present(aws, planned)) })),
  );
  const stale = judged.flatMap(({ verdict }) => (typeof verdict === 'string' ? [] : verdict));
  if (stale.length > 0) throw planStale('changed after it was made; nothing was executed', stale);
  return judged.flatMap(({ planned, verdict }) => (typeof verdict === 'string' ? [{ planned, verdict }] : []));
}

async function present(aws: Aws, { stack, changeSet, before }: SavedStack) {
  const [state, described] = await Promise.all([
    readStack(aws, stack),
    changeSet === null ? undefined : readChangeSet(aws, stack, changeSet),
  ]);
  const touched = state !== undefined && (state.id !== before?.id || state.updatedAt !== before.updatedAt);
  const [template, token] = await Promise.all([
    state === undefined ? undefined : readTemplate(aws, state.id),
    touched && changeSet !== null ? lastToken(aws, state.id) : undefined,
  ]);
  return { state, template, changeSet: described, executed: changeSet !== null && token === executionToken(changeSet) };
}

async function carryOut(
  runtime: Runtime,
  aws: Aws,
  progress: Progress,
  { planned, verdict }: Todo,
): Promise<{ result: StackResult; ok: boolean }> {
  const { stack, changeSet } = planned;
  const start = Date.now();
  const todo = changeSet !== null && verdict !== 'done';
  const settled = todo
    ? await execute(runtime, aws, progress, planned, changeSet, verdict)
    : await readStack(aws, stack);
  if (changeSet !== null && !todo) runtime.out.step(`${stack}: this plan was executed already`);
  // A stack without a change set may have been rolled back before the plan: that is the state it was planned from.
  const ok = !todo || isGood(settled?.status ?? '');
  if (ok && settled !== undefined && settled.terminationProtection !== planned.terminationProtection) {
    await setTerminationProtection(aws, stack, planned.terminationProtection);
  }
  const result = {
    stack,
    changed: todo,
    outputs: settled?.outputs ?? {},
    seconds: elapsedSeconds(start, Date.now()),
  };
  return { result, ok };
}

async function execute(
  runtime: Runtime,
  aws: Aws,
  progress: Progress,
  { stack, changes }: SavedStack,
  changeSet: string,
  verdict: 'execute' | 'follow',
): Promise<StackState | undefined> {
  const token = executionToken(changeSet);
  progress.expect(stack, changes.length);
  const id = (await readAnyStack(aws, stack))?.id ?? stack;
  if (verdict === 'follow') runtime.out.step(`${stack}: this plan is being executed, waiting for it to end`);
  else await send(aws, stack, changeSet, token);
  return await followStack(runtime, aws, { stack: id, token, progress });
}

async function send(aws: Aws, stack: string, changeSet: string, token: string): Promise<void> {
  const { ExecuteChangeSetCommand } = await import('@aws-sdk/client-cloudformation');
  try {
    await (await aws.cloudFormation()).send(
      new ExecuteChangeSetCommand({ StackName: stack, ChangeSetName: changeSet, ClientRequestToken: token }),
    );
  } catch (error) {
    // Another writer changed the stack between the check and the execution.
    if (error instanceof Error && /^(InvalidChangeSetStatus|ChangeSetNotFound)/.test(error.name)) {
      throw planStale('changed while it was executed', [`${stack}: ${messageOf(error)}`], error);
    }
    throw error;
  }
}

/** The same for every run, so that a later run recognises the execution as its own. */
function executionToken(changeSet: string): string {
  return `plan-${createHash('sha256').update(changeSet).digest('hex').slice(0, 40)}`;
}

function planStale(what: string, details: readonly string[], cause?: unknown): VendhostError {
  return new VendhostError('PLAN_STALE', `the plan is stale: its stacks ${what}`, {
    details,
    hint: 'make a new plan (in a pipeline: start a new one), look at it, and deploy it',
    cause,
  });
}
