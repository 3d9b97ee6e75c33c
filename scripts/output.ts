import { writeFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import { VendhostError } from './errors.ts';

/** A result's values by name. Texts, numbers and booleans go into a dotenv report too. */
export type ResultValue = Readonly<Record<string, unknown>>;

export type Colour = 'red' | 'yellow' | 'cyan' | 'bold' | 'dim';

/** The progress of unfinished work. */
export interface Doing {
  /** How much of it is done: resources of a stack. */
  readonly done?: number;
  /** Of how many, if known. */
  readonly total?: number | undefined;
  readonly waitingFor?: string | undefined;
}

/** A person's terminal: it shows progress, and a person answers. */
export interface Terminal {
  /** Shows work, or its progress; its time counts from the first call. */
  set(what: string, doing: Doing): void;
  /** The work has ended. Returns its time in milliseconds, `undefined` for work that was not shown. */
  end(what: string): number | undefined;
  /** Prints above the progress lines. */
  print(text: string): void;
  /** The line that was typed; `undefined` if nobody can type. Throws when the command is cancelled. */
  ask(question: string): Promise<string | undefined>;
  /** Restores the terminal for a command line. */
  close(): void;
  /** The text in a colour, if there are any. */
  styled(colour: Colour, text: string): string;
}

export interface OutputOptions {
  stdout: (text: string) => void;
  stderr: (text: string) => void;
  /** Print results as one JSON document. */
  json?: boolean;
  /** Write results to this file as `VENDHOST_<KEY>=value` lines (a GitLab dotenv report). */
  dotenv?: string;
  /** Fold sections the way GitLab's job log does. */
  sections?: boolean;
  /** Print each call to AWS and GitLab. */
  verbose?: boolean;
  /** Where progress goes instead of `stderr`. */
  terminal?: Terminal | undefined;
  /** Every question is answered with yes. */
  yes?: boolean;
  now?: () => number;
}

/** The public part of a call to AWS or GitLab: no request or response content. */
export interface Call {
  readonly name: string;
  /** In milliseconds. */
  readonly startedAt: number;
  /** How it ended: its HTTP status, and the code of an error. */
  readonly end: string;
  readonly details?: readonly string[];
}

/**
 * Limit for details in a job's log: a runner keeps only the first 4 MiB (`DefaultTraceOutputLimit` in gitlab-runner's
 * `common/consts.go`), and the error comes last.
 */
const mostDetailBytes = 3 * 1024 ** 2;

/**
 * Progress goes to stderr, the result to stdout; what was marked secret is never printed. Much of it is text of a tenant's
 * scripts: what would steer a terminal or GitLab's job log is left out.
 */
export class Output {
  readonly #options: OutputOptions;
  readonly #secrets = new Set<string>();
  #detailBytes = 0;

  constructor(options: OutputOptions) {
    this.#options = options;
  }

  /** Marks a value that must never be printed. Values shorter than 6 characters are not masked: they would hide words. */
  redact(secret: string): void {
    // One of several lines is shown on one, or line by line.
    for (const each of [secret, ...secret.split(/[\r\n]+/)]) if (each.length >= 6) this.#secrets.add(each);
  }

  /** The text with secrets masked, for what is written to files or sent. */
  masked(text: string): string {
    let masked = text;
    // The longest first: one secret may contain another.
    const secrets = [...this.#secrets].sort((left, right) => right.length - left.length);
    for (const secret of secrets) masked = masked.replaceAll(secret, '[masked]');
    return masked;
  }

  /**
   * Shows the progress of work at a terminal; `what` is the name of a stack or other work. A job's log has lines
   * instead: `lines` are printed there, and with `--verbose`.
   */
  doing(what: string, doing: Doing, lines: readonly string[] = []): void {
    const { terminal } = this.#options;
    const waitingFor = doing.waitingFor === undefined ? undefined : this.#shown(doing.waitingFor).replaceAll('\n', ' ');
    terminal?.set(this.#shown(what), { ...doing, waitingFor });
    if (terminal === undefined || this.isVerbose) for (const line of lines) this.detail(line);
  }

  /** The work has ended: its line at the terminal is removed, `text` and its duration are printed there. */
  done(what: string, text?: string): void {
    const ms = this.#options.terminal?.end(this.#shown(what));
    if (ms !== undefined && text !== undefined) this.#progress(`${text} in ${duration(ms)}`);
  }

  /**
   * Asks at a terminal before something that costs or destroys; `--yes` answers, and if nobody can type it continues, as a
   * pipeline expects. Throws `NOT_CONFIRMED` for any answer but yes.
   */
  async confirm(question: string): Promise<void> {
    const { terminal, yes } = this.#options;
    if (terminal === undefined || yes === true) return;
    const answer = await terminal.ask(`${this.#shown(question)} [y/N]`);
    if (answer === undefined || /^(y|yes)$/i.test(answer.trim())) return;
    throw new VendhostError('NOT_CONFIRMED', `"${plainText(answer.trim())}" is not yes: ${question}`, {
      hint: 'run the command again and answer y, or give --yes; --dry-run shows what it would do',
    });
  }

  /** What the command leaves at a terminal when it ends. */
  close(): void {
    this.#options.terminal?.close();
  }

  /** One action done or started. */
  step(text: string): void {
    this.#progress(text);
  }

  /** A detail of the last step. */
  detail(text: string): void {
    const before = this.#detailBytes;
    if (this.#options.sections === true) this.#detailBytes += Buffer.byteLength(text);
    if (before > mostDetailBytes) return;
    for (const line of this.masked(text).split('\n')) this.#progress(`  ${line}`);
    if (this.#detailBytes > mostDetailBytes) this.warn('the log is nearly full: from here on details are left out');
  }

  /** Whether calls are printed: callers can skip the preparation otherwise. */
  get isVerbose(): boolean {
    return this.#options.verbose === true;
  }

  /** Prints a call when it has ended: `call 12:03:04.123 S3 GetObject: 404 NoSuchKey in 20 ms, 1 attempt`; the time is UTC. */
  call({ name, startedAt, end, details = [] }: Call): void {
    if (!this.isVerbose) return;
    const now = (this.#options.now ?? Date.now)();
    const time = new Date(startedAt).toISOString().slice('2026-01-01T'.length, -1);
    this.#progress([`call ${time} ${name}: ${end} in ${now - startedAt} ms`, ...details].join(', '));
  }

  warn(text: string): void {
    this.#progress(`warning: ${text}`, 'yellow');
  }

  error(text: string): void {
    this.#progress(text, text.startsWith('hint: ') ? 'cyan' : 'red');
  }

  /** Runs work under a title; in a GitLab job log the section folds (https://docs.gitlab.com/ci/jobs/job_logs/). */
  async section<T>(name: string, title: string, work: () => Promise<T>): Promise<T> {
    const seconds = () => Math.floor((this.#options.now ?? Date.now)() / 1000);
    const folded = this.#options.sections === true;
    const marker = (what: 'start' | 'end') =>
      folded ? `\u001b[0Ksection_${what}:${seconds()}:${name}\r\u001b[0K` : '';
    if (folded) this.#options.stderr(`${marker('start')}${this.#shown(title)}\n`);
    else this.#progress(title, 'bold');
    this.#options.terminal?.set(this.#shown(title), {});
    try {
      return await work();
    } finally {
      this.done(title);
      if (folded) this.#options.stderr(`${marker('end')}\n`);
    }
  }

  /** The command's result: `value` for machines (`--json`, `--dotenv`), `text` for people. */
  result(value: ResultValue, text: string): void {
    if (this.#options.dotenv !== undefined) writeDotenv(this.#options.dotenv, value);
    // JSON may hold control characters as they are, but those below U+0020: written as \u…, they are the same text.
    const json = () => JSON.stringify(value, null, 2).replaceAll(/\p{Cc}|\p{Bidi_Control}/gu, escaped);
    const shown = this.#options.json === true ? this.masked(json()) : this.#shown(text);
    // Progress lines would be drawn over it.
    this.close();
    this.#options.stdout(`${shown}\n`);
  }

  /** One of many results, as it comes: with `--json` an object per line. */
  line(value: object, text: string): void {
    const json = () => JSON.stringify(value).replaceAll(/\p{Cc}|\p{Bidi_Control}/gu, escaped);
    const shown = this.#options.json === true ? this.masked(json()) : this.#shown(text);
    this.close();
    this.#options.stdout(`${shown}\n`);
  }

  #progress(text: string, colour?: Colour): void {
    const { terminal, stderr } = this.#options;
    const shown = this.#shown(text);
    if (terminal === undefined) stderr(`${shown}\n`);
    else terminal.print(`${colour === undefined ? shown : terminal.styled(colour, shown)}\n`);
  }

  /** Masked before and after: a secret may have control characters in it, or be broken by them. */
  #shown(text: string): string {
    return this.masked(plainText(this.masked(text)));
  }
}

/**
 * A text without what controls the log it is shown in: control characters except tab and line feed, escape sequences, changes of the
 * direction of writing, and markers of GitLab's folded sections (https://docs.gitlab.com/ci/jobs/job_logs/#custom-collapsible-sections).
 */
export function plainText(text: string): string {
  let plain = stripVTControlCharacters(text).replaceAll(/[^\P{Cc}\t\n]|\p{Bidi_Control}|[\u2028\u2029]/gu, '');
  // What is left of a marker may be the marker of another one around it.
  for (let before = ''; before !== plain; ) {
    before = plain;
    plain = plain.replaceAll(/section_(?:start|end):\d+:[\w.-]+(?:\[[^\]\n]*\])?/g, '');
  }
  return plain;
}

function escaped(character: string): string {
  return character === '\n' ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** `imageId` becomes `VENDHOST_IMAGE_ID`; lists, objects and multi-line texts do not fit a dotenv report and are left out. */
function writeDotenv(file: string, value: ResultValue): void {
  const lines = Object.entries(value)
    .filter(([, item]) => ['string', 'number', 'boolean'].includes(typeof item))
    // GitLab's dotenv reports support no multi-line values (https://docs.gitlab.com/ci/yaml/artifacts_reports/#artifactsreportsdotenv).
    .filter(([, item]) => !String(item).includes('\n'))
    .map(([key, item]) => `VENDHOST_${key.replaceAll(/([A-Z])/g, '_$1').toUpperCase()}=${item}\n`);
  try {
    writeFileSync(file, lines.join(''));
  } catch (cause) {
    throw new VendhostError('DOTENV_UNWRITABLE', `cannot write the dotenv file ${file}`, {
      hint: 'give --dotenv a path in a directory that exists and is writable',
      cause,
    });
  }
}

/** Milliseconds as text: `1_240` → `1.2 s`, `59_400` → `59 s`, `90_000` → `1 min 30 s`. */
export function duration(ms: number): string {
  const exact = Math.max(0, ms) / 1000;
  if (exact < 9.95) return `${Math.round(exact * 10) / 10} s`;
  const seconds = Math.round(exact);
  const minutes = Math.floor(seconds / 60);
  if (minutes === 0) return `${seconds} s`;
  return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
}

/** Most characters shown of a cell: a longer one would push all others off the page. */
const widestCell = 1000;

/** Rows as lines of aligned columns: one line a row, whatever its cells contain. */
export function tableLines(given: readonly (readonly string[])[]): string[] {
  const rows = given.map((row) => row.map((cell) => cellText(cell)));
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function cellText(cell: string): string {
  return ellipsized(widestCell, oneLine(cell));
}

/** The text, cut to that many characters; never within a character: AWS refuses half an emoji. */
export function ellipsized(most: number, text: string): string {
  if (text.length <= most) return text;
  return `${text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

/** The part of a hash, a commit or an execution's id that people read. */
export function abbreviated(id: string): string {
  return id.slice(0, 8);
}

/** A text on one line: its author cannot add lines to the surrounding output. */
export function oneLine(text: string): string {
  return text.replaceAll(/\s*[\n\r]\s*/g, ' ');
}
