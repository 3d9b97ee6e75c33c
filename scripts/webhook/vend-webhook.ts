import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Aws } from '../aws/session.ts';
import { names, type Place } from '../config/names.ts';
import type { TenantProject } from '../config/tenant.ts';
import { VendhostError } from '../errors.ts';
import type { GitlabApi } from '../gitlab/api.ts';
import {
  createDeployToken,
  readDeployTokens,
  readProjectHooks,
  removeDeployToken,
  removeProjectHook,
  writeProjectHook,
} from '../gitlab/hooks/project-hooks.ts';
import { readProject } from '../gitlab/project.ts';
import type { Output } from '../output.ts';
import { readStack } from '../stack/stack-state.ts';
import { cloneSecretSchema } from './clone.ts';
import {
  parseObject,
  readWebhookSecret,
  secretValue,
  tokenHash,
  type WebhookSecret,
} from './function/webhook-secret.ts';
import {
  type ProjectWebhookPlan,
  planWebhooks,
  secretMeanwhile,
  type WebhookPlan,
  type WebhookWish,
  wantedSecret,
} from './webhook-plan.ts';

export interface WebhookParts {
  readonly aws: Aws;
  readonly gitlab: GitlabApi;
  readonly out: Output;
  readonly place: Place;
  /** The tenant's project, or its two; a vend creates a missing one, and plans again. */
  readonly projects: readonly (TenantProject & { readonly isNew?: boolean })[];
}

/** What is wanted in each project, and what exists. */
export interface PreparedWebhook {
  readonly plan: WebhookPlan;
  readonly wishes: readonly WebhookWish[];
  readonly secret: WebhookSecret | undefined;
}

/** The function reads a secret again for a token it does not know, but not twice in a second. */
const rereadMs = 2000;

/** Plans a tenant's webhooks in one environment. Throws `WEBHOOK_MISSING` where the account has no endpoint. */
export async function prepareWebhook(
  { aws, gitlab, place, projects }: WebhookParts,
  { branch, rotate }: Pick<WebhookWish, 'branch' | 'rotate'>,
): Promise<PreparedWebhook> {
  const [address, secret] = await Promise.all([endpointAddress(aws, place), readVendedSecret(aws, place)]);
  const all = await Promise.all(
    projects.map(async ({ path, half, isNew = false }) => {
      const [{ id }, hooks, deployTokens, clone] = await Promise.all([
        isNew ? { id: 0 } : readProject(gitlab, path),
        isNew ? [] : readProjectHooks(gitlab, path),
        isNew ? [] : readDeployTokens(gitlab, path),
        readSecret(aws, names.cloneSecret(place, half)),
      ]);
      const wish: WebhookWish = {
        project: path,
        ...(half === undefined ? {} : { half }),
        url: `${address}/${place.environment}/${place.tenant}`,
        branch,
        projectId: id,
        tokenName: names.host(place),
        rotate,
      };
      const cloneUser = cloneSecretSchema.safeParse(parseObject(clone ?? '')).data?.username;
      return { wish, state: { hooks, deployTokens, secret, cloneUser } };
    }),
  );
  return { plan: planWebhooks(all), wishes: all.map(({ wish }) => wish), secret };
}

/**
 * Applies the plan. The function knows a token before GitLab sends it, and accepts the former one until deliveries in transit have
 * arrived; the same for deploy tokens. No token's value is printed or kept: AWS has only the hash of the webhook's.
 */
export async function applyWebhook(
  parts: Omit<WebhookParts, 'projects'>,
  { plan, wishes, secret }: PreparedWebhook,
): Promise<void> {
  const { aws, gitlab, out, place } = parts;
  const tokens = new Map(
    plan.projects.flatMap(({ project, newToken }) => (newToken ? [[project, makeToken(out)]] : [])),
  );
  const write = async (value: WebhookSecret) => await writeSecret(aws, names.webhookSecret(place), secretValue(value));
  const hashes = new Map(
    wishes.flatMap(({ project, projectId }) => {
      const token = tokens.get(project);
      return token === undefined ? [] : [[projectId, tokenHash(token)] as const];
    }),
  );
  const wanted = wantedSecret(wishes, secret, { hashes, now: new Date() });
  const meanwhile = secretMeanwhile(wanted, secret);
  if (plan.rewritesSecret) {
    await write(meanwhile);
    if (plan.projects.some(({ hookId, newToken, repeated }) => newToken && (hookId ?? repeated) !== undefined)) {
      await pause(rereadMs);
    }
  }
  for (const { project, hook, hookId, repeated = [] } of plan.projects) {
    const wish = wishes.find((each) => each.project === project);
    if (hook === 'none' || wish === undefined) continue;
    const { url, branch } = wish;
    await writeProjectHook(gitlab, project, { id: hookId, url, branch, token: tokens.get(project) });
    out.step(`set the webhook of ${project} for ${branch}`);
    for (const id of repeated) await removeProjectHook(gitlab, project, id);
  }
  if (JSON.stringify(meanwhile) !== JSON.stringify(wanted)) await write(wanted);
  for (const each of plan.projects) {
    const wish = wishes.find(({ project }) => project === each.project);
    if (wish !== undefined) await applyDeployToken(parts, each, wish);
  }
}

async function applyDeployToken(
  { aws, gitlab, out, place }: Omit<WebhookParts, 'projects'>,
  { project, newDeployToken, obsolete }: ProjectWebhookPlan,
  { tokenName, half }: WebhookWish,
): Promise<void> {
  if (newDeployToken) {
    const { username, password } = await createDeployToken(gitlab, project, tokenName);
    out.redact(password);
    await writeSecret(aws, names.cloneSecret(place, half), { username, password });
    out.step(`stored a new deploy token of ${project}`);
  }
  for (const { id } of obsolete) await removeDeployToken(gitlab, project, id);
}

/** What the functions know about a tenant, whether it has a webhook now or not. */
export async function readVendedSecret(aws: Aws, place: Place): Promise<WebhookSecret | undefined> {
  return readWebhookSecret(await readSecret(aws, names.webhookSecret(place)));
}

async function endpointAddress(aws: Aws, { environment }: Place): Promise<string> {
  const stack = await readStack(aws, names.webhookStack);
  const address = stack?.outputs.Address;
  if (address !== undefined) return address;
  throw new VendhostError('WEBHOOK_MISSING', `there is no webhook in the account of ${environment}, ${aws.region}`, {
    hint: `set webhook in platform.yml, then as an administrator: vendhost platform deploy --environment ${environment} --layer access`,
  });
}

/** 32 random bytes: nobody can guess it, so its hash can be stored. */
function makeToken(out: Output): string {
  const token = randomBytes(32).toString('base64url');
  out.redact(token);
  return token;
}

/** The value of a secret; `undefined` if it does not exist or is still empty. */
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
