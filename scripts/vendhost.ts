#!/usr/bin/env node
import { enableCompileCache } from 'node:module';

enableCompileCache();

const { run } = await import('./cli.ts');
const { Cancelled } = await import('./errors.ts');

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => stopping.abort(new Cancelled(signal)));
}

process.exitCode = await run(process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  signal: stopping.signal,
  stdout: (text) => process.stdout.write(text),
  stderr: (text) => process.stderr.write(text),
});
