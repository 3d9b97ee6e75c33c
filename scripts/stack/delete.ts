import { randomUUID } from 'node:crypto';
import type { Aws } from '../aws/session.ts';
import { VendhostError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { stackFailed } from './failure.ts';
import { followStack } from './follow.ts';
import { Progress, type ResourceEvent } from './progress.ts';
import { settledAnyStack } from './state.ts';

export interface DeleteOptions {
  /** Logical ids of resources to leave where they are when they cannot be deleted. */
  readonly retain?: readonly string[];
  /** Switches termination protection off; without it a protected stack is refused (`STACK_PROTECTED`). */
  readonly force?: boolean;
  /** Role that CloudFormation works with; without it the one the stack was last deployed with. */
  readonly roleArn?: string;
}

export interface Deleted {
  /** Resources that still exist: those with a deletion policy of `Retain`, and those named in `retain`. */
  readonly kept: readonly Pick<ResourceEvent, 'logicalId' | 'type'>[];
}

/**
 * Deletes a stack and waits; resources are reported as they go. Answers `false` when there is none. Throws
 * `STACK_FAILED` with the resources that block it; run again, it deletes what is left.
 */
export async function deleteStack(
  runtime: Runtime,
  aws: Aws,
  stack: string,
  options: DeleteOptions = {},
): Promise<Deleted | false> {
  const { retain = [], force = false } = options;
  const state = await settledAnyStack(runtime, aws, stack);
  if (state === undefined) return false;
  if (state.terminationProtection) {
    if (!force) throw isProtected(stack);
    await setTerminationProtection(aws, stack, false);
  }
  const progress = new Progress(runtime);
  const given = options.roleArn === undefined ? {} : { RoleARN: options.roleArn };
  let status = await deleteOnce(runtime, aws, state.id, progress, given);
  const blocked = progress.failures.map(({ logicalId }) => logicalId);
  if (status === 'DELETE_FAILED' && blocked.length > 0 && blocked.every((id) => retain.includes(id))) {
    // CloudFormation retains only what it could not delete before.
    progress.failures.length = 0;
    status = await deleteOnce(runtime, aws, state.id, progress, { ...given, RetainResources: blocked });
  }
  if (status !== 'DELETE_COMPLETE') throw await stackFailed(aws, 'delete', [stack], progress.failures);
  return { kept: progress.kept.map(({ logicalId, type }) => ({ logicalId, type })) };
}

async function deleteOnce(
  runtime: Runtime,
  aws: Aws,
  stack: string,
  progress: Progress,
  given: { RoleARN?: string; RetainResources?: string[] },
): Promise<string> {
  const { DeleteStackCommand } = await import('@aws-sdk/client-cloudformation');
  const token = randomUUID();
  const command = new DeleteStackCommand({ StackName: stack, ClientRequestToken: token, ...given });
  await (await aws.cloudFormation()).send(command);
  return (await followStack(runtime, aws, { stack, token, progress }))?.status ?? 'DELETE_COMPLETE';
}

/** Switches a stack's termination protection. */
export async function setTerminationProtection(aws: Aws, stack: string, on: boolean): Promise<void> {
  const { UpdateTerminationProtectionCommand } = await import('@aws-sdk/client-cloudformation');
  const command = new UpdateTerminationProtectionCommand({ StackName: stack, EnableTerminationProtection: on });
  await (await aws.cloudFormation()).send(command);
}

function isProtected(stack: string): VendhostError {
  return new VendhostError('STACK_PROTECTED', `${stack} is protected against deletion`, {
    hint: `if it shall go: aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name ${stack}`,
  });
}
