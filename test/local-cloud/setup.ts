import type { TestProject } from 'vitest/node';
import { ensureImagePackages } from '../docker/image.ts';
import { ensurePackages } from '../setup/packages.ts';
import { type LocalCloudAddress, startLocalCloud } from './start.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The local cloud all files of the project `cloud` share: use an account or names of your own. */
    localCloud: LocalCloudAddress;
  }
}

/** Vitest global setup of the project `cloud`: one local cloud for all its files. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  // Vitest's own global set-up comes last. What is installed later would be under instances that already run, and the base layer,
  // which depends on what this machine has, would be made again while the first tests wait for their instances.
  await ensurePackages((line) => process.stderr.write(`set-up: ${line}\n`));
  if (process.env.CI === 'true') await ensureImagePackages();
  const cloud = await startLocalCloud();
  const { endpoint, router, directory } = cloud;
  project.provide('localCloud', { endpoint, router, directory });
  return () => cloud.stop();
}
