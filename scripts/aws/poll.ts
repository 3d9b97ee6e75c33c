import { setTimeout as wait } from 'node:timers/promises';
import { VendhostError } from '../errors.ts';
import { duration } from '../output.ts';

/** How long to wait between two polls, in milliseconds. */
export interface Pace {
  /** The first wait, and the wait after a change. */
  readonly shortest: number;
  /** Without changes the waits grow up to this. */
  readonly longest: number;
}

/** AWS throttles accounts that poll more often; the local cloud is one process for one user. */
export const paces = {
  aws: { shortest: 1000, longest: 5000 },
  localCloud: { shortest: 100, longest: 250 },
} as const satisfies Record<string, Pace>;

/** The next wait: the shortest after a change, else half as long again. */
export function nextWait(last: number, happened: boolean, { shortest, longest }: Pace): number {
  return happened ? shortest : Math.min(longest, Math.round(last * 1.5));
}

export interface PollOptions<T> {
  /** What is awaited, as it reads in "waited 10 min for …". */
  what: string;
  /** `aws.pace` of the polled account. */
  pace: Pace;
  /** Longest time to wait, in milliseconds. */
  limitMs: number;
  signal: AbortSignal;
  /** Returns the result, or `undefined` to be called again. */
  check: () => Promise<T | undefined>;
}

/** Polls until there is a result. Throws `TIMED_OUT` after the limit, and the signal's reason when it is aborted. */
export async function poll<T>({ what, pace, limitMs, signal, check }: PollOptions<T>): Promise<T> {
  const start = Date.now();
  for (let waitMs: number = pace.shortest; ; waitMs = nextWait(waitMs, false, pace)) {
    signal.throwIfAborted();
    const answer = await check();
    if (answer !== undefined) return answer;
    if (Date.now() - start + waitMs > limitMs) {
      throw new VendhostError('TIMED_OUT', `waited ${duration(limitMs)} for ${what}`, {
        hint: 'retry to wait again; if nothing changes, ask the platform team to look at it in AWS',
      });
    }
    await wait(waitMs, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}
