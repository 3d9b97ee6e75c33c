import type { TestProject } from 'vitest/node';
import { buildRunnerImage, ensureImagePackages } from './image.ts';

/**
 * Vitest global setup of the project `e2e`: where all projects run, and this one comes last, the runner image is built meanwhile. It
 * waits for nothing: the test that needs the image builds it too, after this build, whose layers it takes.
 */
export async function setup({ vitest }: TestProject): Promise<() => Promise<void>> {
  // Here rather than in the build: other set-ups install packages too, and apt lets one do so at a time.
  await ensureImagePackages();
  if (vitest.projects.length === 1) return async () => undefined;
  const stop = new AbortController();
  const building = buildRunnerImage(stop.signal).catch((error: unknown) => {
    if (!stop.signal.aborted) process.stderr.write(`set-up: ${String(error)}\n`);
  });
  return async () => {
    stop.abort();
    await building;
  };
}
