import type { Answer } from './answers.ts';

/** What a GitLab that is busy, down or behind a proxy answers instead of what was asked for. */
export interface Outage {
  readonly kind:
    | 'too-many-requests'
    | 'bad-gateway'
    | 'unavailable'
    | 'sign-in-page'
    | 'half-an-answer'
    | 'other-service'
    | 'forbidden';
  /** How many calls get it. */
  readonly times: number;
  /** Calls that get it, as `POST /projects/1/issues`; default: all. */
  readonly on?: RegExp;
  /** In seconds; of `too-many-requests` and `unavailable`. */
  readonly retryAfter?: number;
  /** The call is done all the same: only its answer is lost. */
  readonly isDone?: boolean;
}

/** A page as a proxy sends it. */
const html = (title: string) =>
  `<!DOCTYPE html>\n<html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>\n`;

const answers: Readonly<Record<Outage['kind'], Answer>> = {
  // `check_rate_limit!` of the API; https://docs.gitlab.com/administration/settings/rate_limits_on_note_creation/
  'too-many-requests': {
    status: 429,
    body: { message: { error: 'This endpoint has been requested too many times. Try again later.' } },
  },
  'bad-gateway': { status: 502, text: html('GitLab is not responding (502)') },
  unavailable: { status: 503, text: html('Deploy in progress') },
  forbidden: { status: 403, body: { message: '403 Forbidden' } },
  'other-service': { status: 200, body: { status: 'ok' } },
  'sign-in-page': { status: 200, text: html('Sign in') },
  'half-an-answer': {
    status: 200,
    body: undefined,
    text: '[{"id": 1, "bo',
    headers: { 'content-type': 'application/json' },
  },
};

/** Outages on demand: each call takes the first that is for it. */
export class Outages {
  /** Every call that was to change something. */
  readonly changes: string[] = [];
  readonly #waiting: { outage: Outage; left: number }[] = [];
  #last: number | undefined;

  /** From then on no call changes anything: of the last of so many that do, the answer is lost. Without a number it is over. */
  stopAfter(changes: number | undefined): void {
    this.#last = changes;
    this.changes.length = 0;
  }

  add(outage: Outage): void {
    this.#waiting.push({ outage, left: outage.times });
  }

  /** How many calls are still to come that get one. */
  get left(): number {
    return this.#waiting.reduce((sum, { left }) => sum + left, 0);
  }

  /** What the call gets instead of its answer. */
  take(call: string): { answer: Answer; isDone: boolean } | undefined {
    if (!call.startsWith('GET ')) {
      this.changes.push(call);
      const isOver = this.#last !== undefined && this.changes.length >= this.#last;
      if (isOver) return { answer: answers['bad-gateway'], isDone: this.changes.length === this.#last };
    }
    const found = this.#waiting.find(({ outage, left }) => left > 0 && (outage.on?.test(call) ?? true));
    if (found === undefined) return undefined;
    found.left -= 1;
    const { kind, retryAfter, isDone = false } = found.outage;
    const answer = answers[kind];
    const wait: Record<string, string> = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
    return { answer: { ...answer, headers: { ...answer.headers, ...wait } }, isDone };
  }
}
