import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { credentialSource } from '../../../scripts/aws/credentials.ts';
import { recorder } from '../../builders/recorder.ts';

/** Plays STS: every exchange gets new credentials that expire in `lifetimeMs`. */
let sts: Server;
let exchanged: URLSearchParams[] = [];
let lifetimeMs = 60 * 60_000;
let env: Record<string, string>;

beforeAll(async () => {
  sts = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    exchanged.push(new URLSearchParams(body));
    const number = exchanged.length;
    response.setHeader('content-type', 'text/xml');
    response.end(
      `<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>
        <AccessKeyId>ASIA000${number}</AccessKeyId><SecretAccessKey>very-secret-${number}</SecretAccessKey>
        <SessionToken>session-${number}</SessionToken>
        <Expiration>${new Date(Date.now() + lifetimeMs).toISOString()}</Expiration>
      </Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`,
    );
  });
  sts.listen(0, '127.0.0.1');
  await once(sts, 'listening');
  const address = sts.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  env = {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${address.port}`,
    VENDHOST_ID_TOKEN: 'header.payload.signature',
    VENDHOST_ROLE_ARN: 'arn:aws:iam::111111111111:role/vendhost-dev-shop-deploy',
    CI_JOB_ID: '42',
  };
});
beforeEach(() => {
  exchanged = [];
  lifetimeMs = 60 * 60_000;
});
afterAll(() => {
  sts.closeAllConnections();
  sts.close();
});

test('calls at the same time exchange the ID token once', async () => {
  const credentials = credentialSource(recorder(env), 'eu-west-1');
  const all = await Promise.all([credentials(), credentials(), credentials()]);
  expect(all.map(({ accessKeyId }) => accessKeyId)).toEqual(['ASIA0001', 'ASIA0001', 'ASIA0001']);
  expect(exchanged.map((request) => Object.fromEntries(request))).toEqual([
    expect.objectContaining({
      Action: 'AssumeRoleWithWebIdentity',
      RoleArn: env.VENDHOST_ROLE_ARN,
      RoleSessionName: 'vendhost-42',
      WebIdentityToken: env.VENDHOST_ID_TOKEN,
    }),
  ]);
});

test('credentials about to expire are replaced', async () => {
  lifetimeMs = 60_000;
  const credentials = credentialSource(recorder(env), 'eu-west-1');
  expect([(await credentials()).accessKeyId, (await credentials()).accessKeyId]).toEqual(['ASIA0001', 'ASIA0002']);
});

test('neither the token nor what it is exchanged for is printed', async () => {
  const runtime = recorder(env);
  const { secretAccessKey, sessionToken } = await credentialSource(runtime, 'eu-west-1')();
  runtime.out.step(`${env.VENDHOST_ID_TOKEN} ${secretAccessKey} ${sessionToken}`);
  expect(runtime.progress()).toContain('[masked] [masked] [masked]');
});

test('a token without a role is a foreseen error', async () => {
  const { VENDHOST_ROLE_ARN: _, ...without } = env;
  await expect(credentialSource(recorder(without), 'eu-west-1')()).rejects.toMatchObject({ code: 'ROLE_MISSING' });
  expect(exchanged).toEqual([]);
});
