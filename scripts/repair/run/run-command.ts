import { withAudit } from '../../audit/with-audit.ts';
import { sendOnce } from '../../aws/calls/send-once.ts';
import { awsError } from '../../aws/foreseen-errors.ts';
import { readPlatformFacts, readTenantRecord } from '../../aws/read-facts.ts';
import { type Aws, openAws } from '../../aws/session.ts';
import { commandOutputs, type Place } from '../../config/names.ts';
import { exitCodes, VendhostError } from '../../errors.ts';
import { chosenOf } from '../../host/instances/chosen.ts';
import { type Group, readGroup } from '../../host/instances/group.ts';
import { hostMissing } from '../../host/instances/replace.ts';
import { duration } from '../../output.ts';
import type { Runtime } from '../../runtime.ts';
import { wholeOutput } from './command-output.ts';
import { awaitInvocation, type Invocation, type SentCommand } from './invocation.ts';
import { scriptLine } from './script.ts';

export interface RunOptions extends Place {
  /** Id of the instance; without it one that is in service. */
  readonly instance: string | undefined;
  /** The command and its arguments. */
  readonly words: readonly string[];
  /** Seconds that the command may take. */
  readonly seconds: number;
  readonly reason: string;
  readonly dryRun: boolean;
}

const document = 'AWS-RunShellScript';
/** Seconds for the agent to take the command: it asks all the time. 30 is the least that AWS takes. */
const deliverySeconds = 60;
const cancelLimitMs = 60_000;

/**
 * Runs a command as root on one instance of a host and ends with its exit code; prints all of its output. When the command is
 * cancelled here, it is ended there. Throws `INSTANCE_UNKNOWN`, `AGENT_UNREGISTERED`, `RUN_NOT_ALLOWED` where releases need an
 * approval and the role of jobs may not, `COMMAND_TIMED_OUT` and `COMMAND_STOPPED`.
 */
export async function runCommand(runtime: Runtime, options: RunOptions): Promise<number | undefined> {
  const { out } = runtime;
  const place: Place = { tenant: options.tenant, environment: options.environment };
  const aws = openAws(runtime);
  const facts = await readPlatformFacts(aws, place.environment);
  const record = await readTenantRecord(aws, place);
  const group = await readGroup(aws, place);
  if (group === undefined) throw hostMissing(place);
  const instance = instanceOf(group, options.instance);
  const script = scriptLine(options.words);
  if (options.dryRun) {
    out.result({ instance, command: options.words }, `would run on ${instance} of ${group.name}: ${script}`);
    return exitCodes.differs;
  }
  await out.confirm(`run ${script} as root on ${instance} of ${group.name}?`);
  const action = { action: 'host run', target: instance, before: script, reason: options.reason };
  const bucket = record.bucket ?? '';
  const ended = await withAudit(
    runtime,
    aws,
    { ...action, place, bucket: facts.bucket },
    async () => {
      const needsApproval = record.approval ?? facts.approval;
      const sent = await send(aws, { instance, script, seconds: options.seconds, bucket, needsApproval });
      out.step(`sent the command ${sent.commandId} to ${instance}`);
      return endedByItself(await follow(runtime, aws, sent, options.seconds), options.seconds);
    },
    ({ exitCode, commandId }) => `exit code ${exitCode}, command ${commandId}`,
  );
  const [stdout, stderr] = [
    await wholeOutput(aws, bucket, ended.stdout, out),
    await wholeOutput(aws, bucket, ended.stderr, out),
  ];
  if (stderr.trim() !== '') out.step(stderr.replace(/\n$/, ''));
  const { commandId, exitCode } = ended;
  out.result({ instance, commandId, exitCode, stdout, stderr }, stdout.replace(/\n$/, ''));
  return exitCode;
}

/** The instance that was asked for, or the first that is in service. */
function instanceOf(group: Group, instance: string | undefined): string {
  if (instance !== undefined) return chosenOf(group, instance, 'for one in service')[0] ?? instance;
  const [first] = group.inService;
  if (first !== undefined) return first;
  throw new VendhostError('INSTANCE_UNKNOWN', `${group.name} has no instance in service`, {
    hint:
      group.members.length === 0
        ? 'wait until Auto Scaling has started one'
        : `give --instance one of ${group.members.join(', ')}`,
  });
}

interface Request {
  readonly instance: string;
  readonly script: string;
  readonly seconds: number;
  readonly bucket: string;
  readonly needsApproval: boolean;
}

/** Without the signal: after an aborted call nobody would know whether the command was sent. */
async function send(aws: Aws, { instance, script, seconds, bucket, needsApproval }: Request): Promise<SentCommand> {
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
    const { Command } = await sendOnce(command, `send the command to ${instance}`, () => client.send(command));
    if (Command?.CommandId === undefined) throw new Error('SendCommand answered without an id');
    return { commandId: Command.CommandId, instance };
  } catch (error) {
    if (error instanceof InvalidInstanceId) throw unregistered(instance, error);
    if (needsApproval && awsError(error, {})?.code === 'ACCESS_DENIED') throw notAllowed(error);
    throw error;
  }
}

async function follow(runtime: Runtime, aws: Aws, sent: SentCommand, seconds: number): Promise<Invocation> {
  const limitMs = (seconds + 2 * deliverySeconds) * 1000;
  try {
    return await awaitInvocation(aws, sent, { limitMs, signal: runtime.signal });
  } catch (error) {
    runtime.out.step(`ending the command ${sent.commandId} on ${sent.instance}`);
    const { CancelCommandCommand } = await import('@aws-sdk/client-ssm');
    await (await aws.ssm()).send(new CancelCommandCommand({ CommandId: sent.commandId, InstanceIds: [sent.instance] }));
    const { status } = await awaitInvocation(aws, sent, {
      limitMs: cancelLimitMs,
      signal: new AbortController().signal,
    });
    runtime.out.step(`the command ${sent.commandId} ended: ${status}`);
    throw error;
  }
}

/** A command that ended by itself; throws for any other end. */
function endedByItself(ended: Invocation, seconds: number): Invocation {
  const { status, details, instance, commandId } = ended;
  if (status === 'Success' || (status === 'Failed' && ended.exitCode >= 0)) return ended;
  const tail = [ended.stdout.text, ended.stderr.text].flatMap((text) =>
    text
      .split('\n')
      .filter((line) => line !== '')
      .slice(-5),
  );
  if (/delivery/i.test(details)) throw unregistered(instance, undefined);
  if (status === 'TimedOut') {
    throw new VendhostError(
      'COMMAND_TIMED_OUT',
      `the command took longer than ${duration(seconds * 1000)} on ${instance} and was ended`,
      {
        details: tail,
        hint: 'give --timeout more seconds, or let the command start its work in the background',
      },
    );
  }
  throw new VendhostError(
    'COMMAND_STOPPED',
    `the command ${commandId} on ${instance} did not end by itself: ${details || status}`,
    {
      details: tail,
      hint: 'somebody else cancelled it, or the instance was shut down: `vendhost audit` and the trail say who',
    },
  );
}

function unregistered(instance: string, cause: unknown): VendhostError {
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
