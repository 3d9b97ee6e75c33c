import type { GetCommandInvocationCommandOutput } from '@aws-sdk/client-ssm';
import { poll } from '../../aws/poll.ts';
import type { Aws } from '../../aws/session.ts';
import { VendhostError } from '../../errors.ts';
import { readGone } from '../../host/instances/gone.ts';

/** A command that was sent to an instance. */
export interface SentCommand {
  readonly commandId: string;
  readonly instance: string;
  /** By this process's own clock, in milliseconds. */
  readonly sentAt: number;
}

/** How a command ended, in Systems Manager's words. */
export interface Invocation extends SentCommand {
  /** `Success`, `Failed`, `Cancelled` or `TimedOut`. */
  readonly status: string;
  readonly details: string;
  /** Exit code of the script; -1 when it did not end by itself. */
  readonly exitCode: number;
  /** For how long it ran at most, in milliseconds. */
  readonly ranMs: number;
  readonly stdout: CommandOutput;
  readonly stderr: CommandOutput;
}

/** An output as in the response: its beginning, and where all of it is. */
export interface CommandOutput {
  readonly text: string;
  readonly url: string;
}

/** https://docs.aws.amazon.com/systems-manager/latest/userguide/monitor-commands.html */
const ended = new Set(['Success', 'Failed', 'Cancelled', 'TimedOut']);

/** The result of `GetCommandInvocation`; `undefined` while the command runs. */
function invocationOf(sent: SentCommand, answer: Partial<GetCommandInvocationCommandOutput>): Invocation | undefined {
  const { Status = '', StatusDetails = '', ResponseCode = -1 } = answer;
  if (!ended.has(Status)) return undefined;
  return {
    ...sent,
    status: Status,
    details: StatusDetails,
    exitCode: ResponseCode,
    ranMs: performance.now() - sent.sentAt,
    stdout: { text: answer.StandardOutputContent ?? '', url: answer.StandardOutputUrl ?? '' },
    stderr: { text: answer.StandardErrorContent ?? '', url: answer.StandardErrorUrl ?? '' },
  };
}

/** An instance that is gone reports nothing, and Systems Manager waits for it until the command's time is over: it is looked for once in so many questions. */
const questionsBetweenLooks = 12;

/** Waits until the command has ended. Throws `TIMED_OUT`, `INSTANCE_GONE`, and the signal's reason. */
export async function awaitInvocation(
  aws: Aws,
  sent: SentCommand,
  { limitMs, signal }: { readonly limitMs: number; readonly signal: AbortSignal },
): Promise<Invocation> {
  let asked = 0;
  return await poll({
    what: `the command ${sent.commandId} on ${sent.instance}`,
    pace: aws.pace,
    limitMs,
    signal,
    check: async () => {
      const found = await readInvocation(aws, sent);
      asked += 1;
      if (found === undefined && asked % questionsBetweenLooks === 0) await checkThere(aws, sent);
      return found;
    },
  });
}

async function checkThere(aws: Aws, { commandId, instance }: SentCommand): Promise<void> {
  const gone = (await readGone(aws, [instance])).get(instance);
  if (gone === undefined) return;
  throw new VendhostError('INSTANCE_GONE', `${gone}: nobody will say how the command ${commandId} ended`, {
    hint: 'what it had done may be lost with the instance; run it on another one, if it is still wanted',
  });
}

/** `undefined` while it runs, or Systems Manager does not know it yet. */
async function readInvocation(aws: Aws, sent: SentCommand): Promise<Invocation | undefined> {
  const { GetCommandInvocationCommand, InvocationDoesNotExist } = await import('@aws-sdk/client-ssm');
  const command = new GetCommandInvocationCommand({ CommandId: sent.commandId, InstanceId: sent.instance });
  try {
    return invocationOf(sent, await (await aws.ssm()).send(command));
  } catch (error) {
    if (error instanceof InvocationDoesNotExist) return undefined;
    throw error;
  }
}
