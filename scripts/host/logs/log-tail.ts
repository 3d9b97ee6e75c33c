import type { Aws } from '../../aws/session.ts';
import type { TenantRecord } from '../../config/facts.ts';
import type { HostLog } from '../../config/names.ts';
import { HookLines, type LogLine, softwareLine } from './log-lines.ts';
import { readLogEvents } from './read-events.ts';

/** Which lines are wanted. */
export interface TailOptions {
  /** Id of the one instance; without it all. */
  readonly instance: string | undefined;
  /** The one lifecycle event; without it the software's lines, too. */
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
  /** Ids of events that a later read sees again, and when they happened. */
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
    const recent = Date.now() - 2 * lateLinesMs;
    for (const [id, at] of this.#seen) if (at < from) this.#seen.delete(id);
    // Earlier lines say which event the first lines of hooks belong to.
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

/** Merges sorted lists. */
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
