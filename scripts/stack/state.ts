import type { Stack } from '@aws-sdk/client-cloudformation';
import { duration, poll } from '../aws/poll.ts';
import type { Aws } from '../aws/session.ts';
import { VendhostError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';

/** What CloudFormation has under a stack's name. */
export interface StackState {
  readonly id: string;
  readonly status: string;
  readonly reason: string | undefined;
  readonly parameters: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
  readonly terminationProtection: boolean;
}

/** The state of a stack, `undefined` when there is none. */
export async function readStack(aws: Aws, name: string): Promise<StackState | undefined> {
  const { DescribeStacksCommand } = await import('@aws-sdk/client-cloudformation');
  try {
    const { Stacks } = await (await aws.cloudFormation()).send(new DescribeStacksCommand({ StackName: name }));
    const stack = Stacks?.[0];
    // REVIEW_IN_PROGRESS: somebody prepared a change set for a stack that does not exist yet.
    return stack === undefined || stack.StackStatus === 'REVIEW_IN_PROGRESS' ? undefined : stateOf(stack);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** The first creation failed: such a stack can only be deleted and made again. */
export function neverWorked({ status }: StackState): boolean {
  return status === 'ROLLBACK_COMPLETE' || status === 'ROLLBACK_FAILED' || status === 'CREATE_FAILED';
}

const limitMs = 60 * 60_000;

/** Waits until nobody else is changing the stack; throws `STACK_STUCK` when it needs a person. */
export async function settledStack(runtime: Runtime, aws: Aws, name: string): Promise<StackState | undefined> {
  const first = await readStack(aws, name);
  if (first === undefined || !first.status.endsWith('_IN_PROGRESS')) return checked(name, first);
  runtime.out.step(`${name} is ${first.status}: waiting for it to end (at most ${duration(limitMs)})`);
  const { state } = await poll({
    what: `${name} to settle`,
    everyMs: pollMs(aws),
    limitMs,
    signal: runtime.signal,
    check: async () => {
      const state = await readStack(aws, name);
      return state?.status.endsWith('_IN_PROGRESS') ? undefined : { state };
    },
  });
  return checked(name, state);
}

/** CloudFormation throttles; an emulator on this machine does not. */
export function pollMs(aws: Aws): number {
  return aws.endpoint === undefined ? 3_000 : 250;
}

function checked(name: string, state: StackState | undefined): StackState | undefined {
  if (state?.status !== 'UPDATE_ROLLBACK_FAILED' && state?.status !== 'DELETE_FAILED') return state;
  throw new VendhostError('STACK_STUCK', `${name} is ${state.status}`, {
    details: state.reason === undefined ? [] : [state.reason],
    hint:
      state.status === 'DELETE_FAILED'
        ? `remove what blocks it, then: aws cloudformation delete-stack --stack-name ${name}`
        : `mend what failed, then: aws cloudformation continue-update-rollback --stack-name ${name}`,
  });
}

function stateOf(stack: Stack): StackState {
  return {
    id: stack.StackId ?? '',
    status: stack.StackStatus ?? '',
    reason: stack.StackStatusReason,
    parameters: Object.fromEntries(
      (stack.Parameters ?? []).map((each) => [each.ParameterKey ?? '', each.ParameterValue ?? '']),
    ),
    outputs: Object.fromEntries((stack.Outputs ?? []).map((each) => [each.OutputKey ?? '', each.OutputValue ?? ''])),
    terminationProtection: stack.EnableTerminationProtection ?? false,
  };
}

/** DescribeStacks of a name that does not exist is a ValidationError; there is no code of its own. */
export function isAbsent(error: unknown): boolean {
  return error instanceof Error && error.name === 'ValidationError' && /does not exist/.test(error.message);
}
