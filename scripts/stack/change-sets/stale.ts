import { isDeepStrictEqual } from 'node:util';
import { describePlan, planLines } from '../stack-plan.ts';
import { isBusy, isGood, type StackState } from '../stack-state.ts';
import type { ChangeSetState } from './change-set.ts';
import type { SavedStack } from './plan-file.ts';

/** What there is now of a stack that a plan was made for. */
export interface Present {
  /** `undefined`: there is no stack, or only the empty one that waits for its change set. */
  readonly state: StackState | undefined;
  readonly template: Readonly<Record<string, unknown>> | undefined;
  readonly changeSet: Pick<ChangeSetState, 'status' | 'executionStatus' | 'reason'> | undefined;
  /** The newest operation on the stack is the execution of this change set by this command. */
  readonly executed: boolean;
}

/**
 * What is to be done with a planned stack: `execute` it, `follow` its execution that is going on, leave it because it is
 * `done`; or why the plan can no longer be executed.
 */
export type Verdict = 'execute' | 'follow' | 'done' | readonly string[];

/** Compares a planned stack with what there is now. */
export async function judge(saved: SavedStack, now: Present): Promise<Verdict> {
  if (now.executed && now.state !== undefined) return executed(saved.stack, now.state);
  const lines = await differences(saved, now);
  if (lines.length > 0) return [...lines, ...byOthers(now)];
  if (saved.changeSet === null) return 'done';
  const unusable = unusableChangeSet(saved.stack, now.changeSet);
  return unusable === undefined ? 'execute' : [unusable];
}

function executed(stack: string, { status, reason }: StackState): Verdict {
  if (isBusy({ status })) return 'follow';
  if (isGood(status)) return 'done';
  const why = reason ? `: ${reason}` : '';
  return [`${stack}: the plan was executed already and failed, the stack is ${status}${why}`];
}

/** Whether anything came after it cannot be known, so it does not count as done. */
function byOthers({ changeSet }: Present): string[] {
  return changeSet?.executionStatus === 'EXECUTE_COMPLETE' ? ['  its change set was executed by somebody else'] : [];
}

function unusableChangeSet(stack: string, changeSet: Present['changeSet']): string | undefined {
  if (changeSet === undefined) return `the change set of ${stack} is gone: it was deleted, or another one was executed`;
  const { status, executionStatus, reason } = changeSet;
  if (executionStatus === 'AVAILABLE') return undefined;
  const why = reason === '' ? '' : `: ${reason}`;
  return `the change set of ${stack} cannot be executed, it is ${executionStatus || status}${why}`;
}

async function differences({ stack, before }: SavedStack, { state, template }: Present): Promise<string[]> {
  if (before === null) {
    return state === undefined
      ? []
      : [`there was no ${stack}; it was created ${state.updatedAt} and is ${state.status}`];
  }
  if (state === undefined) return [`${stack} is gone; it was ${before.status} when planned`];
  const lines: string[] = [];
  if (state.id !== before.id)
    lines.push(`${stack} was deleted and created again ${state.updatedAt}, it is ${state.status}`);
  else if (state.updatedAt !== before.updatedAt) {
    lines.push(`${stack} was updated ${state.updatedAt} (planned from ${before.updatedAt}), it is ${state.status}`);
  } else if (state.status !== before.status) {
    lines.push(`${stack} is ${state.status}, it was ${before.status} when planned`);
  }
  const resources = await templateDifferences(stack, before.template, template ?? {});
  return [...lines, ...resources, ...parameterDifferences(before.parameters, state.parameters)];
}

/** What differs between the deployed template and that of plan time, as a plan shows it. */
async function templateDifferences(
  stack: string,
  before: Readonly<Record<string, unknown>>,
  now: Readonly<Record<string, unknown>>,
): Promise<string[]> {
  if (isDeepStrictEqual(before, now)) return [];
  const { fullDiff } = await import('@aws-cdk/cloudformation-diff');
  const { changes } = describePlan(stack, true, fullDiff(before, now), []);
  if (changes.length === 0) return ['  its template differs outside of its resources'];
  return planLines([{ stack, action: 'update', changes }]).slice(1);
}

function parameterDifferences(
  before: Readonly<Record<string, string>>,
  now: Readonly<Record<string, string>>,
): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])].sort();
  return names
    .filter((name) => before[name] !== now[name])
    .map((name) => `  parameter ${name}: was ${before[name] ?? 'not there'}, is ${now[name] ?? 'not there'}`);
}
