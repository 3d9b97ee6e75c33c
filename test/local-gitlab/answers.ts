export interface Call {
  readonly method: string;
  /** Path below `/api/v4`, decoded piece by piece. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  /** Instead of a body in JSON; HTML if the headers do not say otherwise. */
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export const notFound = (what: string): Answer => ({ status: 404, body: { message: `404 ${what}` } });
export const forbidden = (): Answer => ({ status: 403, body: { message: '403 Forbidden' } });
export const notAllowed = (): Answer => ({ status: 405, body: { error: '405 Not Allowed' } });

/** What a call gives, in its query or in its body. */
export function given(call: Call): Readonly<Record<string, unknown>> {
  return { ...Object.fromEntries(call.query), ...call.body };
}

/** GitLab's answer when attributes are missing that it cannot do without. */
export function missing(values: Readonly<Record<string, unknown>>, ...names: string[]): Answer | undefined {
  const absent = names.filter((name) => values[name] === undefined);
  if (absent.length === 0) return undefined;
  return { status: 400, body: { error: absent.map((name) => `${name} is missing`).join(', ') } };
}

/** GitLab's answer to what it does not take. */
export const refused = (message: unknown, status = 400): Answer => ({ status, body: { message } });
