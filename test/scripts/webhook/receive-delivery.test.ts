import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { buildRequest } from '../../../scripts/webhook/function/build-request.ts';
import { mostBodyBytes } from '../../../scripts/webhook/function/judge-delivery.ts';
import {
  type AcceptedPush,
  type ProxyRequest,
  receiveDelivery,
} from '../../../scripts/webhook/function/receive-delivery.ts';
import { SecretCache } from '../../../scripts/webhook/function/secret-cache.ts';
import {
  readWebhookSecret,
  secretValue,
  tokenHash,
  type WebhookSecret,
} from '../../../scripts/webhook/function/webhook-secret.ts';
import { headersOf, ofHalves, payload, secret, token } from './payloads.ts';

/** Receives a request where one tenant is vended; says what was done. */
async function receive(request: ProxyRequest, handOver = async (_: AcceptedPush) => {}) {
  const done = { read: [] as string[], handedOver: [] as AcceptedPush[], log: [] as object[] };
  const answer = await receiveDelivery(request, {
    async secretFor({ environment, tenant }) {
      done.read.push(`${environment}/${tenant}`);
      return tenant === 'shop' && environment === 'dev' ? secret : undefined;
    },
    async handOver(accepted) {
      done.handedOver.push(accepted);
      await handOver(accepted);
    },
    log: (entry) => done.log.push(entry),
    now: () => new Date('2026-02-01T12:00:00Z'),
  });
  return { ...done, answer };
}

const shop = { environment: 'dev', tenant: 'shop' };
const request = (changes: Partial<ProxyRequest> = {}): ProxyRequest => ({
  headers: headersOf(),
  pathParameters: shop,
  body: payload('push'),
  ...changes,
});

test('a push is handed over, for the tenant of the address', async () => {
  const { answer, handedOver, read } = await receive(request());
  expect(answer).toEqual({
    statusCode: 202,
    headers: { 'content-type': 'application/json' },
    body: '{"accepted":"da1560886d4f094c3e6c9ef40349f7d38b5d27d7"}',
  });
  expect(handedOver).toEqual([{ place: shop, push: expect.objectContaining({ branch: 'master' }) }]);
  expect(read).toEqual(['dev/shop']);
});

test('a body that API Gateway encoded is the same body', async () => {
  const body = Buffer.from(payload('push')).toString('base64');
  expect((await receive(request({ body, isBase64Encoded: true }))).answer.statusCode).toBe(202);
});

/** A push with a body of so many bytes, in letters of three bytes as far as they fit. */
function bodyOf(bytes: number): string {
  const base = JSON.stringify({ ...JSON.parse(payload('push')), padding: '' });
  const left = bytes - Buffer.byteLength(base);
  return base.replace('"padding":""', `"padding":"${'€'.repeat(Math.floor(left / 3))}${'x'.repeat(left % 3)}"`);
}

test.each([
  [0, 202],
  [1, 413],
])('the largest body and %i bytes more is answered with %i, encoded or not', async (more, status) => {
  const body = bodyOf(mostBodyBytes + more);
  expect(Buffer.byteLength(body)).toBe(mostBodyBytes + more);
  const encoded = { body: Buffer.from(body).toString('base64'), isBase64Encoded: true };
  const answers = [await receive(request({ body })), await receive(request(encoded))];
  expect(answers.map(({ answer }) => answer.statusCode)).toEqual([status, status]);
});

test('a compressed body, which GitLab does not send, is no JSON: nothing unpacks it', async () => {
  const headers = { ...headersOf(), 'Content-Encoding': 'gzip' };
  const body = gzipSync(payload('push')).toString('base64');
  const { answer, handedOver } = await receive(request({ headers, body, isBase64Encoded: true }));
  expect([answer.statusCode, handedOver]).toEqual([400, []]);
});

test.each([
  ['deleted-branch', 200],
  ['tag', 200],
  ['other-branch', 200],
])('%s is answered with %i, and nothing is handed over', async (name, status) => {
  const { answer, handedOver } = await receive(request({ body: payload(name) }));
  expect(answer.statusCode).toBe(status);
  expect(handedOver).toEqual([]);
});

test.each<[string, Partial<ProxyRequest>]>([
  ["another tenant's address", { pathParameters: { environment: 'dev', tenant: 'blog' } }],
  ['another environment', { pathParameters: { environment: 'production', tenant: 'shop' } }],
  ['a wrong token', { headers: headersOf({ 'X-Gitlab-Token': 'wrong' }) }],
])('%s is refused', async (_, change) => {
  const { answer, handedOver } = await receive(request(change));
  expect([answer.statusCode, handedOver]).toEqual([401, []]);
});

