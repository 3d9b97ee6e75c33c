import { setTimeout as wait } from 'node:timers/promises';
import { VendhostError } from '../errors.ts';
import { duration } from '../output.ts';

/** How long to wait between two looks at something in AWS, in milliseconds. */
export interface Pace {
  /** The first wait, and the one after something happened. */
  readonly shortest: number;
  /** While nothing happens the waits grow up to this. */
  readonly longest: number;
}

/** AWS throttles an account that asks more often; the local cloud is one process that serves one user. */
export const paces = {
  aws: { shortest: 1000, longest: 5000 },
  localCloud: { shortest: 100, longest: 250 },
} as const satisfies Record<string, Pace>;

/** The wait that follows a wait: the shortest when something happened, else half as long again. */
export function nextWait(last: number, happened: boolean, { shortest, longest }: Pace): number {
  return happened ? shortest : Math.min(longest, Math.round(last * 1.5));
}

export interface PollOptions<T> {
  /** What is waited for, as it reads in "waited 10 min for …". */
  what: string;
  /** `aws.pace` of the account that is asked. */
  pace: Pace;
  /** Longest time to wait, in milliseconds. */
  limitMs: number;
  signal: AbortSignal;
  /** Returns the answer, or `undefined` to be asked again. */
  check: () => Promise<T | undefined>;
}

/** Asks until there is an answer. Throws `TIMED_OUT` after the limit, and the signal's reason when it is aborted. */
export async function poll<T>({ what, pace, limitMs, signal, check }: PollOptions<T>): Promise<T> {
  const start = Date.now();
  for (let waitMs: number = pace.shortest; ; waitMs = nextWait(waitMs, false, pace)) {
    signal.throwIfAborted();
    const answer = await check();
    if (answer !== undefined) return answer;
    if (Date.now() - start + waitMs > limitMs) {
      throw new VendhostError('TIMED_OUT', `waited ${duration(limitMs)} for ${what}`, {
        hint: 'retry, and it waits again; if nothing changes, look at it in AWS, or ask the platform team to',
      });
    }
    await wait(waitMs, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}
