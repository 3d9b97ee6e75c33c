import { setTimeout as wait } from 'node:timers/promises';
import { readTenantRecord } from '../../aws/read-facts.ts';
import { refusalOf } from '../../aws/refusal.ts';
import { openAws } from '../../aws/session.ts';
import type { Place } from '../../config/names.ts';
import { VendhostError } from '../../errors.ts';
import { duration } from '../../output.ts';
import type { Runtime } from '../../runtime.ts';
import { shownLine } from './log-lines.ts';
import { LogTail, lateLinesMs } from './log-tail.ts';
import { momentOf } from './since.ts';

export interface LogsOptions extends Place {
  /** As `momentOf` parses it. */
  readonly since: string;
  /** Id of the one instance, which may no longer exist. */
  readonly instance: string | undefined;
  /** The one lifecycle event; without it the software's logs are shown too. */
  readonly hook: string | undefined;
  /** For how many minutes to wait for more; 0: not at all. */
  readonly followMinutes: number;
}

/**
 * Prints what hooks and software of a virtual host's instances logged, oldest first, including instances that no longer exist; on request, then
 * follows the logs. Throws `LOGS_MISSING` if there are no log groups, and `USAGE`.
 */
export async function showLogs(runtime: Runtime, options: LogsOptions): Promise<undefined> {
  const { out, signal } = runtime;
  const place: Place = { tenant: options.tenant, environment: options.environment };
  const began = Date.now();
  const since = momentOf(options.since, began);
  checkInstance(options.instance);
  const aws = openAws(runtime);
  const { logs } = await readTenantRecord(aws, place);
  if (logs === undefined) throw logsMissing(place);
  const tail = new LogTail(aws, logs, options, signal);

  let shown = 0;
  const pass = async (from: number) => {
    for await (const line of tail.read(from)) {
      out.line({ ...line, at: new Date(line.at).toISOString() }, shownLine(line));
      shown += 1;
    }
  };
  let read = began;
  await pass(since).catch((error: unknown) => {
    throw isMissing(error) ? logsMissing(place) : error;
  });
  if (shown === 0) out.step(`nothing was logged since ${new Date(since).toISOString()}`);
  const until = began + options.followMinutes * 60_000;
  const what = `following the logs of ${place.tenant} in ${place.environment}`;
  if (options.followMinutes > 0) {
    out.step(`${what} for ${duration(options.followMinutes * 60_000)}; Ctrl-C ends it`);
  }
  while (Date.now() < until) {
    out.doing(what, { done: shown, waitingFor: 'the next lines' });
    await wait(aws.pace.longest, undefined, { signal }).catch(() => signal.throwIfAborted());
    const now = Date.now();
    // The next read has what one read misses; no line is shown twice.
    const isRead = await pass(Math.max(since, read - lateLinesMs)).then(
      () => true,
      (error: unknown) => missed(runtime, error),
    );
    if (isRead) read = now;
  }
  out.done(what);
  return undefined;
}

function checkInstance(instance: string | undefined): void {
  if (instance === undefined || /^i-[0-9a-f]{8,17}$/.test(instance)) return;
  throw new VendhostError(
    'USAGE',
    `--instance ${instance} is wrong: must be the id of an instance, like i-0123456789abcdef0`,
    {
      hint: 'leave it out to see the logs of all instances: each line has its id',
    },
  );
}

/** Throttling or an outage of AWS does not end it: that is when people look at logs. Throws anything else. */
function missed({ out, env, signal }: Runtime, error: unknown): false {
  signal.throwIfAborted();
  const refused = refusalOf(error, { env });
  if (refused === undefined || !passing.has(refused.code)) throw error;
  out.warn(`lines come later: ${refused.message}`);
  return false;
}

const passing = new Set(['AWS_THROTTLED', 'AWS_UNAVAILABLE', 'ENDPOINT_UNREACHABLE']);

const isMissing = (error: unknown) => error instanceof Error && error.name === 'ResourceNotFoundException';

function logsMissing({ tenant, environment }: Place): VendhostError {
  return new VendhostError('LOGS_MISSING', `${tenant} has no log groups in ${environment}`, {
    hint: `ask the platform team to run \`vendhost tenant vend ${tenant} --environment ${environment}\`; from the next pipeline's instances on there are logs`,
  });
}
