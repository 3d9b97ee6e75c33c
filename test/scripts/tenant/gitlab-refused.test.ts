import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { type PlatformRepository, platformRepository } from '../../builders/platform-repository.ts';
import { startLocalGitlab } from '../../local-gitlab/api.ts';
import { errorIn, vendhost } from '../command-line.ts';
import { wire } from '../wire.ts';
import { emptyAccounts } from './empty-accounts.ts';

const account = '100000000001';
let repository: PlatformRepository;
beforeEach(async () => {
  repository = await platformRepository(account);
  await repository.writeTenant('shop', { project: 'acme/shop', hosts: { dev: ['shop.dev.example.com'] } });
});

async function vend(CI_API_V4_URL: string, token: string) {
  const env = {
    AWS_ENDPOINT_URL: await wire(undefined, emptyAccounts),
    AWS_ACCESS_KEY_ID: account,
    AWS_SECRET_ACCESS_KEY: 'secret',
    CI_API_V4_URL,
    VENDHOST_GITLAB_TOKEN: token,
  };
  return await vendhost(['tenant', 'vend', 'shop', '--environment', 'dev'], { env, cwd: repository.directory });
}

/** A GitLab that answers every request so, and repeats the token it was given. */
async function answering(status: number, more: Readonly<Record<string, string>> = {}): Promise<string> {
  const server = createServer(({ headers }, response) => {
    const body = JSON.stringify({ message: `no, ${headers['private-token']}` });
    response.writeHead(status, { 'content-type': 'application/json', ...more }).end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v4`;
}

test.each([
  ['acme/shop', 'a-wrong-token', 'GITLAB_TOKEN_REFUSED'],
  ['other/shop', 'local-gitlab-token', 'GITLAB_PROJECT_UNKNOWN'],
])('of a GitLab with %s, with %s: %s', async (project, token, expected) => {
  const gitlab = await startLocalGitlab({ projects: [project] });
  onTestFinished(() => gitlab.stop());
  const ended = await vend(gitlab.api, token);
  expect([ended.code, errorIn(ended)]).toEqual([1, expected]);
  expect(ended.stderr).not.toContain(token);
});

test.each([
  [403, 'GITLAB_FORBIDDEN'],
  [400, 'GITLAB_REFUSED'],
])('GitLab answers %i: %s, and the token is shown to nobody', async (status, expected) => {
  const ended = await vend(await answering(status), 'a-good-token');
  expect([errorIn(ended), ended.stderr.includes('a-good-token')]).toEqual([expected, false]);
  expect(ended.stderr).toContain('no, [masked]');
});

test("nothing answers at GitLab's address", async () => {
  expect(errorIn(await vend('http://127.0.0.1:9/api/v4', 'a-good-token'))).toBe('GITLAB_UNREACHABLE');
});

test.each([
  [429, 'GITLAB_BUSY'],
  [502, 'GITLAB_DOWN'],
])('GitLab answers %i and asks for more time than a job has: %s', async (status, expected) => {
  const ended = await vend(await answering(status, { 'retry-after': '600' }), 'a-good-token');
  expect([errorIn(ended), ended.stderr.includes('retry-after 600')]).toEqual([expected, true]);
});

test.each([
  ['text/html', '<html><head><title>Sign in · Proxy</title></head></html>', 'Sign in · Proxy'],
  ['application/json', '{"id": 4', 'application/json, 8 characters'],
])('something else than GitLab answers: %s', async (type, body, shown) => {
  const server = createServer((_, response) => response.writeHead(200, { 'content-type': type }).end(body));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const ended = await vend(`http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v4`, 'a-good-token');
  expect([errorIn(ended), ended.stderr.includes(shown)]).toEqual(['GITLAB_UNREADABLE', true]);
});
