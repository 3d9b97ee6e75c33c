import { createHash, timingSafeEqual } from 'node:crypto';

/** A token that GitLab may send, by its hash: nobody who reads the secret can send one. */
export interface AcceptedToken {
  /** SHA-256 of the token, in hex; the token is 32 random bytes, so its hash tells nothing. */
  readonly sha256: string;
  /** ISO 8601: a former token is good until then, for deliveries that were on their way when it was replaced. */
  readonly until?: string;
}

/** What the function knows of one tenant in one environment: the value of its secret, as JSON. Vending writes it. */
export interface WebhookSecret {
  readonly version: 1;
  /** GitLab's number of the project. */
  readonly projectId: number;
  readonly branch: string;
  readonly tokens: readonly AcceptedToken[];
}

export function tokenHash(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** The value of a secret; `undefined` where nothing was vended, or something that this version does not know. */
export function readWebhookSecret(text: string | undefined): WebhookSecret | undefined {
  const value = parseObject(text ?? '');
  if (value === undefined) return undefined;
  const { version, projectId, branch, tokens } = value as Partial<WebhookSecret>;
  const isWhole = version === 1 && typeof projectId === 'number' && typeof branch === 'string' && Array.isArray(tokens);
  return isWhole ? (value as unknown as WebhookSecret) : undefined;
}

/** Whether a token is one of those, compared in constant time: all of them, and hashes of one length. */
export function isAccepted(token: string, { tokens }: Pick<WebhookSecret, 'tokens'>, now: Date): boolean {
  const sent = Buffer.from(tokenHash(token), 'hex');
  const equal = tokens.map(({ sha256, until }) => {
    const known = Buffer.from(sha256, 'hex');
    const isSame = known.length === sent.length && timingSafeEqual(known, sent);
    return isSame && (until === undefined || now < new Date(until));
  });
  return equal.includes(true);
}

/** An object of JSON; `undefined` for any other text. */
export function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
