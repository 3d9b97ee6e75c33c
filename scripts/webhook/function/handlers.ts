import { setTimeout as pause } from 'node:timers/promises';
import { CodeBuildClient, StartBuildCommand } from '@aws-sdk/client-codebuild';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import type { Place } from '../../config/names.ts';
import { buildRequest } from './build-request.ts';
import { nameAtPlace } from './name-at-place.ts';
import { type AcceptedPush, type ProxyAnswer, type ProxyRequest, receiveDelivery } from './receive-delivery.ts';
import { SecretCache } from './secret-cache.ts';
import { readWebhookSecret } from './webhook-secret.ts';

/**
 * The two functions of the webhook: Lambda calls what is exported here. esbuild bundles it into one file, without the SDK, which
 * Lambda's Node includes (https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html); `npm run docs` writes it.
 *
 * They are separate so that the function anybody can call cannot start builds. Lambda retries accepted pushes for an hour,
 * then keeps them in a queue.
 */
const secrets = new SecretsManagerClient();
const lambda = new LambdaClient();
const codeBuild = new CodeBuildClient();
const cache = new SecretCache(readSecret);

/** Secrets Manager is faster if there is no secret, so every refusal takes this long. */
const refusalMs = 500;

/** Answers GitLab. */
export async function receive(request: ProxyRequest): Promise<ProxyAnswer> {
  const patience = pause(refusalMs);
  const answer = await receiveDelivery(request, {
    secretFor: (place, token) => cache.secretFor(place, token),
    handOver: invokeStarter,
    log,
    now: () => new Date(),
  });
  if (answer.statusCode === 401) await patience;
  return answer;
}

/** Starts the build of an accepted push; Lambda calls it again when it throws. */
export async function startBuild(accepted: AcceptedPush): Promise<void> {
  const { build } = await codeBuild.send(new StartBuildCommand(buildRequest(accepted, setting('PROJECT_NAME'))));
  log({ ...accepted.place, build: build?.id, commit: accepted.push.commit });
}

async function invokeStarter(accepted: AcceptedPush): Promise<void> {
  const Payload = Buffer.from(JSON.stringify(accepted));
  const FunctionName = setting('START_FUNCTION');
  await lambda.send(new InvokeCommand({ FunctionName, InvocationType: 'Event', Payload }));
}

async function readSecret(place: Place) {
  const SecretId = nameAtPlace(setting('SECRET_NAME'), place);
  try {
    const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId }));
    return readWebhookSecret(SecretString);
  } catch (error) {
    // Nothing was vended, or the secret is still empty.
    if (error instanceof ResourceNotFoundException) return undefined;
    // AWS may also answer this for a secret that does not exist; the log shows it if the secret exists.
    if (!(error instanceof Error && error.name === 'AccessDeniedException')) throw error;
    log({ ...place, unreadable: error.message });
    return undefined;
  }
}

function log(entry: object): void {
  process.stdout.write(`${JSON.stringify(entry)}\n`);
}

/** A variable that the stack sets. */
function setting(name: 'PROJECT_NAME' | 'SECRET_NAME' | 'START_FUNCTION'): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}
