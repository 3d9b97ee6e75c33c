import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { basePrograms } from '../../docker/base.ts';
import { type Buildah, imageCache, nameFor, openBuildah, projectRoot } from '../../docker/buildah.ts';
import { ensurePackages } from '../setup/packages.ts';
import type { ContainerImage } from './container.ts';

/** Longest time of a build, in milliseconds: the first on a machine downloads a base, Debian packages and npm packages. */
export const buildLimitMs = 20 * 60_000;

/** The image of this checkout, for as long as a test needs its files. */
export interface MountedImage extends ContainerImage {
  /** What `npm run image` wrote. */
  readonly directory: string;
  /** Its configuration, as Docker's. */
  readonly config: ImageConfig;
  unmount(): Promise<void>;
}

/** Installs what a build calls. */
export async function ensureImagePackages(): Promise<void> {
  await ensurePackages((line) => process.stderr.write(`set-up: ${line}\n`), {
    buildah: 'buildah',
    flock: 'util-linux',
    ...basePrograms,
  });
}

/**
 * Builds the runner image with `npm run image`, on a base of Debian packages: a test asks no container registry. Two that want it at
 * the same time wait for each other; the second takes the first's layers.
 */
export async function buildRunnerImage(signal?: AbortSignal): Promise<void> {
  await ensureImagePackages();
  const command = [
    join(projectRoot, 'node_modules/.bin/node'),
    join(projectRoot, 'docker/build.ts'),
    '--base',
    'debian',
  ];
  // Tests beside it have the processor first.
  const { failed, all } = await execa('nice', command, {
    cwd: projectRoot,
    ...(signal === undefined ? {} : { cancelSignal: signal }),
    all: true,
    reject: false,
    stdin: 'ignore',
    timeout: buildLimitMs,
  });
  if (failed) throw new Error(`the runner image was not built:\n${all?.split('\n').slice(-30).join('\n')}`);
}

interface ImageConfig {
  readonly Env: readonly string[];
  readonly User: string;
  readonly Entrypoint?: readonly string[];
  readonly Labels: Readonly<Record<string, string>>;
  readonly Healthcheck: { readonly Test: readonly string[] };
}

/** Builds the image if it is not built, and mounts its files. */
export async function mountRunnerImage(): Promise<MountedImage> {
  await buildRunnerImage();
  const buildah = await openBuildah('overlay');
  const directory = join(imageCache, process.arch === 'arm64' ? 'arm64' : 'amd64');
  const { name } = JSON.parse(await readFile(join(directory, 'image.json'), 'utf8')) as { name: string };
  // Another build, which may begin meanwhile, leaves it.
  const container = await buildah.run(['from', '--pull-never', '--name', nameFor(process.pid), name], { quiet: true });
  const unmount = async () => void (await buildah.run(['rm', container], { quiet: true }));
  try {
    const root = await buildah.run(['mount', container], { quiet: true });
    return { root, directory, unmount, ...(await configurationOf(buildah, name)) };
  } catch (error) {
    await unmount();
    throw error;
  }
}

async function configurationOf(buildah: Buildah, name: string) {
  const { Docker } = JSON.parse(await buildah.run(['inspect', '--type', 'image', name], { quiet: true })) as {
    Docker: { config: ImageConfig };
  };
  const { config } = Docker;
  const pairs = config.Env.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]);
  // Its group is root's, as for a user id that OpenShift picks.
  return { config, env: Object.fromEntries(pairs) as Record<string, string>, user: `${config.User}:0` };
}
