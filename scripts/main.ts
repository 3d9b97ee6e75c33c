import { run } from './cli.ts';
import { Cancelled, OutputLost } from './errors.ts';
import { JobTimeUp, jobTimeLeft } from './runtime.ts';

/** One signal may arrive twice: from the terminal and from the parent process, or for the group and for each of its processes. */
const sameSignalMs = 1000;
/** How long open handles may keep the process alive when the command has ended. */
const endMs = 2000;
/** Runs the command line of this process: its words, streams, signals and exit code. */
export async function main(): Promise<void> {
  const stopping = new AbortController();
  let firstSignalAt = 0;
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      const stopped = new Cancelled(signal);
      if (firstSignalAt === 0) firstSignalAt = Date.now();
      // SIGHUP may arrive late, and twice: the shell and the kernel both send it.
      else if (signal !== 'SIGHUP' && Date.now() - firstSignalAt > sameSignalMs) process.exit(stopped.exitCode);
      stopping.abort(stopped);
    });
  }

  const left = jobTimeLeft(process.env, Date.now());
  if (left !== undefined) setTimeout(() => stopping.abort(new JobTimeUp(left.timeoutMs)), left.ms).unref();

  /** What could not be written first, and how the command ended. */
  let lost: OutputLost | undefined;
  let ended: number | undefined;
  for (const [stream, name] of [
    [process.stdout, 'standard output'],
    [process.stderr, 'standard error'],
  ] as const) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // What is printed of it may be lost as well.
      if (lost !== undefined) return;
      lost = new OutputLost(name, error);
      // As after a signal, unfinished work is cleaned up; nothing more reaches the stream.
      stopping.abort(lost);
      if (ended !== undefined) process.exitCode = withLoss(ended);
    });
  }

  /** The exit code of a command that did its work but could not report it; a reader that closes a pipe has read enough. */
  function withLoss(code: number): number {
    if (code !== 0 || lost === undefined || lost.isClosed) return code;
    process.stderr.write(`error[${lost.code}]: ${lost.message}\nhint: ${lost.hint}\n`);
    return lost.exitCode;
  }

  // GitLab's runner may give a job a terminal; nobody sits at it.
  const isTerminal = process.stderr.isTTY && process.env.TERM !== 'dumb' && !process.env.CI;
  const keyboard = process.stdin.isTTY ? process.stdin : undefined;
  const terminal = isTerminal ? await openTerminal() : undefined;

  /** Loaded only for a person: a job has no use for it. */
  async function openTerminal() {
    const { Live } = await import('./live.ts');
    return new Live(process.stderr, { keyboard, signal: stopping.signal });
  }

  /** Asks a person, and stops when the person ends the input with ^D. */
  async function ask(question: string): Promise<string> {
    const answer = await terminal?.ask(question);
    if (answer === undefined || (answer === '' && process.stdin.readableEnded)) throw new Cancelled('SIGINT');
    return answer;
  }

  ended = await run(process.argv.slice(2), {
    env: process.env,
    // The terminal may be gone.
    get cwd() {
      return process.cwd();
    },
    signal: stopping.signal,
    ...(terminal === undefined || keyboard === undefined ? {} : { ask }),
    columns: process.stdout.columns,
    stdout: (text) => process.stdout.write(text),
    stderr: (text) => process.stderr.write(text),
    terminal,
  });
  process.exitCode = withLoss(ended);
  // An abandoned call may still wait for its response; the process does not wait for it.
  setTimeout(() => process.exit(), endMs).unref();
}
