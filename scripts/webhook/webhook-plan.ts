import type { DeployToken, ProjectHook } from '../gitlab/hooks/project-hooks.ts';
import type { AcceptedToken, WebhookSecret } from './function/webhook-secret.ts';

/** What there is of a tenant's webhook in one environment. */
export interface WebhookState {
  readonly hooks: readonly ProjectHook[];
  readonly deployTokens: readonly DeployToken[];
  /** The value of the secret; `undefined` before it is written. */
  readonly secret: WebhookSecret | undefined;
  /** Name of the user of the deploy token that builds clone with. */
  readonly cloneUser: string | undefined;
}

export interface WebhookWish {
  readonly url: string;
  readonly branch: string;
  readonly projectId: number;
  /** Name of the deploy token. */
  readonly tokenName: string;
  /** Replace both tokens, whatever there is. */
  readonly rotate: boolean;
}

/** What vending would change of it. */
export interface WebhookPlan {
  readonly hook: 'create' | 'update' | 'none';
  readonly hookId?: number;
  /** Whether the webhook gets another token. */
  readonly newToken: boolean;
  /** Whether builds get another deploy token; and those of the same name that go then. */
  readonly newDeployToken: boolean;
  readonly obsolete: readonly DeployToken[];
  /** Whether branch or project of the secret change. */
  readonly rewritesSecret: boolean;
}

/** Compares what there is with what is wanted. A token is kept where both ends have one: nobody can read it to compare. */
export function planWebhook(wish: WebhookWish, { hooks, deployTokens, secret, cloneUser }: WebhookState): WebhookPlan {
  const hook = hooks.find(({ url }) => url === wish.url);
  const newToken = wish.rotate || hook === undefined || secret === undefined || secret.tokens.length === 0;
  const isSet =
    hook?.pushEvents === true && hook.branchFilter === wish.branch && hook.verifiesTls && hook.isDisabled === false;
  const own = deployTokens.filter(({ name }) => name === wish.tokenName);
  const used = own.find(({ username }) => username === cloneUser);
  const newDeployToken = wish.rotate || used === undefined;
  return {
    hook: hook === undefined ? 'create' : newToken || !isSet ? 'update' : 'none',
    ...(hook === undefined ? {} : { hookId: hook.id }),
    newToken,
    newDeployToken,
    obsolete: own.filter((each) => newDeployToken || each !== used),
    rewritesSecret: newToken || secret?.branch !== wish.branch || secret.projectId !== wish.projectId,
  };
}

export function webhookDiffers({ hook, newDeployToken, obsolete, rewritesSecret }: WebhookPlan): boolean {
  return hook !== 'none' || newDeployToken || obsolete.length > 0 || rewritesSecret;
}

/** The plan as lines for people. */
export function webhookLines({ hook, newToken, newDeployToken, obsolete, rewritesSecret }: WebhookPlan): string[] {
  return [
    ...(hook === 'none' ? [] : [`webhook: ${hook}${newToken ? ', with a new token' : ''}`]),
    ...(rewritesSecret && !newToken ? ['webhook: branch and project are written again'] : []),
    ...(newDeployToken ? ['deploy token that builds clone with: new'] : []),
    ...(obsolete.length === 0 ? [] : [`deploy tokens that go: ${obsolete.map(({ username }) => username).join(', ')}`]),
  ];
}

/** How long deliveries with the former token are accepted: those that were on their way when it was replaced. */
const graceMs = 15 * 60_000;

/** The tokens that are accepted from now on: the new one, if there is one, and of the former ones what is still good. */
export function acceptedTokens(
  former: WebhookSecret | undefined,
  newHash: string | undefined,
  now: Date,
): AcceptedToken[] {
  const good = (former?.tokens ?? []).filter(({ until }) => until === undefined || now < new Date(until));
  if (newHash === undefined) return good;
  const until = new Date(now.getTime() + graceMs).toISOString();
  return [{ sha256: newHash }, ...good.map((each) => ({ ...each, until: each.until ?? until }))];
}
