import { availableParallelism } from 'node:os';
import { configDefaults, defineConfig } from 'vitest/config';

/** What is waited for comes on a slow machine, too; the default is a second. */
const poll = { timeout: 100_000, interval: 50 };

export default defineConfig({
  test: {
    globalSetup: ['test/setup/global.ts'],
    // Much of the time is spent waiting for the local cloud: on two cores, two.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      {
        test: {
          name: 'unit',
          expect: { poll },
          // Nothing of one file is left for the next, and packages are loaded once.
          isolate: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, 'test/**/*.{cloud,e2e}.test.ts'],
        },
      },
      {
        test: {
          name: 'cloud',
          expect: { poll },
          include: ['test/**/*.cloud.test.ts'],
          exclude: [...configDefaults.exclude, 'test/e2e/**'],
          globalSetup: ['test/local-cloud/setup.ts'],
          // No test waits so long; a machine that is busy with other work may be ten times slower.
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: 'e2e',
          expect: { poll },
          include: ['test/e2e/**/*.e2e.test.ts'],
          globalSetup: ['test/docker/setup.ts'],
          testTimeout: 900_000,
          hookTimeout: 900_000,
          // Journeys share the cores with what they start; let the quick projects finish first.
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
