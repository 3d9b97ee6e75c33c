import { messageOf } from '../../scripts/errors.ts';
import { patience } from '../../scripts/gitlab/http/patience.ts';
import { sendPatiently } from '../../scripts/gitlab/http/send-patiently.ts';
import type { Output } from '../../scripts/output.ts';

/** Only the end of its process stops a release: it is run again. */
export const stop = new AbortController().signal;

export interface Request {
  readonly method?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  /** Longest wait for one answer, in milliseconds. */
  readonly limitMs: number;
}

/** Sends an idempotent request, and retries while the server is busy. Throws when nobody answers, with the purpose of the request. */
export async function send(out: Output, what: string, url: string | URL, { limitMs, ...init }: Request) {
  const who = new URL(url).host;
  try {
    return await sendPatiently(async (signal) => await fetch(url, { ...init, signal }), {
      ...{ who, mayRepeat: true, limitMs, out, stop, patience },
    });
  } catch (error) {
    const why = error instanceof Error && error.cause !== undefined ? error.cause : error;
    throw new Error(`cannot ${what}: ${who} does not answer: ${messageOf(why)}`, { cause: error });
  }
}
