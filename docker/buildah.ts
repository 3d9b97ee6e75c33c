import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { OpenFile } from './lock.ts';

/** The checkout that is built. */
export const projectRoot = join(import.meta.dirname, '..');

/** What builds keep for the next one: layers, the base of Debian's packages. */
export const imageCache = join(projectRoot, '.cache/image');

/** Files of the build in progress; the next one removes its leftovers. */
export const workFolder = join(imageCache, 'work');

/** Longest time of one call of buildah, in milliseconds: the build itself downloads some 200 MB. */
const limitMs = 30 * 60_000;

/** `overlay` takes seconds; `vfs` works where overlay does not (in a container without /dev/fuse), and copies every layer. */
export type StorageDriver = 'overlay' | 'vfs';

export interface Buildah {
  /** Runs buildah in this checkout's storage and returns its standard output; its standard error goes to ours. */
  run(words: readonly string[], options?: { quiet?: boolean }): Promise<string>;
  /** As `run`, or `undefined` when it failed. */
  attempt(words: readonly string[]): Promise<string | undefined>;
  /** A container of the image, mounted while `work` runs. */
  mounted<T>(image: string, work: (root: string, container: string) => Promise<T>): Promise<T>;
  /** Removes the containers of killed builds: all except those that `nameFor` named for a running process. */
  removeLeftovers(): Promise<void>;
}

/** A name of a container that is kept while its process runs. */
export function nameFor(pid: number): string {
  return `container-of-${pid}`;
}

/**
 * Buildah with its own layers below `.cache/`; containers are `chroot`s, so no daemon and no container runtime is needed. It also holds the
 * open file `lock`: buildah continues when the process that started it is killed.
 */
export async function openBuildah(
  driver: StorageDriver,
  { directory = imageCache, lock }: { directory?: string; lock?: OpenFile } = {},
): Promise<Buildah> {
  const storage = [
    '--root',
    join(directory, 'storage'),
    '--runroot',
    join(directory, 'run'),
    '--storage-driver',
    driver,
  ];
  await mkdir(directory, { recursive: true });
  const call = async (words: readonly string[], quiet: boolean) =>
    await execa('buildah', [...storage, ...words], {
      cwd: projectRoot,
      env: { BUILDAH_ISOLATION: 'chroot' },
      stdio: [
        'ignore',
        quiet ? 'pipe' : ['pipe', 2],
        quiet ? 'pipe' : ['pipe', 2],
        ...(lock === undefined ? [] : [lock]),
      ],
      reject: false,
      timeout: limitMs,
    });
  const run: Buildah['run'] = async (words, { quiet = false } = {}) => {
    const { failed, stdout, stderr, shortMessage } = await call(words, quiet);
    if (failed) throw new Error(`buildah ${words[0]} failed: ${stderr || shortMessage}`);
    return stdout;
  };
  return {
    run,
    async attempt(words) {
      const { failed, stdout } = await call(words, true);
      return failed ? undefined : stdout;
    },
    async mounted(image, work) {
      const container = await run(['from', '--pull-never', image]);
      try {
        return await work(await run(['mount', container]), container);
      } finally {
        await run(['rm', container], { quiet: true });
      }
    },
    async removeLeftovers() {
      const listed = JSON.parse(await run(['containers', '--json'], { quiet: true })) as
        | { readonly id: string; readonly containername: string }[]
        | null;
      for (const { id, containername } of listed ?? []) {
        const pid = /^container-of-(\d+)$/.exec(containername)?.[1];
        if (pid === undefined || !existsSync(`/proc/${pid}`)) await run(['rm', id], { quiet: true });
      }
    },
  };
}
