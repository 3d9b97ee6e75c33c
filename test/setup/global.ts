import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensurePackages } from './packages.ts';

/** Vitest global setup of all projects: the programs tests call, and one temporary folder that is gone afterwards. */
export async function setup(): Promise<() => Promise<void>> {
  await ensurePackages((line) => process.stderr.write(`set-up: ${line}\n`));
  const directory = mkdtempSync(join(tmpdir(), 'vendhost-test-'));
  process.env.TMPDIR = directory;
  return () => rm(directory, { recursive: true, force: true, maxRetries: 10 });
}
