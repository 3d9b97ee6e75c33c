import { setTimeout as wait } from 'node:timers/promises';
import { VendhostError } from '../errors.ts';

export interface PollOptions<T> {
  /** What is waited for, as it reads in "waited 10 min for …". */
  what: string;
  everyMs: number;
  /** Longest time to wait, in milliseconds. */
  limitMs: number;
  signal: AbortSignal;
  /** Returns the answer, or `undefined` to be asked again. */
  check: () => Promise<T | undefined>;
}

/** Asks until there is an answer. Throws `TIMED_OUT` after the limit, and the signal's reason when it is aborted. */
export async function poll<T>({ what, everyMs, limitMs, signal, check }: PollOptions<T>): Promise<T> {
  const start = Date.now();
  for (;;) {
    signal.throwIfAborted();
    const answer = await check();
    if (answer !== undefined) return answer;
    if (Date.now() - start + everyMs > limitMs) {
      throw new VendhostError('TIMED_OUT', `waited ${duration(limitMs)} for ${what}`, {
        hint: 'retry, and it waits again; if nothing changes, look at it in AWS, or ask the platform team to',
      });
    }
    await wait(everyMs, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

/** `90_000` → `1 min 30 s`. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  if (minutes === 0) return `${seconds} s`;
  return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
}
