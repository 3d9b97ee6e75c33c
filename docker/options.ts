import { parseArgs } from 'node:util';
import { isPinned } from './base.ts';
import type { StorageDriver } from './buildah.ts';

export interface ImageOptions {
  /** The base image; `debian` for one made of Debian's packages, absent for that of the Dockerfile if a registry is reachable. */
  readonly base: string | undefined;
  readonly arch: 'amd64' | 'arm64';
  readonly buildArgs: readonly string[];
  /** Where to push it to, with its transport: `docker://…`, `docker-archive:FILE`. */
  readonly push: string | undefined;
  /** Folder for image.json, the SBOM and the provenance. */
  readonly output: string | undefined;
  readonly release: boolean;
  readonly fresh: boolean;
  readonly storageDriver: StorageDriver;
}

/** Arguments of the Dockerfile that `--build-arg` sets; the base has its own option. */
export const buildArguments = [
  ...['PACKER', 'PACKER_PLUGIN_AMAZON', 'SESSION_MANAGER_PLUGIN'].flatMap((each) => [`${each}_URL`, `${each}_SHA256`]),
  'NODE_EXTRA_CA_CERTS',
];

export const help = `Usage: npm run image -- [options]

Builds the runner image of docker/Dockerfile without a Docker daemon, with its SBOM and provenance beside it (root, Debian or Ubuntu).

  --base IMAGE             base image [default: the Dockerfile's where its registry answers, else debian]
                           debian: made of Debian's and npm's packages, for machines that reach no registry
  --arch amd64|arm64       architecture [default: this machine's]; another one needs qemu-user-static
  --build-arg NAME=VALUE   an argument of the Dockerfile, such as PACKER_URL; may be repeated
  --push DESTINATION       push it: docker://registry.example.com/vendhost:1.2.3, docker-archive:FILE
  --output DIR             folder for image.json, sbom.cdx.json, provenance.json [default: .cache/image/ARCH]
  --release                refuse what nobody could build again: a base without a digest, files that are not committed
  --fresh                  build every layer again, with today's Debian packages
  --storage-driver NAME    overlay, or vfs where overlay does not work [default: $STORAGE_DRIVER, else overlay]

Arguments, pinning, mirrors: docs/runner-image.md`;

/** Options of the command line; `undefined` when help is wanted. Throws an error that names the wrong value. */
export function readOptions(words: readonly string[], env: NodeJS.ProcessEnv): ImageOptions | undefined {
  const { values } = parseArgs({
    args: [...words],
    options: {
      base: { type: 'string' },
      arch: { type: 'string', default: process.arch === 'arm64' ? 'arm64' : 'amd64' },
      'build-arg': { type: 'string', multiple: true, default: [] },
      push: { type: 'string' },
      output: { type: 'string' },
      release: { type: 'boolean', default: false },
      fresh: { type: 'boolean', default: false },
      'storage-driver': { type: 'string', default: env.STORAGE_DRIVER || 'overlay' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const wrong = values['build-arg'].find((pair) => !/^\w+=/.test(pair));
  if (wrong !== undefined) throw new Error(`--build-arg ${wrong} is wrong: it must be NAME=VALUE`);
  for (const [name = ''] of values['build-arg'].map((pair) => pair.split('=')))
    oneOf('--build-arg', name, buildArguments);
  if (values.push !== undefined && !/^[a-z-]+:/.test(values.push)) {
    throw new Error(`--push ${values.push} is wrong: it must begin with a transport, such as docker://`);
  }
  return {
    base: values.base,
    arch: oneOf('--arch', values.arch, ['amd64', 'arm64']),
    buildArgs: values['build-arg'],
    push: values.push,
    output: values.output,
    release: values.release,
    fresh: values.fresh,
    storageDriver: oneOf('--storage-driver', values['storage-driver'], ['overlay', 'vfs']),
  };
}

function oneOf<T extends string>(option: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((each) => each === value);
  if (found !== undefined) return found;
  throw new Error(`${option} ${value} is wrong: it must be ${allowed.join(', ').replace(/, (?=[^,]*$)/, ' or ')}`);
}

/** Why a build cannot be released; empty when it can. `changed` are files that are not committed. */
export function releaseFaults(base: string, changed: readonly string[]): string[] {
  const unpinned =
    base === 'debian'
      ? 'a base of Debian packages is made anew on each machine: give --base an image with its digest'
      : `the base ${base} has no digest, so the same build gives another image tomorrow: give --base ${base.split('@')[0]}@sha256:…`;
  return [
    ...(isPinned(base) ? [] : [unpinned]),
    ...(changed.length === 0 ? [] : [`not committed: ${changed.join(', ')}`]),
  ];
}
