import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { Stacks } from '../../builders/stacks.ts';
import { clientConfig } from '../clients.ts';

type PrivateKey = Awaited<ReturnType<typeof generateKeyPair>>['privateKey'];

const { endpoint } = inject('localCloud');
const account = '620000000001';
const audience = 'https://vendhost.example.com';
const branch = 'project_path:shops/lantern:ref_type:branch:ref:dev';

let server: Server;
let issuer: string;
let privateKey: PrivateKey;
let strangerKey: PrivateKey;
const deploy = `arn:aws:iam::${account}:role/deploy`;

beforeAll(async () => {
  const pair = await generateKeyPair('RS256', { extractable: true });
  privateKey = pair.privateKey;
  strangerKey = (await generateKeyPair('RS256')).privateKey;
  const keys = JSON.stringify({ keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'RS256' }] });
  server = createServer((request, response) => {
    response.statusCode = request.url === '/oauth/discovery/keys' ? 200 : 404;
    response.end(keys);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const created = await new Stacks(clientConfig(endpoint, account)).create('identity', { resources: resources() });
  expect(created).toMatchObject({ status: 'CREATE_COMPLETE', failures: [] });
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function resources() {
  const host = issuer.replace('http://', '');
  const role = (name: string, condition: object) => ({
    Type: 'AWS::IAM::Role',
    Properties: {
      RoleName: name,
      AssumeRolePolicyDocument: {
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Federated: { Ref: 'Gitlab' } },
            Action: 'sts:AssumeRoleWithWebIdentity',
            Condition: condition,
          },
        ],
      },
    },
  });
  return {
    Gitlab: { Type: 'AWS::IAM::OIDCProvider', Properties: { Url: issuer, ClientIdList: [audience] } },
    Deploy: role('deploy', { StringEquals: { [`${host}:aud`]: audience, [`${host}:sub`]: branch } }),
    Plan: role('plan', { StringLike: { [`${host}:sub`]: 'project_path:shops/lantern:*' } }),
    Path: role('path', { StringEquals: { [`${host}:project_path`]: 'shops/lantern' } }),
  };
}

function token(claims: JWTPayload = {}, key = privateKey): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const body = {
    iss: issuer,
    aud: audience,
    sub: branch,
    project_path: 'shops/lantern',
    iat: now,
    nbf: now - 5,
    exp: now + 300,
    ...claims,
  };
  return new SignJWT(body).setProtectedHeader({ alg: 'RS256', kid: 'one' }).sign(key);
}

async function assume(webIdentityToken: string, role = deploy, seconds?: number) {
  const client = new STSClient({ ...clientConfig(endpoint, account), maxAttempts: 1 });
  return client.send(
    new AssumeRoleWithWebIdentityCommand({
      RoleArn: role,
      RoleSessionName: 'job-1',
      WebIdentityToken: webIdentityToken,
      DurationSeconds: seconds,
    }),
  );
}

describe('a good token', () => {
  test('becomes a session of the role, in the account of the role', async () => {
    const answer = await assume(await token());
    expect(answer).toMatchObject({
      SubjectFromWebIdentityToken: branch,
      Audience: audience,
      AssumedRoleUser: { Arn: `arn:aws:sts::${account}:assumed-role/deploy/job-1` },
    });
    const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = answer.Credentials ?? {};
    const client = new STSClient({
      ...clientConfig(endpoint, account),
      credentials: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken },
    });
    expect(await client.send(new GetCallerIdentityCommand({}))).toMatchObject({ Account: account });
  });

  test('of another branch gets the role for any branch, not the one for dev', async () => {
    const other = await token({ sub: branch.replace('ref:dev', 'ref:feature') });
    await expect(assume(other)).rejects.toMatchObject({ name: 'AccessDenied' });
    await expect(assume(other, deploy.replace('deploy', 'plan'))).resolves.toBeDefined();
  });

  test('does not satisfy a condition on a claim AWS does not look at', async () => {
    await expect(assume(await token(), deploy.replace('deploy', 'path'))).rejects.toMatchObject({
      name: 'AccessDenied',
    });
  });

  test('cannot last longer than the role allows', async () => {
    await expect(assume(await token(), deploy, 7200)).rejects.toThrow('MaxSessionDuration');
  });

  test('is no use for a role that does not exist', async () => {
    await expect(assume(await token(), `${deploy}-none`)).rejects.toMatchObject({ name: 'AccessDenied' });
  });
});

describe('a bad token is refused', () => {
  const now = Math.floor(Date.now() / 1000);
  test.each<[string, JWTPayload, string, string]>([
    ['expired', { exp: now - 60 }, 'ExpiredTokenException', 'Token expired'],
    ['not valid yet', { nbf: now + 600 }, 'InvalidIdentityTokenException', 'not yet valid'],
    ['issued in the future', { iat: now + 600 }, 'InvalidIdentityTokenException', 'not yet valid'],
    ['for somebody else', { aud: 'https://other.example.com' }, 'InvalidIdentityTokenException', 'audience'],
    [
      'of an unknown issuer',
      { iss: 'http://127.0.0.1:1' },
      'InvalidIdentityTokenException',
      'No OpenIDConnect provider',
    ],
    ['without a subject', { sub: undefined }, 'InvalidIdentityTokenException', 'sub'],
  ])('%s', async (_, claims, name, message) => {
    await expect(assume(await token(claims))).rejects.toMatchObject({
      name,
      message: expect.stringContaining(message),
    });
  });

  test('signed by a stranger', async () => {
    await expect(assume(await token({}, strangerKey))).rejects.toMatchObject({
      name: 'InvalidIdentityTokenException',
    });
  });

  test('not a token at all', async () => {
    await expect(assume('x'.repeat(40))).rejects.toThrow('not a valid JWT');
  });
});
