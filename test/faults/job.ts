import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readdir, readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { projectRoot } from '../local-gitlab/platform.ts';
import { compiledCode } from '../local-gitlab/workspace.ts';

export interface JobOptions {
  readonly words: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Gets what the command prints. */
  readonly log: string;
  /** Longest time it may take. */
  readonly limitMs: number;
}

/** A command line in a process group of its own, as a runner starts a job. */
export interface Job {
  /** Its exit code; what ended it when nothing of its own did: `SIGKILL`, or `limit` when it took too long. */
  readonly ended: Promise<number | string>;
  /** Ends every process of the job at once. */
  kill(): Promise<void>;
  /** What GitLab's runner sends when a job is cancelled. */
  cancel(): void;
}

export async function startJob({ words, cwd, env, log, limitMs }: JobOptions): Promise<Job> {
  const file = await open(log, 'a');
  const child = spawn('node', [join(projectRoot, 'scripts/vendhost.ts'), ...words], {
    cwd,
    env: {
      PATH: [join(projectRoot, 'node_modules/.bin'), process.env.PATH].join(delimiter),
      NODE_COMPILE_CACHE: compiledCode,
      ...env,
    },
    stdio: ['ignore', file.fd, file.fd],
    detached: true,
  });
  await once(child, 'spawn');
  await file.close();
  return { ended: end(child, limitMs), kill: () => killTree(child), cancel: () => void signalGroup(child) };
}

async function end(child: ChildProcess, limitMs: number): Promise<number | string> {
  const late = Promise.withResolvers<'limit'>();
  const timer = setTimeout(() => void killTree(child).then(() => late.resolve('limit')), limitMs);
  const [code, signal] = await Promise.race([once(child, 'exit'), late.promise.then((why) => [null, why])]);
  clearTimeout(timer);
  return code ?? String(signal);
}

function signalGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGTERM');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Ends a process and all that it started, in whatever group: a container that is removed ends them all. */
async function killTree(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  for (const pid of [child.pid, ...(await descendants(child.pid))]) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
  await exited;
}

/** Process ids below this one; https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
async function descendants(root: number): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const stats = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')));
  // The name of a program may have spaces and parentheses: the parent's id is the second field after its last one.
  const parents = new Map(pids.map((pid, at) => [pid, Number(stats[at]?.split(') ').at(-1)?.split(' ')[1])]));
  const below = (parent: number): number[] =>
    pids.filter((pid) => parents.get(pid) === parent).flatMap((pid) => [pid, ...below(pid)]);
  return below(root);
}
