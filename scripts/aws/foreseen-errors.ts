import type { MetadataBearer } from '@aws-sdk/types';
import { messageOf, VendhostError } from '../errors.ts';
import { failedCall } from './calls/failed-call.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/** Node's and the SDK's codes for an endpoint that does not answer. */
const unreachable = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EAI_AGAIN',
  'ECONNABORTED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  'TimeoutError',
]);
/** OpenSSL's and Node's codes for a certificate nobody here trusts (https://nodejs.org/api/tls.html#x509-certificate-error-codes). */
const untrusted = new Set([
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);
const expired = new Set(['ExpiredToken', 'ExpiredTokenException', 'RequestExpired', 'TokenRefreshRequired']);
const unknownCredentials = new Set([
  'CredentialsProviderError',
  'AuthFailure',
  // A key or a token that contains a line break, and an invalid address of a credentials provider.
  'ERR_INVALID_CHAR',
  'ERR_INVALID_URL',
  'InvalidAccessKeyId',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
  'UnrecognizedClientException',
]);
const tokenRefused = new Set([
  'IDPCommunicationErrorException',
  'IDPRejectedClaimException',
  'InvalidIdentityTokenException',
]);
/** Codes of AWS for too many calls; the SDK has tried again by then (https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html). */
const throttled =
  /^(Request|API)?(Throttl(ing|ed)|LimitExceeded$|RateExceeded)|^(SlowDown|TooManyRequests|BandwidthLimitExceeded|EC2ThrottledException|PriorRequestNotComplete)/;
/** Codes of AWS for its own failures (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html, and those of S3 and others). */
const failing =
  /^(Internal(Failure|Error|Server|Service)|ServiceUnavailable|ServiceFailure|Unavailable$|RequestTimeout)/;
const denied = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'AuthorizationErrorException',
  'Forbidden',
  'UnauthorizedOperation',
]);

/**
 * Errors of AWS rather than of this program: an unreachable endpoint, missing or expired credentials, a missing permission, an AWS that is
 * busy or failing, and any other unforeseen response. Looks through causes and aggregates; `undefined` for everything else.
 */
export function awsError(thrown: unknown, env: Variables): VendhostError | undefined {
  const errors: Error[] = [];
  for (const error of chain(thrown)) {
    if (error instanceof VendhostError) return undefined;
    const found = explain(error, thrown, env);
    if (found !== undefined) return found;
    errors.push(error);
  }
  const answer = errors.find(isAnswer);
  return answer === undefined ? undefined : unforeseen(answer, thrown);
}

function explain(error: Error, cause: unknown, env: Variables): VendhostError | undefined {
  const codes = codesOf(error);
  const of = (known: ReadonlySet<string>) => codes.find((code) => known.has(code));
  const { name, details } = failedCall(error);
  const silence = of(unreachable);
  if (silence !== undefined) {
    const reason =
      silence === 'TimeoutError' ? messageOf(error).replace(/^@smithy\/node-http-handler - /, '') : silence;
    return new VendhostError('ENDPOINT_UNREACHABLE', `cannot reach ${placeOf(error, env)}: ${reason}`, {
      details: details.map((detail) => `${name}, ${detail}`),
      hint: endpointHint(silence, env),
      cause,
    });
  }
  const distrust = of(untrusted);
  if (distrust !== undefined) {
    return new VendhostError(
      'ENDPOINT_UNTRUSTED',
      `cannot trust ${placeOf(error, env)}: ${messageOf(error)} (${distrust})`,
      {
        hint: 'if a proxy intercepts TLS here, name its certificate in NODE_EXTRA_CA_CERTS; else check the clock and the address',
        cause,
      },
    );
  }
  if (of(expired) !== undefined) {
    return new VendhostError('CREDENTIALS_EXPIRED', `the AWS credentials have expired: ${messageOf(error)}`, {
      hint: env.VENDHOST_ID_TOKEN === undefined ? 'sign in again' : 'retry the job: it gets a new ID token',
      cause,
    });
  }
  if (of(unknownCredentials) !== undefined) {
    return new VendhostError('CREDENTIALS_REFUSED', `no usable AWS credentials: ${messageOf(error)}`, {
      hint: 'sign in to the account (AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY); jobs use VENDHOST_ID_TOKEN and VENDHOST_ROLE_ARN',
      cause,
    });
  }
  const { httpStatusCode: status = 0 } = (error as Partial<MetadataBearer>).$metadata ?? {};
  if (status === 429 || codes.some((code) => throttled.test(code))) {
    return new VendhostError('AWS_THROTTLED', `AWS refused ${name} because there were too many: ${messageOf(error)}`, {
      details,
      hint: 'retry in a few minutes; if it happens again, look for what else calls AWS in this account',
      cause,
    });
  }
  if (status >= 500 || codes.some((code) => failing.test(code))) {
    return new VendhostError('AWS_UNAVAILABLE', `AWS failed at ${name}: ${answerOf(error)}`, {
      details,
      hint: 'retry in a few minutes: the same command resumes from the current state; see https://health.aws.amazon.com',
      cause,
    });
  }
  const refusal = of(denied);
  if (of(tokenRefused) !== undefined || (refusal !== undefined && /AssumeRoleWithWebIdentity/.test(error.message))) {
    return new VendhostError('ROLE_REFUSED', `AWS does not accept the job's ID token: ${messageOf(error)}`, {
      hint: 'the role trusts one project, its branch, one audience, and one form of the subject of ID tokens (the setting ci_id_token_sub_claim_components of the project): run the job on the branch of the environment, or ask the platform team to vend the tenant again',
      cause,
    });
  }
  return refusal === undefined ? undefined : accessDenied(error, name, cause);
}

