import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { ensurePackages } from '../test/setup/packages.ts';
import { basePrograms, debianBase, defaultBase } from './base.ts';
import { type Buildah, imageCache, openBuildah, projectRoot, workFolder } from './buildah.ts';
import { fullDisk } from './full-disk.ts';
import { type Lock, lockFolder } from './lock.ts';
import { help, type ImageOptions, readOptions, releaseFaults } from './options.ts';
import { type Build, provenance } from './provenance.ts';
import { type Bom, debianPackages, imageBom, onlyInstalled, type Program } from './sbom.ts';

/** The image that was built: the content of image.json. */
export interface BuiltImage {
  /** Its name in local storage. */
  readonly name: string;
  /** `sha256:…` of its configuration: the same everywhere. */
  readonly id: string;
  /** `sha256:…` of its manifest: in the registry if it was pushed, else in local storage. */
  readonly digest: string;
  /** Of all layers, unpacked, in bytes. */
  readonly size: number;
  readonly version: string;
  readonly commit: string;
  readonly base: string;
  readonly arch: string;
}

type Say = (line: string) => void;

/** Builds the image and writes image.json, sbom.cdx.json and provenance.json. Throws an error whose message says what to change. */
export async function buildImage(options: ImageOptions, say: Say): Promise<BuiltImage> {
  await ensurePackages(say, { buildah: 'buildah', flock: 'util-linux' });
  const lock = await lockFolder(imageCache, say);
  try {
    await rm(workFolder, { recursive: true, force: true });
    await mkdir(workFolder);
    return await buildAlone(options, say, lock);
  } finally {
    await rm(workFolder, { recursive: true, force: true });
    lock.release();
  }
}

async function buildAlone(options: ImageOptions, say: Say, lock: Lock): Promise<BuiltImage> {
  const startedAt = new Date();
  const wanted = options.base ?? (await defaultBase());
  const source = await readSource();
  const faults = options.release ? releaseFaults(wanted, source.changed) : [];
  if (faults.length > 0) throw new Error(`not to be released:\n  ${faults.join('\n  ')}`);
  const buildah = await openBuildah(options.storageDriver, { lock: lock.file });
  await buildah.removeLeftovers();
  const base = await obtainBase(buildah, wanted, options, say);
  const name = `localhost/vendhost:${source.version}-${options.arch}`;
  // By its id from here on: the next build reuses the name.
  const id = await build(buildah, { name, base, options, source });
  const pushed = options.push === undefined ? undefined : await push(buildah, id, options.push, say);
  const { FromImageDigest } = await inspect(buildah, id);
  const { size, programs, debian, installed, ofBase } = await look(buildah, id);
  const image: BuiltImage = {
    name,
    id,
    digest: pushed ?? FromImageDigest,
    size,
    version: source.version,
    commit: source.commit,
    base,
    arch: options.arch,
  };
  const { FromImageDigest: baseDigest } = await inspect(buildah, base);
  const { buildArgs } = options;
  const made: Build = {
    ...image,
    ...source,
    name: repositoryOf(options.push) ?? name,
    buildArgs,
    baseDigest,
    startedAt,
    finishedAt: new Date(),
  };
  const npm = await execa('npm', ['sbom', '--sbom-format=cyclonedx', '--package-lock-only'], {
    cwd: projectRoot,
  });
  const folder = options.output ?? join(imageCache, options.arch);
  await mkdir(folder, { recursive: true });
  for (const [file, content] of Object.entries({
    'image.json': image,
    'sbom.cdx.json': imageBom(
      onlyInstalled(JSON.parse(npm.stdout) as Bom, installed, 'vendhost'),
      { ...image, name: 'vendhost' },
      debian,
      programs,
      ofBase,
    ),
    'provenance.json': provenance(made, process.env),
  })) {
    await writeFile(join(folder, file), `${JSON.stringify(content, null, 2)}\n`);
  }
  return image;
}

