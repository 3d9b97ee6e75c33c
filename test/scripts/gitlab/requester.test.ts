import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type GitlabApi, openGitlab } from '../../../scripts/gitlab/api.ts';
import { retryAfter } from '../../../scripts/gitlab/http/send-patiently.ts';
import { readProtectedBranches, readProtectedEnvironments } from '../../../scripts/gitlab/protection.ts';
import { writeStickyNote } from '../../../scripts/gitlab/sticky-note.ts';
import { readTrackedIssues, writeTrackedIssues } from '../../../scripts/gitlab/tracked-issue.ts';
import { readVariables } from '../../../scripts/gitlab/variables.ts';
import { openLocalGitlab } from './open.ts';

const place = { project: 'acme/shop', mergeRequest: 7, marker: '<!-- m ' };
const write = <T>(api: T) => [api, place, () => '<!-- m -->\n\ntext'] as const;

describe('a GitLab that is busy', () => {
  test.each(['too-many-requests', 'bad-gateway', 'unavailable'] as const)('is asked again: %s', async (kind) => {
    const { api, gitlab, runtime } = await openLocalGitlab();
    gitlab.state.outages.add({ kind, times: 3, on: /^GET .*issues/ });
    expect(await readTrackedIssues(api, 'acme/shop', 'label')).toEqual([]);
    expect(runtime.progress()).toHaveLength(3);
    expect(runtime.progress()[0]).toMatch(/^GitLab answers (429|502|503): waiting 0 s to ask it again$/);
  });

  test('is given the time it asks for', async () => {
    const { api, gitlab, runtime } = await openLocalGitlab();
    gitlab.state.outages.add({ kind: 'too-many-requests', times: 1, on: /^POST/, retryAfter: 1 });
    const started = performance.now();
    expect((await writeStickyNote(...write(api))).action).toBe('created');
    expect(performance.now() - started).toBeGreaterThan(950);
    expect(runtime.progress()).toEqual(['GitLab answers 429: waiting 1 s to ask it again']);
  });

  test.each([
    ['too-many-requests', 30, 'GITLAB_BUSY', 0],
    ['unavailable', 30, 'GITLAB_DOWN', 0],
    ['bad-gateway', undefined, 'GITLAB_DOWN', 5],
  ] as const)('is given up: %s, retry after %s', async (kind, after, code, asked) => {
    const { api, gitlab, runtime } = await openLocalGitlab();
    gitlab.state.outages.add({ kind, times: 100, ...(after === undefined ? {} : { retryAfter: after }) });
    await expect(readTrackedIssues(api, 'acme/shop', 'label')).rejects.toMatchObject({
      code,
      message: expect.stringContaining(after === undefined ? 'answers 502' : 'asks to wait: retry-after 30'),
    });
    expect(runtime.progress()).toHaveLength(asked);
  });

  test('is not asked a second time to create what it may have created', async () => {
    const { api, gitlab, project } = await openLocalGitlab();
    gitlab.state.outages.add({ kind: 'bad-gateway', times: 1, on: /^POST/, isDone: true });
    await expect(writeStickyNote(...write(api))).rejects.toMatchObject({ code: 'GITLAB_DOWN' });
    expect((await writeStickyNote(...write(api))).action).toBe('unchanged');
    expect(gitlab.state.discussions.notes(project, 7)).toHaveLength(1);
  });

  test('does not hold a job that is cancelled', async () => {
    const { gitlab, runtime } = await openLocalGitlab();
    const stop = new AbortController();
    const env = { CI_API_V4_URL: gitlab.api, VENDHOST_GITLAB_TOKEN: gitlab.token };
    const api = openGitlab({ ...runtime, env, signal: stop.signal }, '', { first: 60_000, most: 600_000 });
    if (api === undefined) throw new Error('no API');
    gitlab.state.outages.add({ kind: 'unavailable', times: 1 });
    const reading = readTrackedIssues(api, 'acme/shop', 'label');
    await expect.poll(() => runtime.progress(), { timeout: 20_000 }).toHaveLength(1);
    stop.abort(new Error('cancelled'));
    await expect(reading).rejects.toThrow('cancelled');
  });
});

test.each(['glpat-a-secret\nmore', 'glpat-a-secret more', 'glpat-a-secret€'])(
  'a token that cannot be one is not sent and not shown: %j',
  async (token) => {
    const { as } = await openLocalGitlab();
    const reading = readTrackedIssues(as(token), 'acme/shop', 'label');
    const thrown: unknown = await reading.catch((error: unknown) => error);
    expect(thrown).toMatchObject({ code: 'GITLAB_TOKEN_REFUSED' });
    expect(JSON.stringify([String(thrown), thrown])).not.toContain('secret');
  },
);

