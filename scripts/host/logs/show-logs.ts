import { setTimeout as wait } from 'node:timers/promises';
import { readTenantRecord } from '../../aws/read-facts.ts';
import { type Aws, openAws } from '../../aws/session.ts';
import type { TenantRecord } from '../../config/facts.ts';
import type { HostLog, Place } from '../../config/names.ts';
import { VendhostError } from '../../errors.ts';
import { duration } from '../../output.ts';
import type { Runtime } from '../../runtime.ts';
import { HookLines, type LogLine, shownLine, softwareLine } from './log-lines.ts';
import { readLogEvents } from './read-events.ts';
import { momentOf } from './since.ts';

export interface LogsOptions extends Place {
  /** As `momentOf` reads it. */
  readonly since: string;
  /** Id of the one instance, which may be gone. */
  readonly instance: string | undefined;
  /** The one lifecycle event; without it the software's logs are shown too. */
  readonly hook: string | undefined;
  /** For how many minutes to wait for more; 0: not at all. */
  readonly followMinutes: number;
}

/** The longest a lifecycle event lasts (docs/software.md): a line's event began so long before it at most. */
const eventMs = 3_600_000;
/** An agent sends every five seconds; what comes later than this is not shown while it is followed. */
const lateMs = 60_000;

/**
 * Prints what hooks and software of a virtual host's instances logged, oldest first, of instances that are gone too; then, if asked to,
 * what comes. Throws `LOGS_MISSING` where there are no log groups, and `USAGE`.
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
  const tail = new Tail(aws, logs, options, signal);

  let shown = 0;
  const pass = async (from: number) => {
    for await (const line of tail.read(from)) {
      out.line({ ...line, at: new Date(line.at).toISOString() }, shownLine(line));
      shown += 1;
    }
  };
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
    await pass(Math.max(since, Date.now() - lateMs));
  }
  out.done(what);
  return undefined;
}

/** Reads log groups again and again; no line twice. */
class Tail {
  readonly #aws: Aws;
  readonly #groups: readonly (readonly [HostLog, string])[];
  readonly #options: LogsOptions;
  readonly #signal: AbortSignal;
  readonly #hooks = new HookLines();
  /** Ids of events that a later reading sees again, and when they happened. */
  readonly #seen = new Map<string, number>();
  #isFirst = true;

  constructor(aws: Aws, logs: NonNullable<TenantRecord['logs']>, options: LogsOptions, signal: AbortSignal) {
    this.#aws = aws;
    this.#options = options;
    this.#signal = signal;
    this.#groups = [
      ['hooks', logs.hooks],
      ...(options.hook === undefined ? [['software', logs.software] as const] : []),
    ];
  }

  /** The lines since then, of all groups, in the order of their times. */
  async *read(from: number): AsyncGenerator<LogLine> {
    const recent = Date.now() - 2 * lateMs;
    for (const [id, at] of this.#seen) if (at < from) this.#seen.delete(id);
    // Which event the first lines of hooks belong to is said before them.
    const earlier = this.#isFirst ? from - eventMs : from;
    this.#isFirst = false;
    yield* inOrder(
      this.#groups.map(([log, group]) =>
        this.#lines(log, group, { from, recent, since: log === 'hooks' ? earlier : from }),
      ),
    );
  }

  async *#lines(
    log: HostLog,
    group: string,
    { from, recent, since }: { from: number; recent: number; since: number },
  ): AsyncGenerator<LogLine> {
    const { instance, hook } = this.#options;
    for await (const event of readLogEvents(this.#aws, { group, since, streams: instance, signal: this.#signal })) {
      if (this.#seen.has(event.id)) continue;
      if (event.at >= recent) this.#seen.set(event.id, event.at);
      const line = log === 'hooks' ? this.#hooks.read(event) : softwareLine(event);
      // A prefix of a stream's name may be that of another instance.
      if (event.at < from || (instance !== undefined && line.instance !== instance)) continue;
      if (hook === undefined || line.hook === hook) yield line;
    }
  }
}

/** One list of several that are in order. */
async function* inOrder(readers: readonly AsyncGenerator<LogLine>[]): AsyncGenerator<LogLine> {
  const heads = await Promise.all(
    readers.map(async (reader) => ({ reader, line: (await reader.next()).value as LogLine | undefined })),
  );
  for (;;) {
    const [first] = heads
      .filter(({ line }) => line !== undefined)
      .sort((a, b) => (a.line?.at ?? 0) - (b.line?.at ?? 0));
    if (first?.line === undefined) return;
    yield first.line;
    first.line = (await first.reader.next()).value as LogLine | undefined;
  }
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

const isMissing = (error: unknown) => error instanceof Error && error.name === 'ResourceNotFoundException';

function logsMissing({ tenant, environment }: Place): VendhostError {
  return new VendhostError('LOGS_MISSING', `${tenant} has no log groups in ${environment}`, {
    hint: `ask the platform team to run \`vendhost tenant vend ${tenant} --environment ${environment}\`; from the next pipeline's instances on there are logs`,
  });
}
