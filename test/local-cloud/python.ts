import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { execa } from 'execa';

/** The local cloud's Python source: what goes into PYTHONPATH. */
export const pythonDirectory = import.meta.dirname;

/** Where the local cloud keeps files it can make again: virtual environments, byte code, the base layer. */
export const cacheDirectory = cacheOf(pythonDirectory);

type Say = (line: string) => void;

/**
 * Returns the Python executable of a virtual environment that holds exactly the given requirements
 * file, made on first use. Two processes may race: each builds under its own name, the first
 * rename wins, and the other one is deleted.
 *
 * @param requirements file name in the directory
 * @param directory the local cloud's, or that of another part that needs Python
 * @throws Error in one line when Python is missing, too old or cannot make virtual environments
 */
export async function pythonWith(requirements: string, say: Say, directory = pythonDirectory): Promise<string> {
  const home = join(cacheOf(directory), `venv-${await contentHash(directory, requirements)}`);
  const executable = join(home, 'bin/python');
  if (existsSync(executable)) return executable;

  await assertPython();
  say(`installing ${requirements} into .cache/${basename(directory)} (once)`);
  const building = `${home}.${process.pid}`;
  await mkdir(dirname(building), { recursive: true });
  try {
    await execa('python3', ['-m', 'venv', building]);
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', requirements];
    await execa(join(building, 'bin/python'), pip, { cwd: directory });
    await rename(building, home);
  } catch (error) {
    if (existsSync(executable)) return executable;
    throw new Error(`cannot install ${requirements}: ${lastLine(error)}`, { cause: error });
  } finally {
    await rm(building, { recursive: true, force: true });
  }
  return executable;
}

/** `.cache/` has a folder for each part of the tests that needs Python. */
function cacheOf(directory: string): string {
  return join(import.meta.dirname, '../../.cache', basename(directory));
}

/** A requirements file may include another one by `-r NAME`: both decide what is installed. */
async function contentHash(directory: string, requirements: string): Promise<string> {
  const hash = createHash('sha256');
  const text = await readFile(join(directory, requirements), 'utf8');
  hash.update(text);
  for (const [, included] of text.matchAll(/^-r (\S+)$/gm)) {
    hash.update(await readFile(join(directory, String(included)), 'utf8'));
  }
  return hash.digest('hex').slice(0, 12);
}

async function assertPython(): Promise<void> {
  const program = 'import sys, venv, ensurepip; print(sys.version_info >= (3, 11))';
  const { exitCode, stdout, stderr } = await execa('python3', ['-c', program], { reject: false });
  if (exitCode === undefined) {
    throw new Error('Python 3.11 or newer is needed: python3 is not on the PATH');
  }
  if (exitCode !== 0) {
    const missing = stderr.trim().split('\n').at(-1) ?? '';
    throw new Error(`Python's venv is needed (Debian: apt-get install python3-venv): ${missing}`);
  }
  if (stdout.trim() !== 'True') {
    throw new Error('Python 3.11 or newer is needed: python3 is older');
  }
}

function lastLine(error: unknown): string {
  const text = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
  return text.trim().split('\n').at(-1) ?? '';
}
