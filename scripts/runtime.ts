import { VendhostError } from './errors.ts';
import { duration, type Output } from './output.ts';

/** What one run of the command is given; nothing below `vendhost.ts` reads the process itself. */
export interface Runtime {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The directory that relative paths start from. */
  readonly cwd: string;
  readonly out: Output;
  /** Asks a person and waits for the answer; absent if nobody can answer. Rejects when the person ends the input. */
  readonly ask?: (question: string) => Promise<string>;
  /** Aborted with a `Cancelled` when the process gets a signal to stop, with a `JobTimeUp` when its job is about to be timed out. */
  readonly signal: AbortSignal;
}

/** What a command leaves of its job's time, to clean up and to hand in reports: a tenth, and at most this. */
const mostLeftMs = 3 * 60_000;
/** A job takes at most this long to come to the command; if it seems longer, GitLab's clock and the runner's differ. */
const mostBeforeMs = 10 * 60_000;
/** Longest time of a timer (https://nodejs.org/api/timers.html#settimeoutcallback-delay-args). */
const mostTimerMs = 2 ** 31 - 1;

/** The job is about to be timed out. */
export class JobTimeUp extends VendhostError {
  constructor(timeoutMs: number) {
    super('JOB_TIME_UP', `the job's ${duration(timeoutMs)} are nearly over; stopped while there is time to clean up`, {
      hint: "retry the job: it resumes from the current state; if it needs longer, raise the `timeout` of its hidden job, or the runner's limit",
    });
  }
}

/**
 * When a command in a job has to stop by itself, in milliseconds from `now`; `undefined` outside a script of a job. A runner does not
 * run the `after_script` of a job that it timed out (https://docs.gitlab.com/ci/runners/configure_runners/#ensuring-after_script-execution),
 * kills its processes within seconds, and the job's ID token ends with its time (`lib/gitlab/ci/jwt_v2.rb`).
 */
export function jobTimeLeft(
  env: Readonly<Record<string, string | undefined>>,
  now: number,
): { readonly ms: number; readonly timeoutMs: number } | undefined {
  const { CI_JOB_TIMEOUT: seconds, CI_JOB_STARTED_AT: startedAt = '', CI_JOB_STATUS: status = 'running' } = env;
  const timeoutMs = Number(seconds) * 1000;
  // In `after_script` the job has a status already (https://docs.gitlab.com/ci/variables/predefined_variables/).
  if (!(timeoutMs > 0) || status !== 'running') return undefined;
  const before = now - Date.parse(startedAt);
  const usedMs = before >= 0 && before <= mostBeforeMs ? before : 0;
  const ms = timeoutMs - usedMs - Math.min(mostLeftMs, timeoutMs / 10);
  return { ms: Math.min(Math.max(ms, 0), mostTimerMs), timeoutMs };
}
