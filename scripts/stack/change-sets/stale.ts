import { isDeepStrictEqual } from 'node:util';
import { describePlan, planLines } from '../stack-plan.ts';
import { isBusy, isGood, type StackState } from '../stack-state.ts';
import type { ChangeSetState } from './change-set.ts';
import type { SavedStack } from './plan-file.ts';

/** The current state of a planned stack. */
export interface Present {
  /** `undefined`: the stack does not exist, or is empty and waits for its change set. */
  readonly state: StackState | undefined;
  readonly template: Readonly<Record<string, unknown>> | undefined;
  readonly changeSet: Pick<ChangeSetState, 'status' | 'executionStatus' | 'reason'> | undefined;
  /** The newest operation on the stack is the execution of this change set by this command. */
  readonly executed: boolean;
}

/**
 * What to do with a planned stack: `execute` its change set, `follow` the execution in progress, nothing because it is
 * `done`; or the reasons why the plan can no longer be executed.
 */
export type Verdict = 'execute' | 'follow' | 'done' | readonly string[];

/** Compares a planned stack with its current state. */
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

/** Whether the stack was changed after that cannot be known, so it does not count as done. */
function byOthers({ changeSet }: Present): string[] {
  return changeSet?.executionStatus === 'EXECUTE_COMPLETE' ? ['  its change set was executed by another process'] : [];
}

function unusableChangeSet(stack: string, changeSet: Present['changeSet']): string | undefined {
  if (changeSet === undefined)
    return `the change set of ${stack} does not exist any more: it was deleted, or another one was executed`;
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
  if (state === undefined) return [`${stack} was deleted; it was ${before.status} when planned`];
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

/** The differences between the deployed template and the one the plan was made from. */
async function templateDifferences(
  stack: string,
  before: Readonly<Record<string, unknown>>,
  now: Readonly<Record<string, unknown>>,
): Promise<string[]> {
  if (isDeepStrictEqual(before, now)) return [];
  const { fullDiff } = await import('@aws-cdk/cloudformation-diff');
  const { changes } = describePlan(stack, true, fullDiff(before, now), []);
  if (changes.length === 0) return ['  its template differs outside its resources'];
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
