import type { Half } from '../config/tenant.ts';
import type { DeployToken, ProjectHook } from '../gitlab/hooks/project-hooks.ts';
import type { AcceptedToken, ReportingProject, WebhookSecret } from './function/webhook-secret.ts';

/** The existing webhook of one of a tenant's projects in one environment. */
export interface WebhookState {
  readonly hooks: readonly ProjectHook[];
  readonly deployTokens: readonly DeployToken[];
  /** The value of the secret, which covers all the tenant's projects; `undefined` before it is written. */
  readonly secret: WebhookSecret | undefined;
  /** Name of the user of the deploy token that builds clone the project with. */
  readonly cloneUser: string | undefined;
}

export interface WebhookWish {
  /** Path of the project. */
  readonly project: string;
  readonly half?: Half | undefined;
  readonly url: string;
  readonly branch: string;
  readonly projectId: number;
  /** Name of the deploy token. */
  readonly tokenName: string;
  /** Replace both tokens in any case. */
  readonly rotate: boolean;
}

/** What vending would change in one project. */
export interface ProjectWebhookPlan {
  readonly project: string;
  readonly hook: 'create' | 'update' | 'none';
  readonly hookId?: number;
  /** Webhooks to remove: GitLab has disabled them, or two vends at the same moment created them with the same address. */
  readonly repeated?: readonly number[];
  /** Whether the webhook gets another token. */
  readonly newToken: boolean;
  /** Whether builds get another deploy token, and those of the same name to remove. */
  readonly newDeployToken: boolean;
  readonly obsolete: readonly DeployToken[];
}

/** What vending would change in a tenant's webhooks. */
export interface WebhookPlan {
  readonly projects: readonly ProjectWebhookPlan[];
  /** Whether branch, projects, their halves or tokens of the secret change. */
  readonly rewritesSecret: boolean;
}

/** Compares what exists in each project with what is wanted there. */
export function planWebhooks(all: readonly { wish: WebhookWish; state: WebhookState }[]): WebhookPlan {
  const projects = all.map(({ wish, state }) => planProjectWebhook(wish, state));
  const secret = all[0]?.state.secret;
  const isSame =
    secret !== undefined &&
    secret.projects.length === all.length &&
    all.every(({ wish }) => secret.branch === wish.branch && entryOf(secret, wish)?.half === wish.half) &&
    all.every(({ wish }) => entryOf(secret, wish) !== undefined);
  return { projects, rewritesSecret: !isSame || projects.some(({ newToken }) => newToken) };
}

/** A token is kept if both sides have one: nobody can read it to compare. Two that never expire come from a killed run. */
function planProjectWebhook(
  wish: WebhookWish,
  { hooks, deployTokens, secret, cloneUser }: WebhookState,
): ProjectWebhookPlan {
  const same = hooks.filter(({ url }) => url === wish.url);
  // GitLab enables a disabled one only after a successful response, but never calls it (`app/models/concerns/web_hooks/auto_disabling.rb`).
  const hook = same.find(({ isDisabled }) => !isDisabled);
  const kept = entryOf(secret, wish)?.tokens.filter(({ until }) => until === undefined) ?? [];
  const repeated = same.filter((each) => each !== hook).map(({ id }) => id);
  // If there are several, nobody can tell whose token is in the secret.
  const newToken = wish.rotate || hook === undefined || kept.length !== 1 || repeated.length > 0;
  const isSet = hook?.pushEvents === true && hook.branchFilter === wish.branch && hook.verifiesTls && !hook.hasTemplate;
  const own = deployTokens.filter(({ name }) => name === wish.tokenName);
  const used = own.find(({ username }) => username === cloneUser);
  const newDeployToken = wish.rotate || used === undefined;
  return {
    project: wish.project,
    hook: hook === undefined ? 'create' : newToken || !isSet ? 'update' : 'none',
    ...(hook === undefined ? {} : { hookId: hook.id }),
    ...(repeated.length === 0 ? {} : { repeated }),
    newToken,
    newDeployToken,
    obsolete: own.filter((each) => newDeployToken || each !== used),
  };
}

function entryOf(
  secret: WebhookSecret | undefined,
  { projectId }: Pick<WebhookWish, 'projectId'>,
): ReportingProject | undefined {
  return secret?.projects.find((each) => each.projectId === projectId);
}

export function webhookDiffers({ projects, rewritesSecret }: WebhookPlan): boolean {
  return (
    rewritesSecret ||
    projects.some(({ hook, newDeployToken, obsolete }) => hook !== 'none' || newDeployToken || obsolete.length > 0)
  );
}

/** The plan as lines for people; with several projects each line names its project. */
export function webhookLines({ projects, rewritesSecret }: WebhookPlan): string[] {
  const hasNew = projects.some(({ newToken }) => newToken);
  return [
    ...projects.flatMap((each) => projectWebhookLines(each, projects.length === 1 ? '' : ` of ${each.project}`)),
    ...(rewritesSecret && !hasNew ? ['webhook: branch and project are written again'] : []),
  ];
}

function projectWebhookLines(plan: ProjectWebhookPlan, of: string): string[] {
  const { hook, repeated = [], newToken, newDeployToken, obsolete } = plan;
  const users = obsolete.map(({ username }) => username).join(', ');
  return [
    ...(hook === 'none' ? [] : [`webhook${of}: ${hook}${newToken ? ', with a new token' : ''}`]),
    ...(repeated.length === 0 ? [] : [`webhooks${of} with the same address that go: ${repeated.join(', ')}`]),
    ...(newDeployToken ? [`deploy token that builds clone with${of}: new`] : []),
    ...(obsolete.length === 0 ? [] : [`deploy tokens that go${of}: ${users}`]),
  ];
}

/** How long the former token is accepted, for deliveries in transit when it was replaced. */
const graceMs = 15 * 60_000;

/** The tokens accepted from now on: the new one, if any, and former ones that are still valid. */
export function acceptedTokens(
  former: readonly AcceptedToken[],
  newHash: string | undefined,
  now: Date,
): AcceptedToken[] {
  const good = former.filter(({ until }) => until === undefined || now < new Date(until));
  if (newHash === undefined) return good;
  const until = new Date(now.getTime() + graceMs).toISOString();
  return [{ sha256: newHash }, ...good.map((each) => ({ ...each, until: each.until ?? until }))];
}

/** The wanted secret, with hashes of new tokens by project number; it has only the tenant's projects. */
export function wantedSecret(
  wishes: readonly WebhookWish[],
  former: WebhookSecret | undefined,
  { hashes, now }: { hashes: ReadonlyMap<number, string>; now: Date },
): WebhookSecret {
  const projects = wishes.map((wish): ReportingProject => {
    const { projectId, half } = wish;
    const tokens = acceptedTokens(entryOf(former, wish)?.tokens ?? [], hashes.get(projectId), now);
    return { projectId, ...(half === undefined ? {} : { half }), tokens };
  });
  return { branch: wishes[0]?.branch ?? '', projects };
}

/** The same while GitLab does not have the new tokens yet: the former ones stay valid until then, so after a kill here no push is refused. */
export function secretMeanwhile(wanted: WebhookSecret, former: WebhookSecret | undefined): WebhookSecret {
  const lasting = new Set(
    (former?.projects ?? []).flatMap(({ tokens }) =>
      tokens.flatMap(({ sha256, until }) => (until === undefined ? [sha256] : [])),
    ),
  );
  const projects = wanted.projects.map((each) => ({
    ...each,
    tokens: each.tokens.map((token) => (lasting.has(token.sha256) ? { sha256: token.sha256 } : token)),
  }));
  return { ...wanted, projects };
}
