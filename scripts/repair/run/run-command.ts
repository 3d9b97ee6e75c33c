import { withAudit } from '../../audit/with-audit.ts';
import { readPlatformFacts, readTenantRecord } from '../../aws/read-facts.ts';
import { openAws } from '../../aws/session.ts';
import type { Place } from '../../config/names.ts';
import { exitCodes, VendhostError } from '../../errors.ts';
import { chosenOf } from '../../host/instances/chosen.ts';
import { type Group, readGroup } from '../../host/instances/group.ts';
import { hostMissing } from '../../host/instances/replace.ts';
import { duration } from '../../output.ts';
import type { Runtime } from '../../runtime.ts';
import { wholeOutput } from './command-output.ts';
import type { Invocation } from './invocation.ts';
import { scriptLine } from './script.ts';
import { followRun, sendRun, unregistered } from './send-run.ts';

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

/**
 * Runs a command as root on one instance of a host and ends with its exit code; prints all of its output. When the command is
 * cancelled here, it is ended there. Throws `INSTANCE_UNKNOWN`, `INSTANCE_GONE`, `AGENT_UNREGISTERED`, `RUN_NOT_ALLOWED` where releases need an
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
      const { seconds } = options;
      const sent = await sendRun(aws, { instance, script, seconds, bucket, needsApproval });
      out.step(`sent the command ${sent.commandId} to ${instance}`);
      return endedByItself(await followRun(runtime, aws, sent, options.seconds), options.seconds);
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

/** The requested instance, or the first that is in service. */
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

/**
 * With it a command ends that was killed, as when memory ran out. The agent takes each for one that it has killed itself, at the end of its time
 * (https://github.com/aws/amazon-ssm-agent, agent/plugins/pluginutil/pluginutil_unix.go, GetStatus).
 */
const killed = 137;

/** A command that ended by itself; throws for any other end. */
export function endedByItself(ended: Invocation, seconds: number): Invocation {
  const { status, details, instance, commandId, exitCode } = ended;
  if (status === 'Success' || (status === 'Failed' && exitCode >= 0)) return ended;
  if (status === 'TimedOut' && exitCode === killed && ended.ranMs < seconds * 1000) return ended;
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
