import { messageOf } from '../errors.ts';
import { duration } from '../output.ts';
import type { Runtime } from '../runtime.ts';
import type { DoctorFinding } from './finding.ts';

/** Longest time an address may take to answer, in milliseconds. */
export const answerLimitMs = 10_000;

/**
 * AWS refuses a request whose signature is more than five minutes off
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html).
 */
const mostSkewMs = 5 * 60_000;

/** An address that answered, or why it did not. Any HTTP status is an answer. */
export interface Reached {
  readonly address: string;
  /** Absent when it did not answer. */
  readonly status?: number;
  /** Where it redirects to instead. */
  readonly location?: string;
  readonly isPage?: boolean;
  /** The other clock less ours, in milliseconds, if the answer has a date; to the second. */
  readonly skewMs?: number;
  readonly why?: string;
}

/** Asks an address once. A silent one costs `answerLimitMs`. */
export async function reach(runtime: Runtime, address: string): Promise<Reached> {
  const signal = AbortSignal.any([runtime.signal, AbortSignal.timeout(answerLimitMs)]);
  try {
    const response = await fetch(address, { signal, redirect: 'manual' });
    await response.body?.cancel();
    const date = Date.parse(response.headers.get('date') ?? '');
    const { headers, status } = response;
    const location = status >= 300 && status < 400 ? headers.get('location') : null;
    const isPage = headers.get('content-type')?.startsWith('text/html') === true;
    return {
      address,
      status,
      isPage,
      ...(location !== null && { location }),
      ...(Number.isNaN(date) ? {} : { skewMs: date - Date.now() }),
    };
  } catch (error) {
    runtime.signal.throwIfAborted();
    return { address, why: whyNot(error) };
  }
}

/** Whether GitLab or AWS was reached. Outside jobs neither is required. */
export function reachFinding(name: 'GitLab' | 'AWS', reached: Reached, isNeeded: boolean): DoctorFinding {
  const row = { part: 'surroundings', check: `${name} reachable` } as const;
  const why = name === 'GitLab' ? notGitlab(reached) : down(reached);
  if (why === undefined) return { ...row, status: 'ok', detail: `${reached.address} answers` };
  const isThere = reached.status !== undefined;
  return {
    ...row,
    status: isNeeded ? 'fault' : 'unknown',
    detail: isThere ? `${reached.address} ${why}` : `cannot reach ${reached.address}: ${why}`,
    hint: isThere
      ? `check the address, what a proxy or a sign-in page before ${name} answers, and whether ${name} is up`
      : 'let this machine reach it: DNS, routes, firewall, and for a proxy HTTPS_PROXY with NODE_USE_ENV_PROXY=1',
  };
}

function down({ status, why }: Reached): string | undefined {
  if (status === undefined) return why;
  return status >= 500 ? `answers ${status}` : undefined;
}

/** GitLab's API asks for a token, in JSON, and does not redirect; AWS redirects browsers to its pages. */
function notGitlab(reached: Reached): string | undefined {
  const { status, location, isPage } = reached;
  if (location !== undefined) return `answers ${status} and leads to ${location}`;
  return down(reached) ?? (isPage === true ? `answers ${status} with a page, not as GitLab's API does` : undefined);
}

/** This machine's clock compared with those that answered: AWS's if it did, else GitLab's. */
export function clockFinding(reached: readonly Reached[]): DoctorFinding {
  const row = { part: 'surroundings', check: 'clock' } as const;
  const dated = reached.findLast(({ skewMs }) => skewMs !== undefined);
  if (dated?.skewMs === undefined) return { ...row, status: 'unknown', detail: 'no answer contained the time' };
  const off = Math.abs(dated.skewMs);
  // Dates of HTTP are whole seconds, and the answer took its time.
  if (off < 5000) return { ...row, status: 'ok', detail: `as ${dated.address} has it` };
  const detail = `${duration(off)} ${dated.skewMs > 0 ? 'behind' : 'ahead of'} ${dated.address}`;
  if (off <= mostSkewMs) return { ...row, status: 'ok', detail };
  const hint = 'set the clock (NTP): AWS refuses requests that are signed more than 5 min off';
  return { ...row, status: 'fault', detail, hint };
}

function whyNot(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError') return `no answer within ${duration(answerLimitMs)}`;
  const cause = error instanceof Error ? error.cause : undefined;
  return messageOf(cause ?? error);
}
