import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { repository } from '../../builders/repository.ts';
import { errorIn, vendhost } from '../command-line.ts';
import { type Meddler, refusal, wire } from '../wire.ts';

const words = ['release', 'start', '--tenant', 'shop', '--environment', 'dev'];
const revision = ['--revision', `software/shop/${'a'.repeat(64)}.zip`];
const keys = { AWS_ACCESS_KEY_ID: '100000000001', AWS_SECRET_ACCESS_KEY: 'a secret key' };

/** A release in an account that answers every call with this refusal. */
async function refused(code: string, message: string, env: Record<string, string> = keys) {
  return await release(async (call) => refusal(call, code, message), env);
}

/** A release in an account that answers like this. */
async function release(answer: Meddler, env: Record<string, string> = keys) {
  const AWS_ENDPOINT_URL = await wire(undefined, answer);
  const ended = await vendhost([...words, ...revision], { env: { AWS_ENDPOINT_URL, AWS_REGION: 'eu-west-1', ...env } });
  expect([ended.code, ended.stdout]).toEqual([1, '']);
  return ended;
}

/** The address of a server whose certificate it made itself. */
async function untrusted(): Promise<string> {
  const directory = await repository({});
  const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  execFileSync('openssl', [...request, '-subj', '/CN=localhost', '-keyout', key, '-out', cert], { stdio: 'ignore' });
  const server = createSecureServer({ key: readFileSync(key), cert: readFileSync(cert) });
  server.on('tlsClientError', () => undefined).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
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
  [
    { AWS_ENDPOINT_URL: 'localhost:4566' },
    '"localhost:4566" is wrong: AWS_ENDPOINT_URL must begin with http:// or https://',
  ],
  [{ AWS_ENDPOINT_URL: 'http://127.0.0.1:99999' }, 'AWS_ENDPOINT_URL must begin with'],
  [{ AWS_ENDPOINT_URL: 'no address' }, 'AWS_ENDPOINT_URL must begin with'],
  [{ AWS_REGION: 'eu west 1' }, '"eu west 1" is wrong: AWS_REGION must be a region, like eu-west-1'],
  [{ AWS_REGION: 'evil.example/#' }, 'AWS_REGION must be a region'],
  [{ VENDHOST_TENANT: '../mill' }, '"../mill" is not a tenant\'s name: must be 3 to 20 lower-case letters'],
])('variables that cannot be are named: %j', async (wrong, message) => {
  const [, , , , ...rest] = words;
  const env = { ...keys, AWS_REGION: 'eu-west-1', VENDHOST_TENANT: 'shop', ...wrong };
  const ended = await vendhost(['release', 'start', ...rest, ...revision], { env });
  expect(ended.stderr).toContain('error[USAGE]: ');
  expect(ended.stderr).toContain(message);
});

test.each(['AWS_ACCESS_KEY_ID', 'AWS_SESSION_TOKEN'])(
  'a line break in %s is no bug, and shows nothing of it',
  async (name) => {
    const ended = await release(async (call) => refusal(call, 'AccessDenied'), { ...keys, [name]: 'a secret\ntext' });
    expect(errorIn(ended)).toBe('CREDENTIALS_REFUSED');
    expect(ended.stderr).not.toContain('secret');
  },
);

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

test.each([
  [500, 'InternalFailure', 'AWS_UNAVAILABLE', 'AWS failed at SSM GetParametersByPath: 500 InternalFailure: it rains'],
  [503, 'NobodyForesawIt', 'AWS_UNAVAILABLE', 'AWS failed at SSM GetParametersByPath: 503 NobodyForesawIt: it rains'],
  [
    429,
    'NobodyForesawIt',
    'AWS_THROTTLED',
    'AWS refused SSM GetParametersByPath because there were too many: it rains',
  ],
])('AWS answers %i %s until the command gives up', async (status, code, expected, message) => {
  let calls = 0;
  const ended = await release(async (call) => {
    calls += 1;
    return { ...refusal(call, code, 'it rains'), status, headers: { 'x-amzn-requestid': 'r-1' } };
  });
  expect(errorIn(ended)).toBe(expected);
  expect(ended.stderr).toContain(`${message}\n  tried 5 times, request r-1\n`);
  expect([calls, ended.stderr.includes('bug')]).toEqual([5, false]);
});

