import { createHash, timingSafeEqual } from 'node:crypto';
import type { Half } from '../../config/tenant.ts';

/** A token that GitLab may send, by its hash: nobody who reads the secret can send one. */
export interface AcceptedToken {
  /** SHA-256 of the token, in hex; the token is 32 random bytes, so its hash tells nothing. */
  readonly sha256: string;
  /** ISO 8601: a former token is valid until then, for deliveries in transit when it was replaced. */
  readonly until?: string;
}

/** A project whose pushes are accepted, with its own tokens. */
export interface ReportingProject {
  /** GitLab's number of the project. */
  readonly projectId: number;
  /** Which half of the tenant it contains; absent for a tenant's only project. */
  readonly half?: Half;
  readonly tokens: readonly AcceptedToken[];
}

/** What the function knows about one tenant in one environment. Vending writes it. */
export interface WebhookSecret {
  readonly branch: string;
  readonly projects: readonly ReportingProject[];
}

export function tokenHash(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** The value of a secret; `undefined` if nothing was vended, or in a format that this version does not know. */
export function readWebhookSecret(text: string | undefined): WebhookSecret | undefined {
  const value = parseObject(text ?? '');
  if (value === undefined || typeof value.branch !== 'string') return undefined;
  const { version, branch } = value;
  if (version === 1)
    return isProject(value) ? { branch, projects: [{ projectId: value.projectId, tokens: value.tokens }] } : undefined;
  const { projects } = value;
  if (version !== 2 || !Array.isArray(projects) || !projects.every(isProject)) return undefined;
  return { branch, projects };
}

/** The secret as its value: version 1 for a tenant with one project, so that functions of an older stack read it. */
export function secretValue({ branch, projects }: WebhookSecret): object {
  const [only, ...others] = projects;
  if (only !== undefined && others.length === 0 && only.half === undefined) {
    return { version: 1, projectId: only.projectId, branch, tokens: only.tokens };
  }
  return { version: 2, branch, projects };
}

/** The project whose token this is, compared in constant time: with all of them, and hashes of one length. */
export function senderOf(
  token: string,
  { projects }: Pick<WebhookSecret, 'projects'>,
  now: Date,
): ReportingProject | undefined {
  const sent = Buffer.from(tokenHash(token), 'hex');
  const senders = projects.filter(({ tokens }) => {
    const equal = tokens.map(({ sha256, until }) => {
      const known = Buffer.from(sha256, 'hex');
      const isSame = known.length === sent.length && timingSafeEqual(known, sent);
      return isSame && (until === undefined || now < new Date(until));
    });
    return equal.includes(true);
  });
  return senders[0];
}

/** An object of JSON; `undefined` for any other text. */
export function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isProject(value: unknown): value is ReportingProject & Record<string, unknown> {
  if (!isObject(value)) return false;
  const { projectId, half, tokens } = value;
  const isHalf = half === undefined || half === 'infrastructure' || half === 'software';
  return typeof projectId === 'number' && isHalf && Array.isArray(tokens) && tokens.every(isToken);
}

function isToken(value: unknown): value is AcceptedToken {
  if (!isObject(value)) return false;
  const { sha256, until } = value;
  return typeof sha256 === 'string' && (until === undefined || typeof until === 'string');
}
