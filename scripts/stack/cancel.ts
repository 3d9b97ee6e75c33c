import type { Aws } from '../aws/session.ts';
import { messageOf } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { lastToken } from './follow-stack.ts';
import { readStack } from './stack-state.ts';

/** An operation of this command on a stack. */
export interface SentOperation {
  readonly stack: string;
  /** Its `ClientRequestToken`. */
  readonly token: string;
}

/**
 * After a cancel: rolls back updates in progress, if they are this command's; a creation cannot be stopped and is left to finish. Prints
 * for each stack what happens to it. Never throws: the cancel itself is what gets reported.
 */
export async function stopDeploys({ out }: Runtime, aws: Aws, operations: readonly SentOperation[]): Promise<void> {
  for (const { stack, token } of operations) {
    try {
      const status = (await readStack(aws, stack))?.status;
      // Somebody else may have started one after this command's own request was refused.
      if (status === 'UPDATE_IN_PROGRESS' && (await lastToken(aws, stack)) === token) {
        await cancelUpdate(aws, stack);
        out.step(`${stack}: the update is cancelled, CloudFormation rolls it back`);
      } else if (status?.endsWith('_IN_PROGRESS')) {
        out.step(`${stack} is ${status}: CloudFormation finishes that by itself; the next deploy waits for it`);
      }
    } catch (error) {
      out.warn(`cannot read the state of ${stack}: ${messageOf(error)}`);
    }
  }
}

async function cancelUpdate(aws: Aws, stack: string): Promise<void> {
  const { CancelUpdateStackCommand } = await import('@aws-sdk/client-cloudformation');
  await (await aws.cloudFormation()).send(new CancelUpdateStackCommand({ StackName: stack }));
}
