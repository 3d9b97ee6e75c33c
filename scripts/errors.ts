/** Exit codes: 0 done, 1 failed, 2 differs, 3 superseded, 130/143 cancelled after clean-up. */
export const exitCodes = { done: 0, failed: 1, differs: 2, superseded: 3, interrupted: 130, terminated: 143 } as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export interface ErrorParts {
  /** The next action, one sentence. */
  hint: string;
  /** Further lines, printed below the message: a log tail, a list of faults. */
  details?: readonly string[];
  exitCode?: ExitCode;
  cause?: unknown;
}

/** A foreseen error: printed as `error[CODE]: message` and `hint: …`, never with a stack. */
export class VendhostError extends Error {
  readonly code: string;
  readonly hint: string;
  readonly details: readonly string[];
  readonly exitCode: ExitCode;

  constructor(code: string, message: string, parts: ErrorParts) {
    super(message, { cause: parts.cause });
    this.name = 'VendhostError';
    this.code = code;
    this.hint = parts.hint;
    this.details = parts.details ?? [];
    this.exitCode = parts.exitCode ?? exitCodes.failed;
  }
}

/** The abort reason of a command's `AbortSignal` when the process got a signal to stop. */
export class Cancelled extends VendhostError {
  constructor(signal: 'SIGINT' | 'SIGTERM') {
    super('CANCELLED', `cancelled by ${signal}`, {
      hint: 'run the same command again; it resumes from the current state',
      exitCode: signal === 'SIGINT' ? exitCodes.interrupted : exitCodes.terminated,
    });
    this.name = 'Cancelled';
  }
}

/** The message of a thrown value, on one line. */
export function messageOf(thrown: unknown): string {
  return (thrown instanceof Error ? thrown.message : String(thrown)).trim().replaceAll(/\s*\n\s*/g, ' ');
}
