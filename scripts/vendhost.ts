#!/usr/bin/env node
import { enableCompileCache } from 'node:module';

enableCompileCache();

const { run } = await import('./cli.ts');
const { Cancelled } = await import('./errors.ts');

/** Whoever signals may signal twice: a terminal and the process above this one, or a group and each process of it. */
const sameSignalMs = 1000;
const stopping = new AbortController();
let toldAt = 0;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    const stopped = new Cancelled(signal);
    if (!stopping.signal.aborted) toldAt = Date.now();
    else if (Date.now() - toldAt > sameSignalMs) process.exit(stopped.exitCode);
    stopping.abort(stopped);
  });
}

process.exitCode = await run(process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  signal: stopping.signal,
  stdout: (text) => process.stdout.write(text),
  stderr: (text) => process.stderr.write(text),
});