/** The SDK's errors have what it knows about the response, even if it could not read it. */
function isAnswer(error: Error): boolean {
  const { $metadata, $fault, $response } = error as Partial<MetadataBearer> & { $fault?: unknown; $response?: unknown };
  return $fault !== undefined || $response !== undefined || $metadata?.httpStatusCode !== undefined;
}

function unforeseen(error: Error, cause: unknown): VendhostError {
  const { name, details } = failedCall(error);
  return new VendhostError('AWS_FAILED', `AWS answered ${name} with an error: ${answerOf(error)}`, {
    details,
    hint: 'correct what AWS names, or retry later: it may have failed temporarily; if it persists, report it with the log of --verbose',
    cause,
  });
}

/** `503 ServiceUnavailable: Please reduce your request rate`. */
function answerOf(error: Error): string {
  const { httpStatusCode } = (error as Partial<MetadataBearer>).$metadata ?? {};
  const { name } = error;
  const said = messageOf(error);
  return [httpStatusCode, said === '' || said === name ? name : `${name}: ${said}`].filter(Boolean).join(' ');
}

/** What to do about an endpoint that does not answer: somebody configured it, and the kind of silence shows what is wrong. */
function endpointHint(silence: string, { AWS_ENDPOINT_URL: endpoint, VENDHOST_LOCAL_CLOUD }: Variables): string {
  if (endpoint === undefined) return 'check the network, the proxy and AWS_REGION, then retry';
  if (VENDHOST_LOCAL_CLOUD === '1') return 'start the local cloud again, and set what it prints';
  const unset = 'or unset AWS_ENDPOINT_URL to call AWS itself';
  if (silence === 'ECONNREFUSED') return `nothing listens at ${endpoint}: start the proxy or server there, ${unset}`;
  if (silence === 'ENOTFOUND' || silence === 'EAI_AGAIN') return `no such host: correct AWS_ENDPOINT_URL, ${unset}`;
  return `check that ${endpoint} answers and can be reached from here, ${unset}`;
}

/** AWS's sentence: "User: <arn> is not authorized to perform: <action> on resource: <arn> because …"; where it says less, the call is named. */
function accessDenied(error: Error, call: string, cause: unknown): VendhostError {
  const text = messageOf(error);
  const action = /not authorized to perform:? ([\w-]+:\w+)/.exec(text)?.[1];
  const who = /User: (\S+)/.exec(text)?.[1];
  const message = action === undefined ? `AWS refused ${call}: ${text}` : `${who ?? 'the caller'} may not ${action}`;
  return new VendhostError('ACCESS_DENIED', message, {
    details: action === undefined ? [] : [text],
    hint: "ask the platform team: `vendhost tenant vend` updates a tenant's roles, `vendhost platform deploy --layer access` those of the platform's jobs",
    cause,
  });
}

/** The error, its causes and the errors it aggregates, outermost first. */
function* chain(thrown: unknown): Generator<Error> {
  const seen = new Set<unknown>();
  const queue = [thrown];
  for (let error = queue.shift(); error !== undefined; error = queue.shift()) {
    if (!(error instanceof Error) || seen.has(error)) continue;
    seen.add(error);
    yield error;
    if (error instanceof AggregateError) queue.push(...error.errors);
    queue.push(error.cause);
  }
}

/** Node puts its code in `code`, the SDK in the name, S3 sometimes in `Code`. */
function codesOf(error: Error): string[] {
  const { code, Code } = error as { code?: unknown; Code?: unknown };
  return [code, Code, error.name].filter((each) => typeof each === 'string');
}

function placeOf(error: Error, env: Variables): string {
  if (env.AWS_ENDPOINT_URL !== undefined) return env.AWS_ENDPOINT_URL;
  const { hostname, address, port } = error as { hostname?: string; address?: string; port?: number };
  return hostname ?? (address === undefined ? 'AWS' : `${address}${port === undefined ? '' : `:${port}`}`);
}
