import type { TestProject } from 'vitest/node';
import { type LocalCloudAddress, startLocalCloud } from './start.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The local cloud all files of the project `cloud` share: use an account or names of your own. */
    localCloud: LocalCloudAddress;
  }
}

/** Vitest global setup of the project `cloud`: one local cloud for all its files. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const cloud = await startLocalCloud();
  const { endpoint, router, directory } = cloud;
  project.provide('localCloud', { endpoint, router, directory });
  return () => cloud.stop();
}
