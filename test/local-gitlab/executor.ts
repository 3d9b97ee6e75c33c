import { setTimeout as wait } from 'node:timers/promises';
import { descendants, isAlive, signal } from './processes.ts';

/** How a runner ends the processes of a job that is canceled; times in milliseconds. */
export interface Executor {
  readonly name: 'shell' | 'docker' | 'kubernetes';
  /** Docker: how long it waits for each process, and for all together. */
  readonly processMs?: number;
  /** Time between the first signal and SIGKILL. */
  readonly graceMs?: number;
  /** GitLab since 17.0 with runners since 16.11 runs `after_script` of canceled jobs; a runner that is lost does not. Default: true */
  readonly afterScript?: boolean;
}

/**
 * What runners do by themselves.
 *
 * - shell: SIGTERM to all, SIGKILL after ten minutes (https://docs.gitlab.com/runner/executors/shell/).
 * - docker: SIGTERM to one process after another, the highest id first, waiting up to 6 seconds for each; SIGKILL when 10 seconds
 *   are over (gitlab-runner, `ContainerSigTermScriptForLinux` in shells/bash.go, executors/docker/internal/wait/wait.go).
 * - kubernetes: the pod is deleted. SIGTERM reaches the container's first process alone, a shell, which ignores it; SIGKILL
 *   after 30 seconds (https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination).
 */
const graceMs = { shell: 600_000, docker: 10_000, kubernetes: 30_000 } as const;
const dockerProcessMs = 6000;

const pollMs = 50;
const shellMs = 60_000;

/** Time as a runner sees it; milliseconds. */
export interface Clock {
  now(): number;
  wait(ms: number): Promise<unknown>;
}

const clockOfThisMachine: Clock = { now: () => performance.now(), wait: (ms) => wait(ms) };

/**
 * Ends all processes below a job's shell, and with them the shell. Not the shell itself: it ignores SIGTERM while it waits for a
 * command, ends when that was killed, and gitlab-ci-local takes a shell that a signal ended for a success.
 */
export async function endProcesses(
  shell: number,
  executor: Executor,
  { now, wait }: Clock = clockOfThisMachine,
): Promise<void> {
  const limit = now() + (executor.graceMs ?? graceMs[executor.name]);
  let processes = await descendants(shell);
  // A shell between two commands has none.
  while (processes.length === 0 && isAlive(shell) && now() < limit) {
    await wait(pollMs);
    processes = await descendants(shell);
  }
  const untilGone = async (pids: readonly number[], until: number) => {
    while (pids.some(isAlive) && now() < Math.min(until, limit)) await wait(pollMs);
  };
  if (executor.name === 'shell') for (const pid of processes) signal(pid, 'SIGTERM');
  if (executor.name === 'docker') {
    for (const pid of processes.toSorted((one, other) => other - one)) {
      if (now() >= limit) break;
      signal(pid, 'SIGTERM');
      await untilGone([pid], now() + (executor.processMs ?? dockerProcessMs));
    }
  }
  await untilGone(processes, Number.POSITIVE_INFINITY);
  const patience = now() + shellMs;
  do {
    for (const pid of [...processes, ...(await descendants(shell))]) if (isAlive(pid)) signal(pid, 'SIGKILL');
    if (now() > patience)
      throw new Error(`the shell ${shell} did not end within ${shellMs / 1000} s after its commands`);
    await wait(pollMs);
  } while (isAlive(shell));
}
