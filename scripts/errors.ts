import { getSystemErrorMap } from 'node:util';

/** Exit codes: 0 done, 1 failed, 2 differs, 3 superseded, 4 waiting for an approval, 129/130/143 cancelled after clean-up. */
export const exitCodes = {
  done: 0,
  failed: 1,
  differs: 2,
  superseded: 3,
  waiting: 4,
  hungUp: 129,
  interrupted: 130,
  terminated: 143,
} as const;

const bySignal = { SIGHUP: exitCodes.hungUp, SIGINT: exitCodes.interrupted, SIGTERM: exitCodes.terminated };

/** A signal that cancels a command; SIGHUP is that of a terminal that is gone, as of a lost connection. */
export type StopSignal = keyof typeof bySignal;

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
  constructor(signal: StopSignal) {
    super('CANCELLED', `cancelled by ${signal}`, {
      hint: 'run the same command again; it resumes from the current state',
      exitCode: bySignal[signal],
    });
    this.name = 'Cancelled';
  }
}

/** The command's own output cannot be written any more: nobody reads it, or the disk it goes to is full. */
export class OutputLost extends VendhostError {
  /** Whoever read it has ended. */
  readonly isClosed: boolean;

  constructor(stream: string, cause: NodeJS.ErrnoException) {
    const isClosed = cause.code === 'EPIPE';
    const why = isClosed ? 'nobody reads it any more' : systemReason(cause);
    super('OUTPUT_LOST', `cannot write to ${stream}: ${why}`, {
      hint: 'run the same command again with a writable output; it resumes from the current state',
      cause,
    });
    this.name = 'OutputLost';
    this.isClosed = isClosed;
  }
}

/** Calls to the file system; not those that start programs or speak to other machines. */
const fileCalls =
  /^(open|read|write|f?stat|lstat|statfs|mkdir|mkdtemp|scandir|opendir|readdir|rename|unlink|rm|rmdir|copyfile|sendfile|realpath|readlink|symlink|link|f?chmod|f?chown|f?utime|access|ftruncate|fsync|close|uv_cwd)$/;

/**
 * What a disk, a folder or its permissions refuse, of an error or the causes of one; `undefined` for everything else. A full disk
 * is a runner's most usual fault.
 */
export function fileError(thrown: unknown): VendhostError | undefined {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    if (error instanceof VendhostError) return undefined;
    const { code = '', syscall = '', path } = error as NodeJS.ErrnoException;
    if (code === '' || !fileCalls.test(syscall)) continue;
    if (syscall === 'uv_cwd') {
      const hint = 'change into an existing folder, and run the same command again';
      return new VendhostError('DIRECTORY_MISSING', 'the working directory no longer exists', {
        hint,
        cause: thrown,
      });
    }
    const message = `cannot ${syscall}${path === undefined ? '' : ` ${path}`}: ${systemReason(error)}`;
    const hint =
      code === 'ENOSPC' || code === 'EDQUOT'
        ? 'free space there, or set TMPDIR to a folder on a disk that has some, and run the same command again'
        : "let the user of this command read and write there; if the file is Vendhost's own, report it";
    return new VendhostError('FILE_FAILED', message, { hint, cause: thrown });
  }
  return undefined;
}

/** The operating system's words for an error. */
export function systemReason({ errno = 0, message }: NodeJS.ErrnoException): string {
  return getSystemErrorMap().get(errno)?.[1] ?? message;
}

/** The message of a thrown value, on one line. */
export function messageOf(thrown: unknown): string {
  return (thrown instanceof Error ? thrown.message : String(thrown)).trim().replaceAll(/\s*\n\s*/g, ' ');
}