test.each<[string, Partial<ProxyRequest>]>([
  ['no token', { headers: headersOf({ 'X-Gitlab-Token': undefined }) }],
  ['no headers', { headers: null }],
  ['a name that is none', { pathParameters: { environment: 'dev', tenant: 'shop/../blog' } }],
  ['no names', { pathParameters: null }],
])('with %s no secret is read', async (_, change) => {
  const { answer, read } = await receive(request(change));
  expect([answer.statusCode, read]).toEqual([401, []]);
});

test('the log has neither token nor message', async () => {
  for (const body of ['push', 'tag', 'other-branch'].map(payload)) {
    const { log } = await receive(request({ body }));
    expect(log).toHaveLength(1);
    expect(JSON.stringify(log)).not.toMatch(/a-token|fixed readme/);
  }
});

test('what cannot be handed over is no success', async () => {
  const broken = async () => {
    throw new Error('no Lambda');
  };
  await expect(receive(request(), broken)).rejects.toThrow('no Lambda');
});

test('a build has the push as one variable, and is the same build only for all of the same', async () => {
  const { handedOver } = await receive(request());
  const accepted = handedOver[0] as AcceptedPush;
  const { environmentVariablesOverride, ...rest } = buildRequest(accepted, 'vendhost-{environment}-{tenant}-intake');
  expect(rest).toEqual({
    projectName: 'vendhost-dev-shop-intake',
    idempotencyToken: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  expect(environmentVariablesOverride).toEqual([
    { name: 'VENDHOST_PUSH', value: JSON.stringify(accepted.push), type: 'PLAINTEXT' },
  ]);
  const tokenOf = (changes: object) =>
    buildRequest({ ...accepted, push: { ...accepted.push, ...changes } }, 'vendhost-{environment}-{tenant}-intake')
      .idempotencyToken;
  // As GitLab resends the event of somebody whose name is an e-mail address: CodeBuild would refuse the same token with another variable.
  expect(tokenOf({ author: '[REDACTED]' })).not.toBe(rest.idempotencyToken);
  expect(tokenOf({})).toBe(rest.idempotencyToken);
});

test.each([[undefined], [''], ['{}'], ['{"version":2,"projectId":1,"branch":"dev","tokens":[]}']])(
  'a secret that is %j says nothing',
  (text) => {
    expect(readWebhookSecret(text)).toBeUndefined();
  },
);

test('which build is started says whose token it was', () => {
  const push = { commit: 'a'.repeat(40), branch: 'dev', author: '', message: '', delivery: 'd'.repeat(64) };
  const nameOf = (half?: 'infrastructure' | 'software') =>
    buildRequest(
      { place: shop, push: half === undefined ? push : { ...push, half } },
      'vendhost-{environment}-{tenant}-intake',
    ).projectName;
  expect([nameOf(), nameOf('software'), nameOf('infrastructure')]).toEqual([
    'vendhost-dev-shop-intake',
    'vendhost-dev-shop-software-intake',
    'vendhost-dev-shop-infrastructure-intake',
  ]);
});

test('a secret is what vending wrote', () => {
  for (const each of [secret, ofHalves]) expect(readWebhookSecret(JSON.stringify(secretValue(each)))).toEqual(each);
});

/** A cache over a secret that the test changes, and its clock. */
function cached(first: WebhookSecret | undefined) {
  const state = { stored: first, reads: 0, now: 1_000_000 };
  const cache = new SecretCache(
    async () => {
      state.reads += 1;
      return state.stored;
    },
    () => state.now,
  );
  return { state, ask: (sent: string) => cache.secretFor(shop, sent) };
}

test('a secret is read once in five minutes', async () => {
  const { state, ask } = cached(secret);
  for (const _ of [1, 2, 3]) await ask(token);
  state.now += 4 * 60_000;
  await ask(token);
  expect(state.reads).toBe(1);
  state.now += 60_001;
  await ask(token);
  expect(state.reads).toBe(2);
});

test('a token that is new is known at once, and who guesses causes one read a second', async () => {
  const { state, ask } = cached(secret);
  await ask(token);
  const projects = [{ projectId: 15, tokens: [{ sha256: tokenHash('new') }] }];
  state.stored = { ...secret, projects };
  state.now += 1000;
  expect((await ask('new'))?.projects).toEqual(projects);
  for (let guess = 0; guess < 100; guess += 1) await ask(`guess ${guess}`);
  expect(state.reads).toBe(2);
});

test('where nothing is vended nothing is kept longer than a second', async () => {
  const { state, ask } = cached(undefined);
  expect(await ask(token)).toBeUndefined();
  state.stored = secret;
  state.now += 1000;
  expect(await ask(token)).toEqual(secret);
});
