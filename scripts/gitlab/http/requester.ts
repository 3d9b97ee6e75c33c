import { setTimeout as wait } from 'node:timers/promises';
import { createRequesterFn, GitbeakerRequestError } from '@gitbeaker/requester-utils';
import { duration, type Output } from '../../output.ts';
import { type Patience, UnreadableAnswer } from './patience.ts';

const attempts = 6;
const requestLimitMs = 30_000;
/** Too many requests; a proxy has no GitLab behind it, GitLab starts or is in maintenance, or does not answer the proxy. */
const busy = [429, 502, 503, 504];

interface Sent {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | FormData;
  readonly prefixUrl?: string;
  readonly searchParams?: string;
}

/**
 * Sends the calls of @gitbeaker, whose own way to send them asks ten times within a quarter of a second, whatever
 * `Retry-After` says, and repeats a POST that may have been done. A call that GitLab refused with 429 it has not done
 * (https://docs.gitlab.com/security/rate_limits/); after 502 to 504 only calls that may be repeated are.
 */
export function patientRequester(out: Output, stop: AbortSignal, { first, most }: Patience) {
  return createRequesterFn(
    async (_, options) => options,
    async (endpoint, options: Sent = {}) => {
      const { method = 'GET', headers, body, prefixUrl = '', searchParams = '' } = options;
      const url = new URL(endpoint, `${prefixUrl.replace(/\/+$/, '')}/`);
      url.search = searchParams;
      const init = { method, ...(headers && { headers }), ...(body !== undefined && { body }) };
      let waited = 0;
      for (let attempt = 1; ; attempt += 1) {
        const signal = AbortSignal.any([stop, AbortSignal.timeout(requestLimitMs)]);
        const response = await fetch(url, { ...init, signal });
        if (response.ok) return await read(response, isLog.test(url.pathname));
        const waitMs = retryAfter(response, Date.now()) ?? first * 2 ** (attempt - 1);
        const mayRepeat = response.status === 429 || method !== 'POST';
        const goesOn = busy.includes(response.status) && mayRepeat && attempt < attempts && waited + waitMs <= most;
        if (!goesOn) throw await refusal(url, init, response);
        await response.body?.cancel();
        out.step(`GitLab answers ${response.status}: waiting ${duration(waitMs)} to ask it again`);
        await wait(waitMs, undefined, { signal: stop }).catch(() => stop.throwIfAborted());
        waited += waitMs;
      }
    },
  );
}

/** `Retry-After` in milliseconds: seconds, or a date (https://www.rfc-editor.org/rfc/rfc9110#field.retry-after). */
export function retryAfter({ headers }: Pick<Response, 'headers'>, now: number): number | undefined {
  const value = headers.get('retry-after')?.trim() ?? '';
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const time = Date.parse(value);
  return Number.isNaN(time) ? undefined : Math.max(0, time - now);
}

/** A job's log, the only answer that is no JSON (https://docs.gitlab.com/api/jobs/#get-a-job-log). */
const isLog = /\/jobs\/\d+\/trace$/;

async function read(response: Response, isText: boolean) {
  const { status } = response;
  const headers = Object.fromEntries(response.headers.entries());
  const text = await response.text();
  if (isText) return { status, headers, body: text };
  if (text === '') return { status, headers, body: null };
  try {
    return { status, headers, body: JSON.parse(text) };
  } catch {
    throw new UnreadableAnswer(`${status} with ${answerKind(response, text)}`, { cause: { response } });
  }
}

async function refusal(url: URL, init: RequestInit, response: Response): Promise<Error> {
  const description = descriptionIn(response, await response.text().catch(() => ''));
  // The request is for its readers only, and has the token: without it and without a body.
  const request = new Request(url, init.method === undefined ? {} : { method: init.method });
  return new GitbeakerRequestError(description, { cause: { description, request, response } });
}

/** What GitLab says of a refusal: a text, or faults by attribute. */
function descriptionIn(response: Response, text: string): string {
  try {
    const { error, message } = JSON.parse(text) as { error?: unknown; message?: unknown };
    const found = error ?? message ?? '';
    return typeof found === 'string' ? found : JSON.stringify(found);
  } catch {
    return text === '' ? '' : answerKind(response, text);
  }
}

function answerKind(response: Response, text: string): string {
  const type = response.headers.get('content-type')?.split(';')[0] ?? 'no content type';
  const title = /<title[^>]*>([^<]{1,100})/i.exec(text)?.[1]?.trim();
  return title === undefined ? `${type}, ${text.length} characters` : `${type}: ${title}`;
}
