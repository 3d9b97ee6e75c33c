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

/**
 * Ends all processes below a job's shell. Not the shell itself: it ignores SIGTERM while it waits for a command, ends when that
 * was killed, and gitlab-ci-local takes a shell that a signal ended for a success.
 */
export async function endProcesses(shell: number, executor: Executor): Promise<void> {
  const processes = await descendants(shell);
  const limit = performance.now() + (executor.graceMs ?? graceMs[executor.name]);
  const untilGone = async (pids: readonly number[], until: number) => {
    while (pids.some(isAlive) && performance.now() < Math.min(until, limit)) await wait(pollMs);
  };
  if (executor.name === 'shell') for (const pid of processes) signal(pid, 'SIGTERM');
  if (executor.name === 'docker') {
    for (const pid of processes.toSorted((one, other) => other - one)) {
      if (performance.now() >= limit) break;
      signal(pid, 'SIGTERM');
      await untilGone([pid], performance.now() + (executor.processMs ?? dockerProcessMs));
    }
  }
  await untilGone(processes, Number.POSITIVE_INFINITY);
  for (const pid of [...processes, ...(await descendants(shell))]) signal(pid, 'SIGKILL');
}
