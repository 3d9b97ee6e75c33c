import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { bundleFile, functionBundle } from '../../../docs/function-bundle.ts';
import type { ProxyAnswer, ProxyRequest } from '../../../scripts/webhook/function/receive-delivery.ts';
import { secretValue } from '../../../scripts/webhook/function/webhook-secret.ts';
import { headersOf, payload, secret } from './payloads.ts';

/** The bundle as Lambda loads it, against a server that answers as AWS does. */
let functions: { receive(request: ProxyRequest): Promise<ProxyAnswer>; startBuild(accepted: unknown): Promise<void> };
let calls: { what: string; body: Record<string, unknown> }[] = [];
const server = createServer((request, response) => void serve(request, response));

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const what = String(request.headers['x-amz-target'] ?? request.url);
  const body = JSON.parse(Buffer.concat(chunks).toString());
  calls.push({ what, body });
  response.setHeader('content-type', 'application/x-amz-json-1.1');
  if (what === 'secretsmanager.GetSecretValue' && String(body.SecretId).includes('denied')) {
    response.statusCode = 400;
    response.end(JSON.stringify({ __type: 'AccessDeniedException', message: 'no identity-based policy allows it' }));
  } else if (what === 'secretsmanager.GetSecretValue' && body.SecretId !== 'vendhost/dev/shop/webhook') {
    response.statusCode = 400;
    response.end(JSON.stringify({ __type: 'ResourceNotFoundException', message: "can't find the specified secret" }));
  } else if (what === 'secretsmanager.GetSecretValue') {
    response.end(JSON.stringify({ Name: body.SecretId, SecretString: JSON.stringify(secretValue(secret)) }));
  } else if (what === 'CodeBuild_20161006.StartBuild') {
    response.end(JSON.stringify({ build: { id: `${body.projectName}:1` } }));
  } else {
    response.statusCode = 202;
    response.end();
  }
}

beforeAll(async () => {
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as { port: number };
  const variables = {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'access',
    AWS_SECRET_ACCESS_KEY: 'secret',
    START_FUNCTION: 'vendhost-webhook-start',
    SECRET_NAME: 'vendhost/{environment}/{tenant}/webhook',
    PROJECT_NAME: 'vendhost-{environment}-{tenant}-intake',
  };
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  functions = createRequire(import.meta.url)(bundleFile);
});
beforeEach(() => {
  calls = [];
});
afterAll(() => {
  vi.unstubAllEnvs();
  server.close();
  server.closeAllConnections();
});

const request = (name: string, tenant = 'shop'): ProxyRequest => ({
  headers: headersOf(),
  pathParameters: { environment: 'dev', tenant },
  body: payload(name),
  isBase64Encoded: false,
});

test('the bundle is what the source says: npm run docs writes it', async () => {
  expect(readFileSync(bundleFile, 'utf8')).toBe(await functionBundle());
});

test('it fits into a template, beside all else', () => {
  expect(readFileSync(bundleFile).length).toBeLessThan(16_000);
});

test.each([
  ['push', 202],
  ['merge', 202],
  ['force-push', 202],
  ['many-commits', 202],
  ['new-branch', 202],
  ['tag', 200],
  ['deleted-branch', 200],
  ['renamed-to', 200],
])('%s is answered with %i, and handed over if it is accepted', async (name, status) => {
  expect((await functions.receive(request(name))).statusCode).toBe(status);
  const handedOver = calls.filter(({ what }) => what === '/2015-03-31/functions/vendhost-webhook-start/invocations');
  expect(handedOver.map(({ body }) => body.place)).toEqual(
    status === 202 ? [{ environment: 'dev', tenant: 'shop' }] : [],
  );
});

test('a tenant who has no webhook is answered like a wrong token', async () => {
  const answers = [
    await functions.receive(request('push', 'blog')),
    // AWS says so where the right is missing for a name that is none.
    await functions.receive(request('push', 'denied')),
    await functions.receive({ ...request('push'), headers: headersOf({ 'X-Gitlab-Token': 'wrong' }) }),
  ];
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  expect(answers[0]?.statusCode).toBe(401);
  expect(calls.every(({ what }) => what === 'secretsmanager.GetSecretValue')).toBe(true);
});

test('what was handed over starts a build of its project', async () => {
  await functions.receive(request('push'));
  const accepted = calls.find(({ what }) => what.endsWith('/invocations'))?.body;
  calls = [];
  await functions.startBuild(accepted);
  expect(calls).toEqual([
    {
      what: 'CodeBuild_20161006.StartBuild',
      body: {
        projectName: 'vendhost-dev-shop-intake',
        idempotencyToken: expect.stringMatching(/^[0-9a-f]{64}$/),
        environmentVariablesOverride: [expect.objectContaining({ name: 'VENDHOST_PUSH', type: 'PLAINTEXT' })],
      },
    },
  ]);
});
