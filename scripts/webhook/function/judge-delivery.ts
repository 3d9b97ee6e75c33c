import { createHash } from 'node:crypto';
import type { Half } from '../../config/tenant.ts';
import { parseObject, type ReportingProject, senderOf, type WebhookSecret } from './webhook-secret.ts';

/** The parts of GitLab's request that are read; names of headers in lower case. */
export interface Delivery {
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

/** What the build knows about a push: the configuration file of the articles. */
export interface ReportedPush {
  readonly commit: string;
  readonly branch: string;
  readonly author: string;
  /** Of the newest commit, cut. */
  readonly message: string;
  /** Hash of GitLab's delivery id and of the push: the same one is built once. */
  readonly delivery: string;
  /** Which half of the tenant the project has that was pushed to; absent for a tenant's only project. */
  readonly half?: Half;
}

/** `ignored` is answered with 200: it is no error, and GitLab disables a webhook that answers with errors. */
export type Judgement =
  | { readonly verdict: 'accepted'; readonly push: ReportedPush }
  | { readonly verdict: 'ignored'; readonly reason: string }
  | { readonly verdict: 'refused'; readonly status: 400 | 401 | 413; readonly reason: string };

/** A push of thousands of files has a body of some hundred kilobytes; Lambda takes 6 MB. */
export const mostBodyBytes = 2 * 1024 ** 2;

/** CodeBuild accepts about 5,500 characters of variables, and these texts are for people. Counted in Unicode characters. */
const mostMessage = 500;
const mostName = 200;

/** Compared with if there is no secret, so that this takes as long. */
const nobodys = { projects: [{ projectId: 0, tokens: [{ sha256: '0'.repeat(64) }] }] };

const noCommit = /^0+$/;
const commitHash = /^([0-9a-f]{40}|[0-9a-f]{64})$/;

/**
 * Decides what to do with a delivery (https://docs.gitlab.com/user/project/integrations/webhook_events/#push-events). Without a tenant's
 * secret, and with a wrong token, the answer is the same: nobody learns which tenants there are.
 */
export function judgeDelivery({ headers, body }: Delivery, secret: WebhookSecret | undefined, now: Date): Judgement {
  const token = headers['x-gitlab-token'] ?? '';
  const sender = senderOf(token, secret ?? nobodys, now);
  if (sender === undefined || secret === undefined) {
    return { verdict: 'refused', status: 401, reason: 'the token is wrong' };
  }
  if (Buffer.byteLength(body) > mostBodyBytes) {
    return { verdict: 'refused', status: 413, reason: `the body is larger than ${mostBodyBytes} bytes` };
  }
  const payload = parseObject(body);
  if (payload === undefined) return { verdict: 'refused', status: 400, reason: 'the body is no JSON object' };
  return judgePush(payload, headers, { ...sender, branch: secret.branch });
}

function judgePush(
  payload: Readonly<Record<string, unknown>>,
  headers: Delivery['headers'],
  { projectId, half, branch }: ReportingProject & Pick<WebhookSecret, 'branch'>,
): Judgement {
  const kind = text(payload.object_kind);
  if (kind !== 'push')
    return ignored(kind === '' ? 'an event without a kind' : `an event of kind ${kind.slice(0, 40)}`);
  // A token belongs to one project; a sender of another's events has copied it.
  if (payload.project_id !== projectId) return { verdict: 'refused', status: 401, reason: 'the token is wrong' };
  if (text(payload.ref) !== `refs/heads/${branch}`) return ignored(`not a push to ${branch}`);
  const after = text(payload.after);
  if (noCommit.test(after)) return ignored(`${branch} was deleted`);
  if (!commitHash.test(after)) return { verdict: 'refused', status: 400, reason: 'after is no commit' };
  const push = pushIn(payload, headers, { branch, commit: after });
  return { verdict: 'accepted', push: half === undefined ? push : { ...push, half } };
}

function pushIn(
  payload: Readonly<Record<string, unknown>>,
  headers: Delivery['headers'],
  { branch, commit }: { branch: string; commit: string },
): ReportedPush {
  return {
    commit,
    branch,
    author: shown(payload.user_name, mostName).replaceAll('\n', ' '),
    message: shown(newestMessage(payload, commit), mostMessage),
    delivery: deliveryOf(payload, headers, commit),
  };
}

/** GitLab lists the newest 20 commits, oldest first, and none where a branch is created from another. */
function newestMessage({ commits }: Readonly<Record<string, unknown>>, commit: string): unknown {
  const all = Array.isArray(commits) ? (commits as ({ id?: unknown; message?: unknown } | null)[]) : [];
  return all.find((each) => each?.id === commit)?.message;
}

/**
 * A text that anybody may have written, made safe for people to read: cut, and without what a terminal or a variable would interpret. Half
 * characters cannot be encoded in UTF-8.
 */
function shown(value: unknown, most: number): string {
  const readable = text(value).replace(/[^\P{Cc}\n]|\p{Cs}|\p{Bidi_Control}/gu, '');
  return [...readable].slice(0, most).join('');
}

/**
 * `Idempotency-Key` is the same when GitLab sends an event again, and `webhook-id` where a signing token is set; before 17.4 there is the
 * event's UUID only (https://docs.gitlab.com/user/project/integrations/webhooks/#delivery-headers).
 */
function deliveryOf(payload: Readonly<Record<string, unknown>>, headers: Delivery['headers'], commit: string): string {
  const id = headers['idempotency-key'] ?? headers['webhook-id'] ?? headers['x-gitlab-event-uuid'] ?? '';
  const parts = [id, text(payload.before), commit, text(payload.ref), String(payload.project_id)];
  return createHash('sha256').update(parts.join('\n')).digest('hex');
}

function ignored(reason: string): Judgement {
  return { verdict: 'ignored', reason };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
