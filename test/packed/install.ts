import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

const root = join(import.meta.dirname, '../..');
const cache = join(root, '.cache/packed');

/** Versions the command must run on, each the oldest that `engines` allows or the newest of its line; the newest Node 24 is this one. */
const versions = ['20.19.0', '22.12.0', '22.23.3'] as const;

/** A Node to run the command with. */
export interface Node {
  readonly version: string;
  readonly executable: string;
}

/** The Nodes of `versions`, from npm, and the one that runs this. */
export async function nodes(): Promise<Node[]> {
  const platform = `${process.platform}-${process.arch}`;
  const alias = (version: string) => `node-${version.replaceAll('.', '-')}`;
  const packages = versions.map((version) => `${alias(version)}@npm:node-${platform}@${version}`);
  const home = await once(`nodes-${hashOf(packages.join(' '))}`, async (building) => {
    await writeFile(join(building, 'package.json'), '{}');
    await npm(building, ['install', ...packages]);
  });
  const own = { version: process.versions.node, executable: process.execPath };
  return [
    ...versions.map((version) => ({ version, executable: join(home, 'node_modules', alias(version), 'bin/node') })),
    own,
  ];
}

/** Where the package is installed: the executables that npm made. */
export interface Installed {
  readonly project: string;
  readonly global: string;
}

/**
 * Packs this checkout and installs the package into an empty project and below a global prefix. Packages that it needs are
 * kept for the next time; the package itself is installed each time.
 */
export async function installPacked(temporary: string): Promise<Installed> {
  const { stdout } = await execa('npm', ['pack', '--json', '--pack-destination', temporary], { cwd: root });
  const [packed] = JSON.parse(stdout) as [{ filename: string }];
  const archive = join(temporary, packed.filename);
  const home = join(cache, `installed-${hashOf(await readFile(join(root, 'package-lock.json'), 'utf8'))}`);
  const [project, prefix] = [join(home, 'project'), join(home, 'prefix')];
  await mkdir(project, { recursive: true });
  await writeFile(join(project, 'package.json'), '{ "private": true }\n');
  await npm(project, ['install', '--no-save', archive]);
  await npm(temporary, ['install', '--global', '--prefix', prefix, archive]);
  return { project: join(project, 'node_modules/.bin/vendhost'), global: join(prefix, 'bin/vendhost') };
}

/** `npm install --global .` in a checkout: a link to it. */
export async function linkCheckout(prefix: string): Promise<string> {
  await npm(root, ['install', '--global', '--prefix', prefix, root]);
  return join(prefix, 'bin/vendhost');
}

async function npm(cwd: string, words: readonly string[]): Promise<void> {
  await execa('npm', [...words, '--prefer-offline', '--no-audit', '--no-fund'], { cwd });
}

/** Makes a folder of the cache once: two processes may race, and the first one that is ready wins. */
async function once(name: string, make: (building: string) => Promise<void>): Promise<string> {
  const home = join(cache, name);
  if (existsSync(home)) return home;
  const building = `${home}.${process.pid}`;
  await mkdir(building, { recursive: true });
  try {
    await make(building);
    await rename(building, home);
  } catch (error) {
    if (!existsSync(home)) throw error;
  } finally {
    await rm(building, { recursive: true, force: true });
  }
  return home;
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
