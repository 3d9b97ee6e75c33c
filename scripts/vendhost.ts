#!/usr/bin/env node
import { keepCompiled } from '../bin/compile-cache.js';

keepCompiled(process.env);

const { run } = await import('./cli.ts');
const { Cancelled, exitCodes } = await import('./errors.ts');

/** One signal may arrive twice: from the terminal and from the parent process, or for the group and for each of its processes. */
const sameSignalMs = 1000;
/** How long what is left open may hold the process when the command has ended. */
const endMs = 2000;
const stopping = new AbortController();
let firstSignalAt = 0;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    const stopped = new Cancelled(signal);
    if (!stopping.signal.aborted) firstSignalAt = Date.now();
    else if (Date.now() - firstSignalAt > sameSignalMs) process.exit(stopped.exitCode);
    stopping.abort(stopped);
  });
}

// Whoever reads may end first, as `| head` does: what goes on is not left half done for want of a reader.
process.stderr.on('error', () => undefined);
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') return;
  process.stderr.write(`error: cannot write the result: ${error.message}\n`);
  process.exitCode = exitCodes.failed;
});

// GitLab's runner may give a job a terminal; nobody sits at it.
const isTerminal = process.stderr.isTTY && process.env.TERM !== 'dumb' && !process.env.CI;
const keyboard = process.stdin.isTTY ? process.stdin : undefined;
const terminal = isTerminal ? await openTerminal() : undefined;

/** Loaded where a person looks: a job has no use for it. */
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

const code = await run(process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  signal: stopping.signal,
  ...(terminal === undefined || keyboard === undefined ? {} : { ask }),
  columns: process.stdout.columns,
  stdout: (text) => process.stdout.write(text),
  stderr: (text) => process.stderr.write(text),
  terminal,
});
if (code !== exitCodes.done || process.exitCode === undefined) process.exitCode = code;
// A call that was given up may still wait for its answer; the process does not wait for it.
setTimeout(() => process.exit(), endMs).unref();
