import { randomUUID } from 'node:crypto';
import type { Aws } from '../aws/session.ts';
import { VendhostError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { stackFailed } from './failure.ts';
import { followStack } from './follow-stack.ts';
import { Progress } from './progress.ts';
import { settledAnyStack } from './stack-state.ts';

export interface DeleteOptions {
  /** Switches termination protection off; without it a protected stack is refused (`STACK_PROTECTED`). */
  readonly force?: boolean;
  /** Role that CloudFormation works with; without it the one the stack was last deployed with. */
  readonly roleArn?: string | undefined;
}

/**
 * Deletes a stack, if it exists, and waits; resources are reported as they are deleted. Throws `STACK_FAILED` with the
 * resources that block it; the next run deletes what is left.
 */
export async function deleteStack(
  runtime: Runtime,
  aws: Aws,
  stack: string,
  { force = false, roleArn }: DeleteOptions = {},
): Promise<void> {
  const state = await settledAnyStack(runtime, aws, stack);
  if (state === undefined) return;
  if (state.terminationProtection) {
    if (!force) throw isProtected(stack);
    await setTerminationProtection(aws, stack, false);
  }
  const { DeleteStackCommand } = await import('@aws-sdk/client-cloudformation');
  const progress = new Progress(runtime);
  const token = randomUUID();
  const role = roleArn === undefined ? {} : { RoleARN: roleArn };
  const command = new DeleteStackCommand({ StackName: state.id, ClientRequestToken: token, ...role });
  await (await aws.cloudFormation()).send(command);
  const after = await followStack(runtime, aws, { stack: state.id, token, progress });
  if (after !== undefined && after.status !== 'DELETE_COMPLETE') {
    throw await stackFailed(aws, 'delete', [stack], progress.failures);
  }
}

/** Switches a stack's termination protection. */
export async function setTerminationProtection(aws: Aws, stack: string, on: boolean): Promise<void> {
  const { UpdateTerminationProtectionCommand } = await import('@aws-sdk/client-cloudformation');
  const command = new UpdateTerminationProtectionCommand({ StackName: stack, EnableTerminationProtection: on });
  await (await aws.cloudFormation()).send(command);
}

function isProtected(stack: string): VendhostError {
  return new VendhostError('STACK_PROTECTED', `${stack} is protected against deletion`, {
    hint: `to delete it, an administrator first runs: aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name ${stack}`,
  });
}
