import { writeFileSync } from 'node:fs';
import { VendhostError } from './errors.ts';

/** A result's values by name. Texts, numbers and booleans go into a dotenv report too. */
export type ResultValue = Readonly<Record<string, unknown>>;

export interface OutputOptions {
  stdout: (text: string) => void;
  stderr: (text: string) => void;
  /** Print results as one JSON document. */
  json?: boolean;
  /** Write results to this file as `VENDHOST_<KEY>=value` lines (a GitLab dotenv report). */
  dotenv?: string;
  /** Fold sections the way GitLab's job log does. */
  sections?: boolean;
  now?: () => number;
}

/** Progress goes to stderr, the result to stdout; what was marked secret is never printed. */
export class Output {
  readonly #options: OutputOptions;
  readonly #secrets = new Set<string>();

  constructor(options: OutputOptions) {
    this.#options = options;
  }

  /** Marks a value that must never be printed. Values shorter than 6 characters are not masked: they would hide words. */
  redact(secret: string): void {
    if (secret.length >= 6) this.#secrets.add(secret);
  }

  /** One action done or started. */
  step(text: string): void {
    this.#progress(text);
  }

  /** A detail of the last step. */
  detail(text: string): void {
    for (const line of this.#masked(text).split('\n')) this.#progress(`  ${line}`);
  }

  warn(text: string): void {
    this.#progress(`warning: ${text}`);
  }

  error(text: string): void {
    this.#progress(text);
  }

  /** Runs work under a title; in a GitLab job log the section folds (https://docs.gitlab.com/ci/jobs/job_logs/). */
  async section<T>(name: string, title: string, work: () => Promise<T>): Promise<T> {
    const seconds = () => Math.floor((this.#options.now ?? Date.now)() / 1000);
    const folded = this.#options.sections === true;
    this.#progress(folded ? `\u001b[0Ksection_start:${seconds()}:${name}\r\u001b[0K${title}` : title);
    try {
      return await work();
    } finally {
      if (folded) this.#progress(`\u001b[0Ksection_end:${seconds()}:${name}\r\u001b[0K`);
    }
  }

  /** The command's result: `value` for machines (`--json`, `--dotenv`), `text` for people. */
  result(value: ResultValue, text: string): void {
    if (this.#options.dotenv !== undefined) writeDotenv(this.#options.dotenv, value);
    const shown = this.#options.json === true ? JSON.stringify(value, null, 2) : text;
    this.#options.stdout(`${this.#masked(shown)}\n`);
  }

  #progress(text: string): void {
    this.#options.stderr(`${this.#masked(text)}\n`);
  }

  #masked(text: string): string {
    let masked = text;
    // The longest first: one secret may contain another.
    const secrets = [...this.#secrets].sort((left, right) => right.length - left.length);
    for (const secret of secrets) masked = masked.replaceAll(secret, '[masked]');
    return masked;
  }
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

/** Rows as lines of aligned columns. */
export function tableLines(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
