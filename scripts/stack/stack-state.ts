import type { Stack } from '@aws-sdk/client-cloudformation';
import { poll } from '../aws/poll.ts';
import type { Aws } from '../aws/session.ts';
import { duration } from '../output.ts';
import type { Runtime } from '../runtime.ts';

/** What CloudFormation has under a stack's name. */
export interface StackState {
  readonly id: string;
  readonly status: string;
  readonly reason: string | undefined;
  /** When it was last updated, or else created; ISO 8601. */
  readonly updatedAt: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly terminationProtection: boolean;
}

/** The state of a stack, `undefined` when there is none. */
export async function readStack(aws: Aws, name: string): Promise<StackState | undefined> {
  const state = await readAnyStack(aws, name);
  return state?.status === 'REVIEW_IN_PROGRESS' ? undefined : state;
}

/** The states of several stacks by name; stacks that do not exist are left out. */
export async function readStacks(aws: Aws, names: readonly string[]): Promise<ReadonlyMap<string, StackState>> {
  const found = await Promise.all(names.map(async (name) => [name, await readStack(aws, name)] as const));
  return new Map(found.flatMap(([name, state]) => (state === undefined ? [] : [[name, state] as const])));
}

/**
 * Like `readStack`, but includes the empty stack that comes with a change set for a new stack (`REVIEW_IN_PROGRESS`); a
 * deleted stack is found by its id only.
 */
export async function readAnyStack(aws: Aws, name: string): Promise<StackState | undefined> {
  const { DescribeStacksCommand } = await import('@aws-sdk/client-cloudformation');
  try {
    const { Stacks } = await (await aws.cloudFormation()).send(new DescribeStacksCommand({ StackName: name }));
    const stack = Stacks?.[0];
    return stack === undefined ? undefined : stackStateOf(stack);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** The first creation or the deletion failed: such a stack can only be deleted and created again. */
export function neverWorks({ status }: Pick<StackState, 'status'>): boolean {
  return ['ROLLBACK_COMPLETE', 'ROLLBACK_FAILED', 'CREATE_FAILED', 'DELETE_FAILED'].includes(status);
}

/** The last operation succeeded. */
export function isGood(status: string): boolean {
  return ['CREATE_COMPLETE', 'UPDATE_COMPLETE', 'IMPORT_COMPLETE'].includes(status);
}

/** The last operation succeeded or was rolled back completely: the stack is what its template says. */
export function isSteady(status: string): boolean {
  return isGood(status) || status === 'UPDATE_ROLLBACK_COMPLETE';
}

/** The longest time an operation on a stack is waited for. */
export const stackLimitMs = 60 * 60_000;

/** Waits until no operation is in progress on the stack. Only reads. */
export async function settledStack(runtime: Runtime, aws: Aws, name: string): Promise<StackState | undefined> {
  const state = await settledAnyStack(runtime, aws, name);
  return state?.status === 'REVIEW_IN_PROGRESS' ? undefined : state;
}

/** The same, including the empty stack of a change set for a new stack. */
export async function settledAnyStack(runtime: Runtime, aws: Aws, name: string): Promise<StackState | undefined> {
  const first = await readAnyStack(aws, name);
  if (first === undefined || !isBusy(first)) return first;
  runtime.out.step(`${name} is ${first.status}: waiting for it to end (at most ${duration(stackLimitMs)})`);
  const { state } = await poll({
    what: `${name} to settle`,
    pace: aws.pace,
    limitMs: stackLimitMs,
    signal: runtime.signal,
    check: async () => {
      const state = await readAnyStack(aws, name);
      return state !== undefined && isBusy(state) ? undefined : { state };
    },
  });
  return state;
}

/** An operation is in progress; a stack that waits for its first change set is not busy. */
export function isBusy({ status }: Pick<StackState, 'status'>): boolean {
  return status.endsWith('_IN_PROGRESS') && status !== 'REVIEW_IN_PROGRESS';
}

/** A stack as one of CloudFormation's lists has it. */
export function stackStateOf(stack: Stack): StackState {
  return {
    id: stack.StackId ?? '',
    status: stack.StackStatus ?? '',
    reason: stack.StackStatusReason,
    updatedAt: (stack.LastUpdatedTime ?? stack.CreationTime)?.toISOString() ?? '',
    parameters: Object.fromEntries(
      (stack.Parameters ?? []).map((each) => [each.ParameterKey ?? '', each.ParameterValue ?? '']),
    ),
    outputs: Object.fromEntries((stack.Outputs ?? []).map((each) => [each.OutputKey ?? '', each.OutputValue ?? ''])),
    tags: Object.fromEntries((stack.Tags ?? []).map((each) => [each.Key ?? '', each.Value ?? ''])),
    terminationProtection: stack.EnableTerminationProtection ?? false,
  };
}

/** DescribeStacks of a name that does not exist is a ValidationError; it has no error code of its own. */
export function isAbsent(error: unknown): boolean {
  return error instanceof Error && error.name === 'ValidationError' && /does not exist/.test(error.message);
}
