import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';

/** Longest time that a build waits for another, in seconds. */
const waitSeconds = 30 * 60;

/** Number of an open file: arbitrary, but execa's types end at 9. */
export type OpenFile = 3 | 4 | 5 | 6 | 7 | 8 | 9;

export interface Lock {
  /** Open file that has the lock: a process that inherits it holds it too. */
  readonly file: OpenFile;
  release(): void;
}

/**
 * Lets one build at a time work in a folder; another one names the process it waits for. The kernel holds the lock (flock(2)), so it ends with the
 * last process that has the file open, however that ends. Throws when the other build takes more than half an hour.
 */
export async function lockFolder(directory: string, say: (line: string) => void, limit = waitSeconds): Promise<Lock> {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, 'lock');
  const file = openSync(path, 'a+') as OpenFile;
  const flock = async (...words: string[]) =>
    await execa('flock', [...words, '3'], { stdio: ['ignore', 'pipe', 'pipe', file], reject: false });
  const isMine = async (...words: string[]) => {
    const { exitCode, stderr, shortMessage } = await flock(...words);
    // With 1 somebody else has it; anything else is an error.
    if (exitCode === 0 || (exitCode === 1 && stderr === '')) return exitCode === 0;
    throw new Error(`cannot lock ${path}: ${stderr || shortMessage}`);
  };
  try {
    if (!(await isMine('--nonblock'))) {
      const who = readFileSync(path, 'utf8').trim() || 'another process';
      say(`waiting for the build of ${who}, which works in ${directory}`);
      if (!(await isMine('--timeout', String(limit))))
        throw new Error(`the build of ${who} still has ${path} after ${limit} s: wait for it, or end it`);
    }
    ftruncateSync(file);
    writeSync(file, `process ${process.pid}, since ${new Date().toISOString()}\n`);
  } catch (error) {
    closeSync(file);
    throw error;
  }
  return { file, release: () => closeSync(file) };
}
