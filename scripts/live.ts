import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { styleText } from 'node:util';
import { type Colour, type Doing, duration, type Terminal } from './output.ts';

/** The part of a terminal's stream that is used here. */
export interface Screen extends NodeJS.WritableStream {
  readonly columns?: number;
  /** Whether it has colours and the user wants them: `NO_COLOR` and `TERM` count (https://no-color.org). */
  hasColors(): boolean;
}

export interface LiveOptions {
  /** Where answers come from; without it nothing is asked. */
  readonly keyboard?: NodeJS.ReadableStream | undefined;
  /** Aborts a question. */
  readonly signal: AbortSignal;
  readonly now?: () => number;
}

/** Work in progress, with its start time in milliseconds. */
export type Line = Doing & { readonly since: number };

/** How often a line changes, in milliseconds: work that ends sooner is not shown at all. */
const tickMs = 120;
const spinner = ['-', '\\', '|', '/'];

/** A person's terminal: each work in progress has a line at the bottom, and output goes above them. */
export class Live implements Terminal {
  readonly #screen: Screen;
  readonly #options: LiveOptions;
  readonly #now: () => number;
  readonly #lines = new Map<string, Line>();
  #loading: ReturnType<typeof updating> | undefined;
  #update: Awaited<ReturnType<typeof updating>> | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** One question after another: environments are worked on at the same time. */
  #asked: Promise<unknown> = Promise.resolve();
  #isAsking = false;

  constructor(screen: Screen, options: LiveOptions) {
    this.#screen = screen;
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  set(what: string, doing: Doing): void {
    this.#lines.set(what, { ...doing, since: this.#lines.get(what)?.since ?? this.#now() });
    this.#timer ??= setInterval(() => void this.draw(), tickMs).unref();
  }

  end(what: string): number | undefined {
    const since = this.#lines.get(what)?.since;
    this.#lines.delete(what);
    if (this.#lines.size === 0) this.close();
    return since === undefined ? undefined : this.#now() - since;
  }

  print(text: string): void {
    this.#update?.clear();
    this.#screen.write(text);
  }

  async ask(question: string): Promise<string | undefined> {
    const answer = this.#asked.then(() => this.#askNow(question));
    this.#asked = answer.catch(() => undefined);
    return await answer;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#lines.clear();
    this.#update?.clear();
  }

  styled(colour: Colour, text: string): string {
    return styled(colour, text, this.#screen.hasColors());
  }

  /** Draws the lines as they are now; a timer calls it. */
  async draw(): Promise<void> {
    this.#loading ??= updating(this.#screen);
    this.#update = await this.#loading;
    if (this.#isAsking || this.#lines.size === 0) return;
    this.#update(frame(this.#lines, this.#now(), this.#screen.columns || 80, this.#screen.hasColors()));
  }

  async #askNow(question: string): Promise<string | undefined> {
    const { keyboard, signal } = this.#options;
    if (keyboard === undefined) return undefined;
    this.#update?.clear();
    this.#isAsking = true;
    // Lines come from the terminal itself, so that ^C stays a signal.
    const lines = createInterface({ input: keyboard, output: this.#screen, terminal: false });
    try {
      // ^D ends the input without an answer.
      const ended = once(lines, 'close').then(() => '');
      return await Promise.race([lines.question(`${this.styled('bold', question)} `, { signal }), ended]);
    } finally {
      lines.close();
      this.#isAsking = false;
    }
  }
}

/** The cursor stays visible: a command that is killed leaves a terminal that can be used. */
async function updating(screen: Screen) {
  const { createLogUpdate } = await import('log-update');
  return createLogUpdate(screen as NodeJS.WriteStream, { showCursor: true });
}

/** `- vendhost-dev-network: 12 of 34, 1 min 3 s, waiting for EC2::NatGateway Nat1`, a line for each work, cut to the width. */
export function frame(lines: ReadonlyMap<string, Line>, now: number, columns: number, hasColors: boolean): string {
  const sign = spinner[Math.floor(now / tickMs) % spinner.length] ?? '';
  return [...lines]
    .map(([what, { done, total, waitingFor, since }]) => {
      const counted = done === undefined ? [] : [total === undefined ? `${done} done` : `${done} of ${total}`];
      const waiting = waitingFor === undefined ? [] : [`waiting for ${waitingFor}`];
      // Tenths of a second would only flicker.
      const gone = duration(Math.floor((now - since) / 1000) * 1000);
      const text = `${what}: ${[...counted, gone, ...waiting].join(', ')}`;
      const width = Math.max(20, columns - sign.length - 2);
      const cut = text.length > width ? `${text.slice(0, width - 1)}…` : text;
      return `${styled('cyan', sign, hasColors)} ${cut}`;
    })
    .join('\n');
}

function styled(colour: Colour, text: string, hasColors: boolean): string {
  return hasColors ? styleText(colour, text, { validateStream: false }) : text;
}