test('what surrounds a token is no part of it', async () => {
  const { as, gitlab } = await openLocalGitlab();
  expect(await readTrackedIssues(as(` ${gitlab.token}\n`), 'acme/shop', 'label')).toEqual([]);
});

describe('a connection that is broken off', () => {
  /** A GitLab that breaks it off once: before the call is done, after it, or amid the answer. */
  async function breaking(when: 'before' | 'after' | 'amid') {
    const opened = await openLocalGitlab();
    const calls: string[] = [];
    const server = createServer(async (incoming, response) => {
      const { url = '', method = '', headers } = incoming;
      calls.push(method);
      const isFirst = calls.length === 1;
      if (isFirst && when === 'before') return incoming.socket.resetAndDestroy();
      const body = Buffer.concat(await incoming.toArray());
      const asked = { method, headers: headers as Record<string, string>, ...(method === 'POST' && { body }) };
      const answer = await fetch(new URL(url, opened.gitlab.address), asked);
      const text = await answer.text();
      if (isFirst && when === 'after') return incoming.socket.resetAndDestroy();
      response.writeHead(answer.status, { 'content-type': 'application/json', 'content-length': text.length });
      if (isFirst) return response.write(text.slice(0, 1), () => incoming.socket.resetAndDestroy());
      return response.end(text);
    }).listen(0, '127.0.0.1');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const env = { CI_API_V4_URL: `http://127.0.0.1:${port}/api/v4`, VENDHOST_GITLAB_TOKEN: opened.gitlab.token };
    const api = openGitlab({ ...opened.runtime, env }, '', { first: 1, most: 2_000 });
    if (api === undefined) throw new Error('no API');
    return { ...opened, api, calls };
  }

  test.each(['before', 'after', 'amid'] as const)('%s: what may be repeated is asked again', async (when) => {
    const { api, calls, runtime } = await breaking(when);
    expect(await readTrackedIssues(api, 'acme/shop', 'label')).toEqual([]);
    expect(calls).toEqual(['GET', 'GET']);
    expect(runtime.progress()).toEqual(['GitLab broke the connection off: waiting 0 s to ask it again']);
  });

  test('what would be done twice is not', async () => {
    const { api, calls } = await breaking('after');
    const change = { action: 'open', title: 'Drift', description: 'text' } as const;
    const writing = writeTrackedIssues(api, 'acme/shop', 'label', [change]);
    await expect(writing).rejects.toMatchObject({ code: 'GITLAB_UNREACHABLE' });
    expect(calls).toEqual(['POST']);
  });
});

describe('an answer that is none of the API', () => {
  test.each([
    ['sign-in-page', 'text/html: Sign in'],
    ['half-an-answer', 'application/json, 14 characters'],
  ] as const)('is named: %s', async (kind, shown) => {
    const { api, gitlab } = await openLocalGitlab();
    gitlab.state.outages.add({ kind, times: 1, on: /notes$/ });
    await expect(writeStickyNote(...write(api))).rejects.toMatchObject({
      code: 'GITLAB_UNREADABLE',
      details: [`200 with ${shown}`],
    });
  });

  test.each<[string, (api: GitlabApi) => Promise<unknown>]>([
    ['notes', (api) => writeStickyNote(...write(api))],
    ['issues', (api) => readTrackedIssues(api, 'acme/shop', 'label')],
    ['protected branches', (api) => readProtectedBranches(api, 'acme/shop')],
    ['protected environments', (api) => readProtectedEnvironments(api, 1)],
    ['variables', (api) => readVariables(api, 'acme/shop')],
  ])('nor is an answer of somebody else where a list should be: %s', async (_what, reading) => {
    const { api, gitlab } = await openLocalGitlab();
    gitlab.state.outages.add({ kind: 'other-service', times: 1, on: /^GET .*(notes|issues|protected_\w+|variables)/ });
    await expect(reading(api)).rejects.toMatchObject({
      code: 'GITLAB_UNREADABLE',
      details: ['200 with what is no list'],
    });
  });

  test('nor is one thing where a list should be', async () => {
    const { api } = await openLocalGitlab();
    await expect(
      api.call('read', async () => {
        // What @gitbeaker does with each page.
        const body: unknown = { id: 1 };
        return [...(body as [])];
      }),
    ).rejects.toMatchObject({ code: 'GITLAB_UNREADABLE' });
  });
});

test.each([
  ['120', 120_000],
  ['0', 0],
  ['Thu, 26 Nov 2026 12:00:30 GMT', 30_000],
  ['Thu, 26 Nov 2026 11:00:00 GMT', 0],
  ['soon', undefined],
  [undefined, undefined],
])('Retry-After: %s is %s ms', (value, expected) => {
  const headers = new Headers(value === undefined ? {} : { 'retry-after': value });
  expect(retryAfter({ headers }, Date.parse('2026-11-26T12:00:00Z'))).toBe(expected);
});
