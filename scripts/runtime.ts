import type { Output } from './output.ts';

/** What one run of the command is given; nothing below `vendhost.ts` reads the process itself. */
export interface Runtime {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The directory that relative paths start from. */
  readonly cwd: string;
  readonly out: Output;
  /** Asks a person and waits for the answer; absent if nobody can answer. Rejects when the person ends the input. */
  readonly ask?: (question: string) => Promise<string>;
  /** Aborted with a `Cancelled` when the process gets a signal to stop. */
  readonly signal: AbortSignal;
}