/** The checkout: its version, commit and the commit's time, and files of the image that differ from it. */
async function readSource() {
  const git = async (...words: string[]) => (await execa('git', words, { cwd: projectRoot })).stdout;
  const ignored = await readFile(join(projectRoot, '.dockerignore'), 'utf8');
  const inImage = ignored.split('\n').flatMap((line) => (line.startsWith('!') ? [line.slice(1)] : []));
  const { version } = JSON.parse(await readFile(join(projectRoot, 'package.json'), 'utf8')) as { version: string };
  const [commit, created, status] = await Promise.all([
    git('rev-parse', 'HEAD'),
    git('show', '--no-patch', '--format=%cI', 'HEAD'),
    // Including ignored files: they would be in the image.
    git('status', '--porcelain', '--ignored', '--', '.dockerignore', 'docker', ...inImage),
  ]);
  const changed = status.split('\n').flatMap((line) => (line === '' ? [] : [line.slice(3)]));
  return { version, commit, created, changed };
}

/** The name of the base in local storage or in a registry; without an option and without a registry, one of Debian's packages. */
async function obtainBase(buildah: Buildah, wanted: string, { base, arch }: ImageOptions, say: Say): Promise<string> {
  if (wanted !== 'debian') {
    const pull = ['pull', '--quiet', '--policy', 'ifmissing', '--arch', arch, wanted];
    if (base !== undefined) await buildah.run(pull);
    if (base !== undefined || (await buildah.attempt(pull)) !== undefined) return wanted;
    say(`cannot pull ${wanted}: taking Debian's packages instead (--base IMAGE takes another image)`);
  }
  const own = process.arch === 'arm64' ? 'arm64' : 'amd64';
  if (arch !== own)
    throw new Error(`--base debian is for this machine's architecture, ${own}: give --base an image for ${arch}`);
  await ensurePackages(say, basePrograms);
  return await debianBase(buildah, say);
}

interface Plan {
  readonly name: string;
  readonly base: string;
  readonly options: ImageOptions;
  readonly source: Awaited<ReturnType<typeof readSource>>;
}

/** Returns the image's id, `sha256:…`. */
async function build(buildah: Buildah, { name, base, options, source }: Plan): Promise<string> {
  const idFile = join(workFolder, 'id');
  // Not arguments of the Dockerfile: buildah 1.28 takes a LABEL with another argument from its cache.
  const labels = {
    version: source.version,
    revision: source.commit,
    created: source.created,
    'base.name': base,
    ...(process.env.CI_PROJECT_URL ? { source: process.env.CI_PROJECT_URL } : {}),
  };
  await buildah.run([
    ...['bud', '--isolation', 'chroot', '--layers', '--format', 'docker', '--file', 'docker/Dockerfile'],
    ...['--arch', options.arch, '--pull-never', '--tag', name, '--iidfile', idFile],
    ...(options.fresh ? ['--no-cache'] : []),
    ...Object.entries(labels).flatMap(([key, value]) => ['--label', `org.opencontainers.image.${key}=${value}`]),
    ...[`BASE_IMAGE=${base}`, ...options.buildArgs].flatMap((pair) => ['--build-arg', pair]),
    ...(await surroundings()),
    '.',
  ]);
  return (await readFile(idFile, 'utf8')).trim();
}

/** `docker://registry.example.com/vendhost:1.2.3` without transport and tag; `undefined` if it is not pushed to a registry. */
function repositoryOf(destination: string | undefined): string | undefined {
  return /^docker:\/\/(.+?)(:[^/]*)?$/.exec(destination ?? '')?.[1];
}

/**
 * What npm needs from this machine: the certificates it trusts, its registry and its cached packages. A volume is mounted in all stages, and
 * leaves its mount point in the image: so it is on a folder that every base has.
 */
