import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import type { Buildah } from './buildah.ts';
import { projectRoot, workFolder } from './buildah.ts';

const release = 'bookworm';

/** Programs that build such a base, and the Debian packages they are in. */
export const basePrograms = { mmdebstrap: 'mmdebstrap', strip: 'binutils' };

/** Like the official slim images: no manual pages, no translations. */
const leftOut = ['/usr/share/doc/*', '/usr/share/man/*', '/usr/share/locale/*', '/usr/share/info/*'];
const words = [
  '--variant=minbase',
  '--include=ca-certificates',
  '--aptopt=APT::Install-Recommends "false"',
  ...leftOut.map((path) => `--dpkgopt=path-exclude=${path}`),
  '--dpkgopt=path-include=/usr/share/doc/*/copyright',
  // This machine's own.
  '--customize-hook=rm -f "$1/etc/hostname" "$1/etc/resolv.conf"',
];

/** The default of `BASE_IMAGE` in the Dockerfile. */
export async function defaultBase(): Promise<string> {
  const text = await readFile(join(projectRoot, 'docker/Dockerfile'), 'utf8');
  const found = /^ARG BASE_IMAGE=(\S+)$/m.exec(text)?.[1];
  if (found === undefined) throw new Error('docker/Dockerfile has no line ARG BASE_IMAGE=…');
  return found;
}

/** Whether a base is always the same bytes for everybody. */
export function isPinned(base: string): boolean {
  return /@sha256:[0-9a-f]{64}$/.test(base);
}

/**
 * A base like `node:24-bookworm-slim` for a machine that reaches Debian's and npm's packages but no container registry: Debian from
 * mmdebstrap, Node from the npm package `node`, and the npm that runs this. For this machine's architecture. Returns its name.
 */
export async function debianBase(buildah: Buildah, say: (line: string) => void): Promise<string> {
  const node = join(projectRoot, 'node_modules/node/bin/node');
  const npm = await npmFolder();
  const versions = await Promise.all([
    execa(node, ['--version']).then(({ stdout }) => stdout),
    readFile(join(npm, 'package.json'), 'utf8').then((text) => (JSON.parse(text) as { version: string }).version),
  ]);
  const key = createHash('sha256')
    .update(JSON.stringify([release, words, versions, 'stripped']))
    .digest('hex')
    .slice(0, 12);
  const name = `localhost/vendhost-base:${key}`;
  if ((await buildah.attempt(['inspect', '--type', 'image', name])) !== undefined) return name;
  say(`making a base of Debian's packages, Node ${versions[0]} and npm ${versions[1]} (once, some minutes)`);
  const [archive, stripped] = [join(workFolder, 'base.tar'), join(workFolder, 'node')];
  await execa('mmdebstrap', ['--quiet', ...words, release, archive], { stdin: 'ignore', timeout: 20 * 60_000 });
  await execa('strip', ['-o', stripped, node]);
  await commitBase(buildah, { archive, node: stripped, npm, name });
  return name;
}

async function commitBase(
  buildah: Buildah,
  { archive, node, npm, name }: { archive: string; node: string; npm: string; name: string },
): Promise<void> {
  const container = await buildah.run(['from', 'scratch']);
  try {
    await buildah.run(['add', '--quiet', container, archive, '/']);
    await buildah.run(['copy', '--quiet', container, node, '/usr/local/bin/node']);
    await buildah.run(['copy', '--quiet', container, npm, '/usr/local/lib/node_modules/npm']);
    const link = ['ln', '-s', '../lib/node_modules/npm/bin/npm-cli.js', '/usr/local/bin/npm'];
    await buildah.run(['run', container, '--', ...link]);
    await buildah.run(['commit', '--quiet', '--format', 'docker', container, name]);
  } finally {
    await buildah.run(['rm', container], { quiet: true });
  }
}

/** The folder of the npm that runs this, or of the one on the PATH. */
async function npmFolder(): Promise<string> {
  const running = process.env.npm_execpath;
  if (running?.endsWith('npm-cli.js')) return dirname(dirname(running));
  const { stdout } = await execa('npm', ['root', '--global']);
  return join(stdout, 'npm');
}
