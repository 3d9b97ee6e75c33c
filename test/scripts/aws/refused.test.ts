import { expect, test } from 'vitest';
import { errorIn, vendhost } from '../command-line.ts';
import { refusal, wire } from '../wire.ts';

const words = ['release', 'start', '--tenant', 'shop', '--environment', 'dev'];
const revision = ['--revision', `software/shop/${'a'.repeat(64)}.zip`];
const keys = { AWS_ACCESS_KEY_ID: '100000000001', AWS_SECRET_ACCESS_KEY: 'a secret key' };

/** A release in an account that answers every call with this refusal. */
async function refused(code: string, message: string, env: Record<string, string> = keys) {
  const AWS_ENDPOINT_URL = await wire(undefined, async (call) => refusal(call, code, message));
  const ended = await vendhost([...words, ...revision], { env: { AWS_ENDPOINT_URL, AWS_REGION: 'eu-west-1', ...env } });
  expect([ended.code, ended.stdout]).toEqual([1, '']);
  return ended;
}

test('a job without a region, and a job without a role', async () => {
  const token = { VENDHOST_ID_TOKEN: 'a token of GitLab' };
  expect(errorIn(await vendhost([...words, ...revision], { env: keys }))).toBe('REGION_MISSING');
  const ended = await vendhost([...words, ...revision], { env: { AWS_REGION: 'eu-west-1', ...token } });
  expect(errorIn(ended)).toBe('ROLE_MISSING');
  expect(ended.stderr).not.toContain(token.VENDHOST_ID_TOKEN);
});

test('a command that is to work with the local cloud, but does not know where it is', async () => {
  const env = { ...keys, AWS_REGION: 'eu-west-1', VENDHOST_LOCAL_CLOUD: '1' };
  expect(errorIn(await vendhost([...words, ...revision], { env }))).toBe('LOCAL_CLOUD_MISSING');
});

test.each([
  ['ExpiredTokenException', 'The security token included in the request is expired', 'CREDENTIALS_EXPIRED'],
  ['UnrecognizedClientException', 'The security token included in the request is invalid.', 'CREDENTIALS_REFUSED'],
  [
    'AccessDeniedException',
    'User: arn:aws:iam::100000000001:user/x is not authorized to perform: ssm:GetParametersByPath on resource: *',
    'ACCESS_DENIED',
  ],
  ['ThrottlingException', 'Rate exceeded', 'AWS_THROTTLED'],
])('AWS answers %s', async (code, message, expected) => {
  expect(errorIn(await refused(code, message))).toBe(expected);
});

test("AWS refuses the job's ID token, and the token is not shown", async () => {
  const role = 'arn:aws:iam::100000000001:role/vendhost-dev-shop-deploy';
  const job = { VENDHOST_ID_TOKEN: 'a token of GitLab', VENDHOST_ROLE_ARN: role };
  const message = `Not authorized to perform sts:AssumeRoleWithWebIdentity with ${job.VENDHOST_ID_TOKEN}`;
  const ended = await refused('AccessDenied', message, job);
  expect(errorIn(ended)).toBe('ROLE_REFUSED');
  expect(ended.stderr).toContain('with [masked]');
});