async function surroundings(): Promise<string[]> {
  const { NODE_EXTRA_CA_CERTS: certificates } = process.env;
  const npmSetting = async (name: string) => (await execa('npm', ['config', 'get', name])).stdout;
  const [npmCache, npmConfig] = await Promise.all([npmSetting('cache'), npmSetting('userconfig')]);
  return [
    ...(certificates && existsSync(certificates)
      ? ['--secret', `id=ca,src=${certificates}`, '--build-arg', 'NODE_EXTRA_CA_CERTS=/run/build-ca.crt']
      : []),
    ...(existsSync(npmConfig) ? ['--secret', `id=npmrc,src=${npmConfig}`] : []),
    ...(existsSync(npmCache) ? ['--volume', `${npmCache}:/mnt`] : []),
  ];
}

async function push(buildah: Buildah, id: string, destination: string, say: Say): Promise<string> {
  const file = join(workFolder, 'digest');
  say(`pushing to ${destination}`);
  await buildah.run(['push', '--quiet', '--digestfile', file, id, destination]);
  return (await readFile(file, 'utf8')).trim();
}

async function inspect(buildah: Buildah, name: string): Promise<{ FromImageID: string; FromImageDigest: string }> {
  return JSON.parse(await buildah.run(['inspect', '--type', 'image', name]));
}

/** Inspects the image: its size, Debian packages, and the programs that its own doctor finds. */
async function look(buildah: Buildah, id: string) {
  return await buildah.mounted(id, async (root, container) => {
    const status = await readFile(join(root, 'var/lib/dpkg/status'), 'utf8');
    const debian = debianPackages(status);
    const doctor = await buildah.run(['run', container, '--', 'vendhost', 'doctor', '--json']);
    const { findings } = JSON.parse(doctor) as { findings: readonly { check: string; version?: string }[] };
    const known = new Set([...debian.map((one) => one.name), 'ssh']);
    const programs = findings.flatMap(({ check, version }): Program[] =>
      version === undefined || known.has(check) ? [] : [{ name: check, version }],
    );
    const { stdout } = await execa('du', ['--summarize', '--bytes', root]);
    const packages = await npmPackages(root);
    const own = packages.filter(({ isOwn }) => isOwn).map(({ name, version }) => `${name}@${version}`);
    const installed = new Set(own);
    const ofBase = new Map(
      packages.filter(({ isOwn }) => !isOwn).map((each) => [`${each.name}@${each.version}`, each]),
    );
    for (const each of own) ofBase.delete(each);
    return { debian, programs, installed, ofBase: [...ofBase.values()], size: Number.parseInt(stdout, 10) };
  });
}

/** All npm packages of the image, in any node_modules folder: the command's own, and those of the base, which has npm. */
async function npmPackages(root: string): Promise<(Program & { readonly isOwn: boolean })[]> {
  const words = ['.', '-xdev', '-name', 'package.json', '-type', 'f'];
  const { stdout } = await execa('find', words, { cwd: root });
  // Yarn in the official image is in a separate folder.
  const files = stdout
    .split('\n')
    .filter((file) => /(\/node_modules\/(@[^/]+\/)?|\/opt\/yarn-)[^/]+\/package\.json$/.test(file));
  const read = await Promise.all(
    files.sort().map(async (file) => {
      const { name, version } = JSON.parse(await readFile(join(root, file), 'utf8')) as Partial<Program>;
      const isOwn = file.startsWith('./opt/vendhost/');
      return name === undefined || version === undefined ? [] : [{ name, version, isOwn }];
    }),
  );
  return read.flat();
}

if (import.meta.main) {
  const say: Say = (line) => process.stderr.write(`${line}\n`);
  try {
    const options = readOptions(process.argv.slice(2), process.env);
    if (options === undefined) process.stdout.write(`${help}\n`);
    else {
      const startedAt = performance.now();
      const image = await buildImage(options, say);
      const folder = options.output ?? join(imageCache, options.arch);
      say(`built ${image.name} in ${Math.round((performance.now() - startedAt) / 1000)} s, ${megabytes(image.size)}`);
      say(`in ${folder}: image.json, sbom.cdx.json, provenance.json`);
      process.stdout.write(`${image.digest}\n`);
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    say(message);
    const hint = fullDisk(message);
    if (hint !== undefined) say(hint);
    process.exitCode = 1;
  }
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1_000_000)} MB`;
}
