import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';

/** Where the local cloud keeps what may be made again: virtual environments, byte code. */
export const cacheDirectory = join(import.meta.dirname, '../../.cache/local-cloud');

/** The local cloud's Python source: what goes into PYTHONPATH. */
export const pythonDirectory = import.meta.dirname;

type Say = (line: string) => void;

/**
 * Returns the Python executable of a virtual environment that holds exactly the given requirements
 * file, made on first use. Two processes may race: each builds under a name of its own, the first
 * rename wins, the other's work is thrown away.
 *
 * @param requirements file name in this directory
 * @throws Error in one line when Python is missing, too old or cannot make virtual environments
 */
export async function pythonWith(requirements: string, say: Say): Promise<string> {
  const home = join(cacheDirectory, `venv-${await contentHash(requirements)}`);
  const executable = join(home, 'bin/python');
  if (existsSync(executable)) return executable;

  await assertPython();
  say(`installing ${requirements} into .cache/local-cloud (once)`);
  const building = `${home}.${process.pid}`;
  await mkdir(dirname(building), { recursive: true });
  try {
    await execa('python3', ['-m', 'venv', building]);
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', requirements];
    await execa(join(building, 'bin/python'), pip, { cwd: pythonDirectory });
    await rename(building, home);
  } catch (error) {
    if (existsSync(executable)) return executable;
    throw new Error(`cannot install ${requirements}: ${lastLine(error)}`, { cause: error });
  } finally {
    await rm(building, { recursive: true, force: true });
  }
  return executable;
}

/** A requirements file may include another one by `-r NAME`: both decide what is installed. */
async function contentHash(requirements: string): Promise<string> {
  const hash = createHash('sha256');
  const text = await readFile(join(pythonDirectory, requirements), 'utf8');
  hash.update(text);
  for (const [, included] of text.matchAll(/^-r (\S+)$/gm)) {
    hash.update(await readFile(join(pythonDirectory, String(included)), 'utf8'));
  }
  return hash.digest('hex').slice(0, 12);
}

async function assertPython(): Promise<void> {
  const program = 'import sys, venv, ensurepip; print(sys.version_info >= (3, 11))';
  const { exitCode, stdout, stderr } = await execa('python3', ['-c', program], { reject: false });
  if (exitCode === undefined) {
    throw new Error('the local cloud needs Python 3.11 or newer: python3 is not on the PATH');
  }
  if (exitCode !== 0) {
    const missing = stderr.trim().split('\n').at(-1) ?? '';
    throw new Error(`the local cloud needs Python's venv (Debian: apt-get install python3-venv): ${missing}`);
  }
  if (stdout.trim() !== 'True') {
    throw new Error('the local cloud needs Python 3.11 or newer: python3 is older');
  }
}

function lastLine(error: unknown): string {
  const text = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
  return text.trim().split('\n').at(-1) ?? '';
}
