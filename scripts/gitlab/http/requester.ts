import { createRequesterFn, GitbeakerRequestError } from '@gitbeaker/requester-utils';
import type { Output } from '../../output.ts';
import { type Patience, UnreadableAnswer } from './patience.ts';
import { sendPatiently } from './send-patiently.ts';

const limitMs = 30_000;

interface Sent {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | FormData;
  readonly prefixUrl?: string;
  readonly searchParams?: string;
}

/**
 * Sends the calls of @gitbeaker, whose own way to send them asks ten times within a quarter of a second, whatever
 * `Retry-After` says, and repeats a POST that may have been done.
 */
export function patientRequester(out: Output, stop: AbortSignal, patience: Patience) {
  return createRequesterFn(
    async (_, options) => options,
    async (endpoint, options: Sent = {}) => {
      const { method = 'GET', headers, body, prefixUrl = '', searchParams = '' } = options;
      const url = new URL(endpoint, `${prefixUrl.replace(/\/+$/, '')}/`);
      url.search = searchParams;
      const init = { method, ...(headers && { headers }), ...(body !== undefined && { body }) };
      const send = { who: 'GitLab', mayRepeat: method !== 'POST', limitMs, out, stop, patience };
      const response = await sendPatiently(async (signal) => await whole(await fetch(url, { ...init, signal })), send);
      if (!response.ok) throw await refusal(url, init, response);
      const answer = await read(response, isLog.test(url.pathname));
      // What asks for pages asks for a list.
      if (!url.searchParams.has('per_page') || Array.isArray(answer.body)) return answer;
      throw new UnreadableAnswer(`${answer.status} with what is no list`, { cause: { response } });
    },
  );
}

/** The answer with all of its body: half of one is no answer. */
async function whole(response: Response): Promise<Response> {
  const text = await response.text();
  return new Response(text === '' ? null : text, response);
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