test('an answer that nobody foresaw is no bug, and is not asked for again', async () => {
  const ended = await release(async (call) => refusal(call, 'KMSInvalidStateException', 'the key is disabled'));
  expect(ended.stderr).toContain(
    'error[AWS_FAILED]: AWS answered SSM GetParametersByPath with an error: 400 KMSInvalidStateException: the key is disabled\n  tried once\n',
  );
});

test.each([200, 302, 403, 407])(
  'a web page with %i is no answer of AWS, and not one that there is nothing',
  async (status) => {
    let calls = 0;
    const page = {
      status,
      headers: { 'content-type': 'text/html; charset=utf-8' },
      body: '<html><body>Sign in</body></html>',
    };
    const AWS_ENDPOINT_URL = await wire(undefined, async () => {
      calls += 1;
      return page;
    });
    const env = { AWS_ENDPOINT_URL, AWS_REGION: 'eu-west-1', ...keys };
    const ended = await vendhost(['host', 'replace', '--tenant', 'shop', '--environment', 'dev'], { env });
    expect(ended.stderr).toContain(
      `error[AWS_UNREADABLE]: what answers AutoScaling DescribeAutoScalingGroups is not AWS: ${status} with a web page\n`,
    );
    expect([ended.code, calls]).toEqual([1, 1]);
  },
);

test('nor where the token of a job is exchanged', async () => {
  const job = { VENDHOST_ID_TOKEN: 'a token of GitLab', VENDHOST_ROLE_ARN: 'arn:aws:iam::100000000001:role/x' };
  const page = { status: 200, headers: { 'content-type': 'text/html' }, body: '<html></html>' };
  const ended = await release(async () => page, job);
  expect(ended.stderr).toContain('error[AWS_UNREADABLE]: what answers STS AssumeRoleWithWebIdentity is not AWS');
});

test('an answer without what it must have is no bug', async () => {
  const AWS_ENDPOINT_URL = await wire(undefined, async () => ({ status: 200, body: '<a></a>' }));
  const env = { AWS_ENDPOINT_URL, AWS_REGION: 'eu-west-1', ...keys };
  const directory = join(import.meta.dirname, '../../../examples/platform');
  const ended = await vendhost(['platform', 'plan', '--environment', 'dev', '--directory', directory], { env });
  expect(ended.stderr).toContain('error[AWS_FAILED]: AWS answered STS GetCallerIdentity without an account\n');
});

test('a connection that is closed each time is tried as often', async () => {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.on('error', () => undefined).destroy();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const AWS_ENDPOINT_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const ended = await vendhost([...words, ...revision], {
    env: { AWS_ENDPOINT_URL, AWS_REGION: 'eu-west-1', ...keys },
  });
  expect(errorIn(ended)).toBe('ENDPOINT_UNREACHABLE');
  expect(ended.stderr).toContain('\n  SSM GetParametersByPath, tried 5 times\n');
  expect(connections).toBe(5);
});

test("the job's token is exchanged with as much patience", async () => {
  let calls = 0;
  const job = { VENDHOST_ID_TOKEN: 'a token of GitLab', VENDHOST_ROLE_ARN: 'arn:aws:iam::100000000001:role/x' };
  const ended = await release(async (call) => {
    calls += 1;
    return { ...refusal(call, 'InternalFailure'), status: 500 };
  }, job);
  expect([errorIn(ended), calls]).toEqual(['AWS_UNAVAILABLE', 5]);
  expect(ended.stderr).toContain('AWS failed at STS AssumeRoleWithWebIdentity: 500 InternalFailure\n');
});

test('a certificate that nobody here trusts', async () => {
  const AWS_ENDPOINT_URL = await untrusted();
  const ended = await vendhost([...words, ...revision], {
    env: { AWS_ENDPOINT_URL, AWS_REGION: 'eu-west-1', ...keys },
  });
  expect(errorIn(ended)).toBe('ENDPOINT_UNTRUSTED');
  expect(ended.stderr).toContain('NODE_EXTRA_CA_CERTS');
});

test("AWS refuses the job's ID token, and the token is not shown", async () => {
  const role = 'arn:aws:iam::100000000001:role/vendhost-dev-shop-deploy';
  const job = { VENDHOST_ID_TOKEN: 'a token of GitLab', VENDHOST_ROLE_ARN: role };
  const message = `Not authorized to perform sts:AssumeRoleWithWebIdentity with ${job.VENDHOST_ID_TOKEN}`;
  const ended = await refused('AccessDenied', message, job);
  expect(errorIn(ended)).toBe('ROLE_REFUSED');
  expect(ended.stderr).toContain('with [masked]');
});
