import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import type { Aws } from '../aws/session.ts';
import { names, type Place } from '../config/names.ts';
import { VendhostError } from '../errors.ts';
import type { GitlabApi } from '../gitlab/api.ts';
import {
  createDeployToken,
  readDeployTokens,
  readProjectHooks,
  removeDeployToken,
  writeProjectHook,
} from '../gitlab/hooks/project-hooks.ts';
import { readProject } from '../gitlab/project.ts';
import type { Output } from '../output.ts';
import { readStack } from '../stack/stack-state.ts';
import { cloneSecretSchema } from './clone.ts';
import { readWebhookSecret, tokenHash, type WebhookSecret } from './function/webhook-secret.ts';
import { acceptedTokens, planWebhook, type WebhookPlan, type WebhookState, type WebhookWish } from './webhook-plan.ts';

export interface WebhookParts {
  readonly aws: Aws;
  readonly gitlab: GitlabApi;
  readonly out: Output;
  readonly place: Place;
  readonly project: string;
  /** The project is yet to be made; a vend makes it, and plans again. */
  readonly isNew?: boolean;
}

export interface PreparedWebhook {
  readonly plan: WebhookPlan;
  readonly wish: WebhookWish;
  readonly state: WebhookState;
}

/** The function reads a secret again for a token it does not know, but not twice in a second. */
const rereadMs = 2000;

/** Plans a tenant's webhook in one environment. Throws `WEBHOOK_MISSING` where the account has no endpoint. */
export async function prepareWebhook(
  { aws, gitlab, place, project, isNew = false }: WebhookParts,
  { branch, rotate }: Pick<WebhookWish, 'branch' | 'rotate'>,
): Promise<PreparedWebhook> {
  const [address, { id }, hooks, deployTokens, webhook, clone] = await Promise.all([
    endpointAddress(aws, place),
    isNew ? { id: 0 } : readProject(gitlab, project),
    isNew ? [] : readProjectHooks(gitlab, project),
    isNew ? [] : readDeployTokens(gitlab, project),
    readSecret(aws, names.webhookSecret(place)),
    readSecret(aws, names.cloneSecret(place)),
  ]);
  const wish: WebhookWish = {
    url: `${address}/${place.environment}/${place.tenant}`,
    branch,
    projectId: id,
    tokenName: names.host(place),
    rotate,
  };
  const cloneUser = cloneSecretSchema.safeParse(jsonOf(clone)).data?.username;
  const state = { hooks, deployTokens, secret: readWebhookSecret(webhook), cloneUser };
  return { plan: planWebhook(wish, state), wish, state };
}

/**
 * Applies the plan. The function knows a token before GitLab sends it, and the former one until deliveries that were on their way have
 * arrived; the same for deploy tokens. No value of a token is printed or kept: of the webhook's, AWS has the hash alone.
 */
export async function applyWebhook(parts: WebhookParts, { plan, wish, state }: PreparedWebhook): Promise<void> {
  const { aws, gitlab, out, place, project } = parts;
  const token = plan.newToken ? newToken(out) : undefined;
  if (plan.rewritesSecret) {
    const tokens = acceptedTokens(state.secret, token === undefined ? undefined : tokenHash(token), new Date());
    const secret: WebhookSecret = { version: 1, projectId: wish.projectId, branch: wish.branch, tokens };
    await writeSecret(aws, names.webhookSecret(place), secret);
    if (plan.newToken && plan.hook === 'update') await pause(rereadMs);
  }
  if (plan.hook !== 'none') {
    await writeProjectHook(gitlab, project, { id: plan.hookId, url: wish.url, branch: wish.branch, token });
    out.step(`set the webhook of ${project} for ${wish.branch}`);
  }
  if (plan.newDeployToken) {
    const { username, password } = await createDeployToken(gitlab, project, wish.tokenName);
    out.redact(password);
    await writeSecret(aws, names.cloneSecret(place), { username, password });
    out.step(`stored a new deploy token of ${project}`);
  }
  for (const { id } of plan.obsolete) await removeDeployToken(gitlab, project, id);
}

async function endpointAddress(aws: Aws, { environment }: Place): Promise<string> {
  const stack = await readStack(aws, names.webhookStack);
  const address = stack?.outputs.Address;
  if (address !== undefined) return address;
  throw new VendhostError('WEBHOOK_MISSING', `there is no webhook in the account of ${environment}, ${aws.region}`, {
    hint: `set webhook in platform.yml, then as an administrator: vendhost platform deploy --environment ${environment} --layer access`,
  });
}

/** 32 random bytes: its hash can be stored, as nobody can guess it. */
function newToken(out: Output): string {
  const token = randomBytes(32).toString('base64url');
  out.redact(token);
  return token;
}

/** The value of a secret; `undefined` where there is none, or nothing in it yet. */
async function readSecret(aws: Aws, SecretId: string): Promise<string | undefined> {
  const { GetSecretValueCommand, ResourceNotFoundException } = await import('@aws-sdk/client-secrets-manager');
  try {
    return (await (await aws.secretsManager()).send(new GetSecretValueCommand({ SecretId }))).SecretString;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

async function writeSecret(aws: Aws, SecretId: string, value: object): Promise<void> {
  const { PutSecretValueCommand } = await import('@aws-sdk/client-secrets-manager');
  const SecretString = JSON.stringify(value);
  await (await aws.secretsManager()).send(new PutSecretValueCommand({ SecretId, SecretString }));
}

function jsonOf(text: string | undefined): unknown {
  const parsed = z
    .string()
    .transform((each) => JSON.parse(each))
    .safeParse(text);
  return parsed.data;
}
