import type { Place } from '../../config/names.ts';
import { senderOf, type WebhookSecret } from './webhook-secret.ts';

/** A secret that was read: its content, or that there is none. */
interface Read {
  readonly secret: WebhookSecret | undefined;
  readonly at: number;
}

/** How long a cached secret is used: a revoked token stays valid for that long. */
const freshMs = 5 * 60_000;
/** For an unknown token the secret is read again, but no more often than this: somebody may be guessing. */
const againMs = 1000;
/** Anybody can request any name. */
const mostKept = 1000;

/**
 * Secrets of the tenants, read once in some minutes. A new token is not in the cache yet: then the secret is read
 * again, so that a rotation refuses no push.
 */
export class SecretCache {
  readonly #read: (place: Place) => Promise<WebhookSecret | undefined>;
  readonly #clock: () => number;
  readonly #kept = new Map<string, Read>();

  constructor(read: (place: Place) => Promise<WebhookSecret | undefined>, clock: () => number = Date.now) {
    this.#read = read;
    this.#clock = clock;
  }

  async secretFor(place: Place, token: string): Promise<WebhookSecret | undefined> {
    const key = `${place.environment}/${place.tenant}`;
    const now = this.#clock();
    const kept = this.#kept.get(key);
    if (kept !== undefined && now - kept.at < againMs) return kept.secret;
    const knows = kept?.secret !== undefined && senderOf(token, kept.secret, new Date(now)) !== undefined;
    if (kept !== undefined && knows && now - kept.at < freshMs) return kept.secret;
    const secret = await this.#read(place);
    if (this.#kept.size >= mostKept) this.#kept.clear();
    this.#kept.set(key, { secret, at: now });
    return secret;
  }
}
