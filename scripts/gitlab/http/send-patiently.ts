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
 * not done (https://docs.gitlab.com/security/rate_limits/); after 502 to 504, and when the connection breaks before the whole answer is
 * there, only what may be repeated is.
 */
export async function sendPatiently(
  send: (signal: AbortSignal) => Promise<Response>,
  { who, mayRepeat, limitMs, out, stop, patience: { first, most } }: Sending,
): Promise<Response> {
  let waited = 0;
  for (let attempt = 1; ; attempt += 1) {
    const end = await send(AbortSignal.any([stop, AbortSignal.timeout(limitMs)])).catch(brokenOff);
    const waitMs = (end instanceof Response ? retryAfter(end, Date.now()) : undefined) ?? first * 2 ** (attempt - 1);
    const isBusy = !(end instanceof Response) || busy.includes(end.status);
    const wasRefused = end instanceof Response && end.status === 429;
    const goesOn = isBusy && (wasRefused || mayRepeat) && attempt < attempts && waited + waitMs <= most;
    if (!goesOn && end instanceof Response) return end;
    if (!goesOn) throw end;
    const what = end instanceof Response ? `answers ${end.status}` : 'broke the connection off';
    if (end instanceof Response) await end.body?.cancel();
    out.step(`${who} ${what}: waiting ${duration(waitMs)} to ask it again`);
    await wait(waitMs, undefined, { signal: stop }).catch(() => stop.throwIfAborted());
    waited += waitMs;
  }
}

/** Codes of Node and undici for a connection that ended before the answer did. */
const broken = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

/** The error of a connection that was broken off; throws every other. */
function brokenOff(thrown: unknown): Error {
  const { code } = Object((thrown as { cause?: unknown }).cause) as { code?: unknown };
  if (thrown instanceof Error && typeof code === 'string' && broken.has(code)) return thrown;
  throw thrown;
}

/** `Retry-After` in milliseconds: seconds, or a date (https://www.rfc-editor.org/rfc/rfc9110#field.retry-after). */
export function retryAfter({ headers }: Pick<Response, 'headers'>, now: number): number | undefined {
  const value = headers.get('retry-after')?.trim() ?? '';
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const time = Date.parse(value);
  return Number.isNaN(time) ? undefined : Math.max(0, time - now);
}
