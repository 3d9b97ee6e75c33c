#!/usr/bin/env node
import { keepCompiled } from './compile-cache.ts';

keepCompiled(process.env);

const { run } = await import('./cli.ts');
const { Cancelled } = await import('./errors.ts');

/** One signal may arrive twice: from the terminal and from the parent process, or for the group and for each of its processes. */
const sameSignalMs = 1000;
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

/** Asks on stderr, so that stdout holds the result only. */
async function ask(question: string): Promise<string> {
  const { createInterface } = await import('node:readline/promises');
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  lines.on('SIGINT', () => process.emit('SIGINT'));
  const ended = new Promise<never>((_, reject) => {
    lines.once('close', () => reject(new Cancelled('SIGINT')));
  });
  try {
    return await Promise.race([lines.question(question, { signal: stopping.signal }), ended]);
  } finally {
    lines.close();
  }
}
const isTerminal = process.stdin.isTTY === true && process.stderr.isTTY === true;

process.exitCode = await run(process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  signal: stopping.signal,
  ...(isTerminal ? { ask } : {}),
  stdout: (text) => process.stdout.write(text),
  stderr: (text) => process.stderr.write(text),
});
