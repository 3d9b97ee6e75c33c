import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';

/** Programs that the tests, the local cloud and the local GitLab call, and the Debian packages they are in. */
const testPrograms: Readonly<Record<string, string>> = {
  git: 'git',
  mount: 'mount',
  packer: 'packer',
  python3: 'python3',
  rsync: 'rsync',
  ssh: 'openssh-client',
  tmux: 'tmux',
  unshare: 'util-linux',
  unzip: 'unzip',
};

/** Debian packages of programs that are not on the PATH. */
export function missingPackages(path: string, programs = testPrograms): string[] {
  return Object.entries(programs)
    .filter(([program]) => !isOnPath(program, path))
    .map(([, debianPackage]) => debianPackage);
}

/**
 * Installs what is missing, where it may (root, with apt); `others` are packages without a program, which come with it.
 * Throws one line that names the packages where it may not.
 */
export async function ensurePackages(
  progress: (line: string) => void,
  programs = testPrograms,
  others: readonly string[] = [],
): Promise<void> {
  const path = process.env.PATH ?? '';
  const absent = missingPackages(path, programs);
  if (absent.length === 0) return;
  const missing = [...absent, ...others];
  const byHand = `install by hand: sudo apt-get install ${missing.join(' ')}`;
  if (process.getuid?.() !== 0 || !isOnPath('apt-get', path)) throw new Error(`missing packages; ${byHand}`);
  progress(`installing Debian packages: ${missing.join(' ')}`);
  for (const words of [['update'], ['install', '--yes', '--no-install-recommends', ...missing]]) {
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    const result = await execa('apt-get', words, { env, all: true, reject: false, timeout: 300_000, stdin: 'ignore' });
    if (!result.failed) continue;
    const tail = result.all.split('\n').slice(-5).join('\n');
    throw new Error(`apt-get ${words[0]} failed; ${byHand}\n${tail}`);
  }
}

function isOnPath(program: string, path: string): boolean {
  return path.split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
