import type { Aws } from '../../aws/session.ts';
import type { TenantRecord } from '../../config/facts.ts';
import type { HostLog } from '../../config/names.ts';
import { HookLines, type LogLine, softwareLine } from './log-lines.ts';
import { readLogEvents } from './read-events.ts';

/** Which lines are wanted. */
export interface TailOptions {
  /** Id of the one instance; default: all. */
  readonly instance: string | undefined;
  /** The one lifecycle event; without it the software's lines are included. */
  readonly hook: string | undefined;
}

/** The longest a lifecycle event lasts (docs/software.md): a line's event began at most that long before it. */
const eventMs = 3_600_000;
/** An agent sends every five seconds; lines that come later than this are not shown while following. */
export const lateLinesMs = 60_000;

/** Reads log groups repeatedly; no line twice. */
export class LogTail {
  readonly #aws: Aws;
  readonly #groups: readonly (readonly [HostLog, string])[];
  readonly #options: TailOptions;
  readonly #signal: AbortSignal;
  readonly #hooks = new HookLines();
  /** Ids of events that a later read returns again, and their times. */
  readonly #seen = new Map<string, number>();
  #isFirst = true;

  constructor(aws: Aws, logs: NonNullable<TenantRecord['logs']>, options: TailOptions, signal: AbortSignal) {
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
    // A first read may return a million lines: keep only those that the next one may return again. Keep all of later reads.
    const recent = this.#isFirst ? Date.now() - 2 * lateLinesMs : from;
    for (const [id, at] of this.#seen) if (at < from) this.#seen.delete(id);
    // Earlier lines say which event the first lines of hooks belong to.
    const earlier = this.#isFirst ? from - eventMs : from;
    this.#isFirst = false;
    const lines = this.#groups.map(([log, group]) =>
      this.#lines(log, group, { from, since: log === 'hooks' ? earlier : from }),
    );
    for await (const { id, line } of inOrder(lines)) {
      // Not earlier: after a failed read the next one shows the missing lines.
      if (line.at >= recent) this.#seen.set(id, line.at);
      yield line;
    }
  }

  async *#lines(
    log: HostLog,
    group: string,
    { from, since }: { from: number; since: number },
  ): AsyncGenerator<FoundLine> {
    const { instance, hook } = this.#options;
    for await (const event of readLogEvents(this.#aws, { group, since, streams: instance, signal: this.#signal })) {
      if (this.#seen.has(event.id)) continue;
      const line = log === 'hooks' ? this.#hooks.read(event) : softwareLine(event);
      // A prefix of a stream's name may be that of another instance.
      if (event.at < from || (instance !== undefined && line.instance !== instance)) continue;
      if (hook === undefined || line.hook === hook) yield { id: event.id, line };
    }
  }
}

/** A line with the id of its event. */
interface FoundLine {
  readonly id: string;
  readonly line: LogLine;
}

/** Merges sorted lists. */
async function* inOrder(readers: readonly AsyncGenerator<FoundLine>[]): AsyncGenerator<FoundLine> {
  const next = async (reader: AsyncGenerator<FoundLine>) => (await reader.next()).value as FoundLine | undefined;
  const heads = await Promise.all(readers.map(async (reader) => ({ reader, found: await next(reader) })));
  for (;;) {
    const [first] = heads
      .filter(({ found }) => found !== undefined)
      .sort((a, b) => (a.found?.line.at ?? 0) - (b.found?.line.at ?? 0));
    if (first?.found === undefined) return;
    yield first.found;
    first.found = await next(first.reader);
  }
}
