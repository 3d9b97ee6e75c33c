import { randomUUID } from 'node:crypto';
import type { Aws } from '../aws/session.ts';
import { VendhostError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { deleteStack } from './delete.ts';
import { followStack } from './follow-stack.ts';
import { type Failure, Progress } from './progress.ts';
import { neverWorks, type StackState, settledAnyStack } from './stack-state.ts';

export interface RecoverOptions {
  /** Role that CloudFormation works with; without it the one the stack was last deployed with. */
  readonly roleArn?: string | undefined;
  /** A change set follows: it may start from the empty stack of an earlier one. */
  readonly forChangeSet?: boolean;
}

/**
 * Waits until no operation is in progress, then recovers from an earlier failure: a rollback that did not finish is
 * continued; a stack whose creation failed, and one that only waits for a change set, are deleted. Returns the stack that
 * can be updated, `undefined` when it must be created. Throws `STACK_STUCK` when the rollback fails again, `STACK_PROTECTED` when a
 * stack that was deleted in part is protected against deletion.
 */
export async function recoverStack(
  runtime: Runtime,
  aws: Aws,
  stack: string,
  { roleArn, forChangeSet = false }: RecoverOptions = {},
): Promise<StackState | undefined> {
  const { out } = runtime;
  const state = await settledAnyStack(runtime, aws, stack);
  if (state === undefined) return undefined;
  // A stack whose creation failed holds nothing to protect; one that was deleted in part may.
  const options = { force: state.status !== 'DELETE_FAILED', roleArn };
  if (state.status === 'REVIEW_IN_PROGRESS') {
    if (forChangeSet) return undefined;
    // CreateStack refuses a name that a change set has taken, and a deploy calls CreateStack.
    out.step(
      `${stack} is REVIEW_IN_PROGRESS, empty because its plan was not executed: deleting it and creating it again`,
    );
    await deleteStack(runtime, aws, stack, options);
    return undefined;
  }
  if (neverWorks(state)) {
    const what = state.status === 'DELETE_FAILED' ? 'its deletion' : 'its first creation';
    out.step(`${stack} is ${state.status}, ${what} failed: deleting it and creating it again`);
    await deleteStack(runtime, aws, stack, options);
    return undefined;
  }
  if (state.status === 'UPDATE_ROLLBACK_FAILED') return await continueRollback(runtime, aws, stack, state, roleArn);
  return state;
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-continueupdaterollback.html */
async function continueRollback(
  runtime: Runtime,
  aws: Aws,
  stack: string,
  { id, status }: StackState,
  roleArn: string | undefined,
): Promise<StackState | undefined> {
  const { ContinueUpdateRollbackCommand } = await import('@aws-sdk/client-cloudformation');
  runtime.out.step(`${stack} is ${status}: continuing the rollback first`);
  const token = randomUUID();
  const role = roleArn === undefined ? {} : { RoleARN: roleArn };
  const command = new ContinueUpdateRollbackCommand({ StackName: id, ClientRequestToken: token, ...role });
  await (await aws.cloudFormation()).send(command);
  const progress = new Progress(runtime);
  const after = await followStack(runtime, aws, { stack: id, token, progress });
  if (after?.status === 'UPDATE_ROLLBACK_FAILED') throw stuck(stack, after, progress.failures);
  return after;
}

function stuck(stack: string, { status, reason }: StackState, failures: readonly Failure[]): VendhostError {
  const failed = failures.map(({ logicalId }) => logicalId);
  const skip = failed.length === 0 ? '' : ` --resources-to-skip ${failed.join(' ')}`;
  return new VendhostError('STACK_STUCK', `${stack} is ${status}: the rollback failed again`, {
    details: [
      ...failures.map(({ logicalId, type, reason }) => `${logicalId} (${type}): ${reason}`),
      ...(failures.length === 0 && reason !== undefined ? [reason] : []),
    ],
    hint:
      'fix what is named above and retry; if it cannot be fixed, an administrator skips it in the rollback: ' +
      `aws cloudformation continue-update-rollback --stack-name ${stack}${skip}`,
  });
}
