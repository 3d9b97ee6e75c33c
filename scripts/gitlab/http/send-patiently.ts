import { setTimeout as wait } from 'node:timers/promises';
import { duration, type Output } from '../../output.ts';
import type { Patience } from './patience.ts';

const attempts = 6;
/** Too many requests; a proxy has no GitLab behind it, GitLab starts or is in maintenance, or does not answer the proxy. */
const busy = [429, 502, 503, 504];

export interface Sending {
  /** Who is asked. */
  readonly who: string;
  /** Doing it twice is the same as doing it once. */
  readonly mayRepeat: boolean;
  /** Longest time of one attempt, in milliseconds. */
  readonly limitMs: number;
  readonly out: Output;
  readonly stop: AbortSignal;
  readonly patience: Patience;
}

/**
 * Sends a request until the answer is not that of a busy server, or patience ends; returns the last answer. What was refused with 429 was
 * not done (https://docs.gitlab.com/security/rate_limits/); after 502 to 504 only what may be repeated is.
 */
export async function sendPatiently(
  send: (signal: AbortSignal) => Promise<Response>,
  { who, mayRepeat, limitMs, out, stop, patience: { first, most } }: Sending,
): Promise<Response> {
  let waited = 0;
  for (let attempt = 1; ; attempt += 1) {
    const response = await send(AbortSignal.any([stop, AbortSignal.timeout(limitMs)]));
    const { status } = response;
    const waitMs = retryAfter(response, Date.now()) ?? first * 2 ** (attempt - 1);
    const goesOn =
      busy.includes(status) && (status === 429 || mayRepeat) && attempt < attempts && waited + waitMs <= most;
    if (!goesOn) return response;
    await response.body?.cancel();
    out.step(`${who} answers ${status}: waiting ${duration(waitMs)} to ask it again`);
    await wait(waitMs, undefined, { signal: stop }).catch(() => stop.throwIfAborted());
    waited += waitMs;
  }
}

/** `Retry-After` in milliseconds: seconds, or a date (https://www.rfc-editor.org/rfc/rfc9110#field.retry-after). */
export function retryAfter({ headers }: Pick<Response, 'headers'>, now: number): number | undefined {
  const value = headers.get('retry-after')?.trim() ?? '';
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const time = Date.parse(value);
  return Number.isNaN(time) ? undefined : Math.max(0, time - now);
}
