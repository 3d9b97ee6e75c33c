import { answered } from '../../aws/answers.ts';
import { sendOnce } from '../../aws/calls/send-once.ts';
import { awsError } from '../../aws/foreseen-errors.ts';
import type { Aws } from '../../aws/session.ts';
import { commandOutputs } from '../../config/names.ts';
import { messageOf, VendhostError } from '../../errors.ts';
import type { Runtime } from '../../runtime.ts';
import { awaitInvocation, type Invocation, type SentCommand } from './invocation.ts';

const document = 'AWS-RunShellScript';
/** Seconds for the agent to accept the command: it polls constantly. AWS's minimum is 30. */
const deliverySeconds = 60;
const cancelLimitMs = 60_000;

/** What to run, where, and for how long at most. */
export interface RunRequest {
  readonly instance: string;
  readonly script: string;
  readonly seconds: number;
  readonly bucket: string;
  readonly needsApproval: boolean;
}

/** Without the signal: after an aborted call nobody would know whether the command was sent. */
export async function sendRun(
  aws: Aws,
  { instance, script, seconds, bucket, needsApproval }: RunRequest,
): Promise<SentCommand> {
  const { InvalidInstanceId, SendCommandCommand } = await import('@aws-sdk/client-ssm');
  const command = new SendCommandCommand({
    DocumentName: document,
    InstanceIds: [instance],
    Comment: 'vendhost host run',
    TimeoutSeconds: deliverySeconds,
    Parameters: { commands: [script], executionTimeout: [String(seconds)], workingDirectory: ['/'] },
    ...(bucket === '' ? {} : { OutputS3BucketName: bucket, OutputS3KeyPrefix: commandOutputs.replace(/\/$/, '') }),
  });
  try {
    const client = await aws.ssm();
    const sentAt = performance.now();
    const { Command } = await sendOnce(command, `send the command to ${instance}`, () => client.send(command));
    return { commandId: answered(Command?.CommandId, 'SSM SendCommand', 'an id'), instance, sentAt };
  } catch (error) {
    if (error instanceof InvalidInstanceId) throw unregistered(instance, error);
    if (needsApproval && awsError(error, {})?.code === 'ACCESS_DENIED') throw notAllowed(error);
    throw error;
  }
}

/**
 * Waits for its end. When the wait stops, because of a cancel or the limit, the command is also cancelled on the instance, if that still exists. The
 * reason is thrown even if cancelling fails.
 */
export async function followRun(runtime: Runtime, aws: Aws, sent: SentCommand, seconds: number): Promise<Invocation> {
  const limitMs = (seconds + 2 * deliverySeconds) * 1000;
  try {
    return await awaitInvocation(aws, sent, { limitMs, signal: runtime.signal });
  } catch (error) {
    if (error instanceof VendhostError && error.code === 'INSTANCE_GONE') throw error;
    await endRun(runtime, aws, sent).catch((fault: unknown) =>
      runtime.out.warn(`it is not known whether ${sent.commandId} ended on ${sent.instance}: ${messageOf(fault)}`),
    );
    throw error;
  }
}

async function endRun({ out }: Runtime, aws: Aws, sent: SentCommand): Promise<void> {
  out.step(`ending the command ${sent.commandId} on ${sent.instance}`);
  const { CancelCommandCommand } = await import('@aws-sdk/client-ssm');
  await (await aws.ssm()).send(new CancelCommandCommand({ CommandId: sent.commandId, InstanceIds: [sent.instance] }));
  const waiting = { limitMs: cancelLimitMs, signal: new AbortController().signal };
  const { status } = await awaitInvocation(aws, sent, waiting);
  out.step(`the command ${sent.commandId} ended: ${status}`);
}

export function unregistered(instance: string, cause: unknown): VendhostError {
  return new VendhostError('AGENT_UNREGISTERED', `Systems Manager does not reach its agent on ${instance}`, {
    hint: 'it was just started, or its agent is dead: try again in a minute, or replace it with `vendhost host replace`',
    cause,
  });
}

function notAllowed(cause: unknown): VendhostError {
  return new VendhostError('RUN_NOT_ALLOWED', 'where releases need an approval, no job may run commands on instances', {
    hint: 'an administrator of the account runs the same command with their own credentials',
    cause,
  });
}
