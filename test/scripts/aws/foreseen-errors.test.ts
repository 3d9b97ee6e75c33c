import { describe, expect, test } from 'vitest';
import { awsError } from '../../../scripts/aws/foreseen-errors.ts';
import { VendhostError } from '../../../scripts/errors.ts';

function failure(name: string, message = 'no', rest: object = {}): Error {
  return Object.assign(new Error(message), { name, ...rest });
}

const endpoint = { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' };

describe('awsError', () => {
  test('a refused connection names the endpoint', () => {
    expect(awsError(failure('Error', 'connect', { code: 'ECONNREFUSED' }), endpoint)).toMatchObject({
      code: 'ENDPOINT_UNREACHABLE',
      message: 'cannot reach http://127.0.0.1:1: ECONNREFUSED',
      hint: 'nothing listens at http://127.0.0.1:1: start the proxy or server there, or unset AWS_ENDPOINT_URL to call AWS itself',
    });
  });

  test.each([
    ['ENOTFOUND', endpoint, /^no such host: correct AWS_ENDPOINT_URL, or unset/],
    ['ETIMEDOUT', endpoint, /^check that http:\/\/127.0.0.1:1 answers and can be reached from here, or unset/],
    ['ECONNREFUSED', { ...endpoint, VENDHOST_LOCAL_CLOUD: '1' }, /^start the local cloud again/],
    ['ECONNREFUSED', {}, /^check the network, the proxy and AWS_REGION/],
  ])('the hint fits the cause: %s with %j', (code, env, hint) => {
    expect(awsError(failure('Error', 'connect', { code }), env)?.hint).toMatch(hint);
  });

  test('without an endpoint it names the host that was asked for', () => {
    const error = failure('Error', 'dns', { code: 'ENOTFOUND', hostname: 'sts.mars-1.amazonaws.com' });
    expect(awsError(error, {})?.message).toBe('cannot reach sts.mars-1.amazonaws.com: ENOTFOUND');
  });

  test('looks into causes and aggregates', () => {
    const inner = failure('Error', '', { code: 'ECONNREFUSED', address: '127.0.0.1', port: 9 });
    const wrapped = new Error('deploy failed', { cause: new AggregateError([new Error('one'), inner]) });
    expect(awsError(wrapped, {})?.message).toBe('cannot reach 127.0.0.1:9: ECONNREFUSED');
  });

  test.each([
    ['ExpiredToken', 'CREDENTIALS_EXPIRED'],
    ['ExpiredTokenException', 'CREDENTIALS_EXPIRED'],
    ['CredentialsProviderError', 'CREDENTIALS_REFUSED'],
    ['InvalidClientTokenId', 'CREDENTIALS_REFUSED'],
    ['UnrecognizedClientException', 'CREDENTIALS_REFUSED'],
    ['InvalidIdentityTokenException', 'ROLE_REFUSED'],
    ['AccessDenied', 'ACCESS_DENIED'],
    ['UnauthorizedOperation', 'ACCESS_DENIED'],
    ...['Throttling', 'ThrottledException', 'RequestThrottledException', 'RequestLimitExceeded', 'SlowDown'].map(
      (name) => [name, 'AWS_THROTTLED'] as [string, string],
    ),
    ...['InternalFailure', 'InternalServerError', 'ServiceUnavailableException', 'InternalServiceError'].map(
      (name) => [name, 'AWS_UNAVAILABLE'] as [string, string],
    ),
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'ENDPOINT_UNTRUSTED'],
  ])('%s → %s', (name, code) => {
    expect(awsError(failure(name), {})?.code).toBe(code);
  });

  test.each([
    [{}, 'sign in again'],
    [{ VENDHOST_ID_TOKEN: 'a token of GitLab' }, 'retry the job: it gets a new ID token'],
  ])('expired credentials with %j: %s', (env, hint) => {
    expect(awsError(failure('ExpiredToken'), env)?.hint).toBe(hint);
  });

  test('a refused right names the action and who wanted it', () => {
    const said =
      'User: arn:aws:sts::111111111111:assumed-role/a/b is not authorized to perform: s3:PutObject on resource: arn:aws:s3:::c/d';
    expect(awsError(failure('AccessDenied', said), {})).toMatchObject({
      message: 'arn:aws:sts::111111111111:assumed-role/a/b may not s3:PutObject',
      details: [said],
    });
  });

  test('a refused ID token is about the role', () => {
    const said = 'Not authorized to perform sts:AssumeRoleWithWebIdentity';
    expect(awsError(failure('AccessDenied', said), {})).toMatchObject({
      code: 'ROLE_REFUSED',
      hint: expect.stringContaining('ci_id_token_sub_claim_components'),
    });
  });

  test('leaves other errors and foreseen ones alone', () => {
    expect(awsError(failure('ValidationError'), {})).toBeUndefined();
    expect(awsError('text', {})).toBeUndefined();
    const foreseen = new VendhostError('X', 'x', { hint: 'y', cause: failure('AccessDenied') });
    expect(awsError(foreseen, {})).toBeUndefined();
  });

  test('an error that is its own cause ends', () => {
    const error = failure('Error');
    error.cause = error;
    expect(awsError(error, {})).toBeUndefined();
  });
});
