import type { AwsCredentialIdentity } from '@aws-sdk/types';
import { VendhostError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { refuseWebPages } from './answers.ts';
import { callLog } from './calls/call-log.ts';
import { rememberFailedCalls } from './calls/failed-call.ts';
import { awsPatience } from './calls/retries.ts';

/** Returns credentials; fetches new ones when the last are about to expire. */
export type CredentialSource = () => Promise<AwsCredentialIdentity>;

const refreshBeforeMs = 5 * 60_000;

export interface RoleOptions {
  /** The role to exchange a job's ID token for when `VENDHOST_ROLE_ARN` is not set. */
  readonly jobRole?: string | undefined;
  /** A role to assume with the machine's own credentials. */
  readonly assume?: string | undefined;
}

/**
 * In a job: the ID token is exchanged for the role in `VENDHOST_ROLE_ARN`
 * (https://docs.gitlab.com/ci/cloud_services/aws/). Elsewhere: the SDK's own chain, and the role to assume with it.
 * Secrets in the result are masked in all output.
 */
export function credentialSource(
  runtime: Runtime,
  region: string,
  { jobRole, assume }: RoleOptions = {},
): CredentialSource {
  const token = runtime.env.VENDHOST_ID_TOKEN;
  const role = runtime.env.VENDHOST_ROLE_ARN || jobRole;
  if (token !== undefined) runtime.out.redact(token);
  let current: Promise<AwsCredentialIdentity> | undefined;
  const fetch = async () => {
    const own = token === undefined ? ownChain(runtime) : webIdentity(runtime, region, token, role);
    const provider = assume === undefined ? await own : await assumed(runtime, region, await own, assume);
    const credentials = await provider();
    runtime.out.redact(credentials.secretAccessKey);
    if (credentials.sessionToken !== undefined) runtime.out.redact(credentials.sessionToken);
    return credentials;
  };
  const keepOrFetch = async (last: typeof current) => {
    const known = await last?.catch(() => undefined);
    return known === undefined || isStale(known) ? await fetch() : known;
  };
  // Each call waits for the previous one, so that concurrent calls exchange the token once.
  return () => {
    current = keepOrFetch(current);
    return current;
  };
}

function isStale({ expiration }: AwsCredentialIdentity): boolean {
  return expiration !== undefined && expiration.getTime() - Date.now() < refreshBeforeMs;
}

/** Access keys in the runtime's environment first, as the SDK would find them in the process; then the SDK's chain. */
async function ownChain({ env }: Runtime): Promise<CredentialSource> {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  } = env;
  if (accessKeyId && secretAccessKey && !env.AWS_PROFILE) {
    return async () => ({ accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) });
  }
  const { fromNodeProviderChain } = await import('@aws-sdk/credential-providers');
  return fromNodeProviderChain();
}

/** Another account's role (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_aws-accounts.html). */
async function assumed(runtime: Runtime, region: string, own: CredentialSource, role: string) {
  const { fromTemporaryCredentials } = await import('@aws-sdk/credential-providers');
  return fromTemporaryCredentials({
    masterCredentials: own,
    params: { RoleArn: role, RoleSessionName: sessionName(runtime) },
    clientConfig: clientPlace(runtime, region),
    ...callPlugins(runtime),
  });
}

async function webIdentity(runtime: Runtime, region: string, token: string, role?: string): Promise<CredentialSource> {
  if (role === undefined || role === '') {
    throw new VendhostError('ROLE_MISSING', 'the job has an ID token but no VENDHOST_ROLE_ARN', {
      hint: 'ask the platform team to vend the tenant again: `vendhost tenant vend` sets VENDHOST_ROLE_ARN in its project; the project that approves releases needs VENDHOST_ACCOUNT',
    });
  }
  const { fromWebToken } = await import('@aws-sdk/credential-providers');
  return fromWebToken({
    roleArn: role,
    webIdentityToken: token,
    roleSessionName: sessionName(runtime),
    clientConfig: clientPlace(runtime, region),
    ...callPlugins(runtime),
  });
}

/** What CloudTrail shows as the caller. */
function sessionName({ env }: Runtime): string {
  return `vendhost-${env.CI_JOB_ID ?? 'local'}`.slice(0, 64);
}

/** For the clients that fetch credentials; they are as patient as all others. */
function clientPlace(runtime: Runtime, region: string) {
  const endpoint = endpointOf(runtime);
  return { ...awsPatience, region, ...(endpoint === undefined ? {} : { endpoint }) };
}

/** `AWS_ENDPOINT_URL`, if it is set. Throws `USAGE` for an invalid address. */
export function endpointOf({ env }: Pick<Runtime, 'env'>): string | undefined {
  const { AWS_ENDPOINT_URL: address = '' } = env;
  if (address === '') return undefined;
  if (URL.canParse(address) && /^https?:/i.test(address)) return address;
  throw new VendhostError('USAGE', `"${address}" is wrong: AWS_ENDPOINT_URL must begin with http:// or https://`, {
    hint: 'correct it, or unset it to call AWS itself',
  });
}

function callPlugins({ out }: Runtime) {
  return { clientPlugins: [rememberFailedCalls, refuseWebPages, ...(out.isVerbose ? [callLog(out)] : [])] };
}
