import { describe, expect, test } from 'vitest';
import { judgeDelivery, mostBodyBytes } from '../../../scripts/webhook/function/judge-delivery.ts';
import { tokenHash, type WebhookSecret } from '../../../scripts/webhook/function/webhook-secret.ts';
import { infrastructureToken, ofHalves, payload, secret, token } from './payloads.ts';

const now = new Date('2026-02-01T12:00:00Z');
const sent = { 'x-gitlab-token': token, 'idempotency-key': '3a427872-00df-429c-9bc9-a9475de2efe4' };

function judge(body: string, known: WebhookSecret | undefined = secret, headers: Record<string, string> = sent) {
  return judgeDelivery({ headers, body }, known, now);
}

describe('a push to the branch is accepted', () => {
  test('with commit, author and message', () => {
    expect(judge(payload('push'))).toEqual({
      verdict: 'accepted',
      push: {
        commit: 'da1560886d4f094c3e6c9ef40349f7d38b5d27d7',
        branch: 'master',
        author: 'John Smith',
        message: 'fixed readme',
        delivery: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    });
  });

  test.each([
    [
      'merge',
      "Merge branch 'translation' into 'master'\n\nUpdate the translation\n\nSee merge request mike/diaspora!7",
    ],
    ['force-push', 'what it was before'],
    ['many-commits', 'commit 25 of 25'],
    // GitLab lists no commits of a branch that is made from another one's head.
    ['new-branch', ''],
  ])('%s', (name, message) => {
    const { after } = JSON.parse(payload(name));
    expect(judge(payload(name))).toMatchObject({ verdict: 'accepted', push: { commit: after, message } });
  });

  test('with texts that are cut, and none where GitLab sends something else', () => {
    const long = { ...JSON.parse(payload('push')), user_name: 'n'.repeat(5000), project: null };
    long.commits = [null, { id: long.after, message: 'm'.repeat(50_000) }];
    const { push } = judge(JSON.stringify(long)) as unknown as { push: Record<string, string> };
    expect([push.author?.length, push.message?.length]).toEqual([200, 500]);
    expect(judge(JSON.stringify({ ...long, commits: 'none', user_name: 7 }))).toMatchObject({
      push: { author: '', message: '' },
    });
  });
});

describe('of texts that anybody may have written', () => {
  const pushOf = (author: string, message: string) => {
    const original = JSON.parse(payload('push'));
    const commits = [{ id: original.after, message }];
    const judged = judge(JSON.stringify({ ...original, user_name: author, commits }));
    return (judged as unknown as { push: { author: string; message: string } }).push;
  };

  test('what a shell reads is text', () => {
    const words = '$(reboot) `id` "; rm -rf / #\nnext line';
    expect(pushOf(words, words)).toMatchObject({ author: words.replace('\n', ' '), message: words });
  });

  test('what a terminal reads, and what turns lines around, is left out', () => {
    const { author, message } = pushOf('Jo\u001b[31m\u0000\u202eoJ', 'one\r\ntwo\u0007\u2066');
    expect([author, message]).toEqual(['Jo[31moJ', 'one\ntwo']);
  });

  test('characters are cut as a whole', () => {
    const { author, message } = pushOf('\u{1f680}'.repeat(300), `\ud83d${'ü'.repeat(600)}`);
    expect([author, message]).toEqual(['\u{1f680}'.repeat(200), 'ü'.repeat(500)]);
  });

  test('the longest fit into the variables of a build', () => {
    const push = pushOf('"'.repeat(900), '\n'.repeat(900));
    expect(JSON.stringify(push).length).toBeLessThan(5000);
  });
});

test('a thousand commits, and keys that come twice: the last one counts, for the check and for the build', () => {
  const original = JSON.parse(payload('push'));
  const commits = Array.from({ length: 1000 }, (_, index) => ({ id: String(index), message: 'm' }));
  expect(judge(JSON.stringify({ ...original, commits }))).toMatchObject({ verdict: 'accepted', push: { message: '' } });
  const twice = (first: object) => `${JSON.stringify(first).slice(0, -1)},${payload('push').trim().slice(1)}`;
  expect(judge(twice({ ref: 'refs/heads/other', project_id: 7, after: '--' }))).toEqual(judge(payload('push')));
  const reversed = `${payload('push').trim().slice(0, -1)},"project_id":7}`;
  expect(judge(reversed)).toMatchObject({ verdict: 'refused', status: 401 });
});

test('no address of the payload reaches a build', () => {
  const original = JSON.parse(payload('push'));
  const elsewhere = 'http://169.254.169.254/latest';
  const project = { ...original.project, web_url: elsewhere, git_http_url: elsewhere, http_url: elsewhere };
  const judged = judge(JSON.stringify({ ...original, project, repository: { url: elsewhere } }));
  expect(JSON.stringify(judged)).not.toContain('169.254');
});

test.each([
  ['deleted-branch', 'master was deleted'],
  ['renamed-from', 'master was deleted'],
  ['renamed-to', 'not a push to master'],
  ['other-branch', 'not a push to master'],
  ['tag', 'an event of kind tag_push'],
  ['deleted-tag', 'an event of kind tag_push'],
])('%s is ignored, which is no error', (name, reason) => {
  expect(judge(payload(name))).toEqual({ verdict: 'ignored', reason });
});

test.each([
  ['branch', { ref: 'refs/heads/Master' }],
  ['tag of the same name', { ref: 'refs/tags/master' }],
  ['no ref', { ref: null }],
])('a push to a %s is ignored', (_, change) => {
  expect(judge(JSON.stringify({ ...JSON.parse(payload('push')), ...change }))).toMatchObject({ verdict: 'ignored' });
});

describe('refused', () => {
  test.each([
    ['no token', {}],
    ['an empty one', { 'x-gitlab-token': '' }],
    ['another one', { 'x-gitlab-token': `${token}x` }],
    ["the token's hash", { 'x-gitlab-token': tokenHash(token) }],
  ])('%s', (_, headers) => {
    const refusal = { verdict: 'refused', status: 401, reason: 'the token is wrong' };
    expect(judge(payload('push'), secret, headers)).toEqual(refusal);
    expect(judgeDelivery({ headers, body: payload('push') }, undefined, now)).toEqual(refusal);
  });

  test('the right token where nothing is vended, in the same words', () => {
    expect(judgeDelivery({ headers: sent, body: payload('push') }, undefined, now)).toMatchObject({
      status: 401,
      reason: 'the token is wrong',
    });
  });

  test("another project's event, by whoever copied the token", () => {
    const other = { ...secret, projects: secret.projects.map((each) => ({ ...each, projectId: 16 })) };
    expect(judge(payload('push'), other)).toMatchObject({ verdict: 'refused', status: 401 });
  });

  test('a body that is too large, before it is read', () => {
    const large = JSON.stringify({ ...JSON.parse(payload('push')), padding: 'x'.repeat(mostBodyBytes) });
    expect(judge(large)).toMatchObject({ verdict: 'refused', status: 413 });
    expect(judge(large, secret, { 'x-gitlab-token': 'wrong' })).toMatchObject({ status: 401 });
  });

  test.each(['', 'no json', '[]', 'null', '"push"'])('a body that is %j', (body) => {
    expect(judge(body)).toMatchObject({ verdict: 'refused', status: 400 });
  });

  test.each(['HEAD', '--upload-pack=sh', 'da15608', '$(id)', ''])('a commit that is %j', (after) => {
    expect(judge(JSON.stringify({ ...JSON.parse(payload('push')), after }))).toMatchObject({ status: 400 });
  });
});

describe('while a token is replaced', () => {
  const former = { sha256: tokenHash('former'), until: '2026-02-01T12:15:00Z' };
  const both = { ...secret, projects: [{ projectId: 15, tokens: [{ sha256: tokenHash(token) }, former] }] };
  const judgeAt = (sentToken: string, at: string) =>
    judgeDelivery({ headers: { 'x-gitlab-token': sentToken }, body: payload('push') }, both, new Date(at)).verdict;

  test('both are accepted, and the former one no longer than it says', () => {
    expect(judgeAt(token, '2026-02-01T12:00:00Z')).toBe('accepted');
    expect(judgeAt('former', '2026-02-01T12:14:59Z')).toBe('accepted');
    expect(judgeAt('former', '2026-02-01T12:15:00Z')).toBe('refused');
    expect(judgeAt(token, '2027-02-01T12:00:00Z')).toBe('accepted');
  });
});

describe('a delivery', () => {
  const delivery = (name: string, headers: Record<string, string>) => {
    const judged = judge(payload(name), secret, { 'x-gitlab-token': token, ...headers });
    return judged.verdict === 'accepted' ? judged.push.delivery : judged;
  };

  test('that GitLab sends again is the same one, by each header that says so', () => {
    for (const header of ['idempotency-key', 'webhook-id', 'x-gitlab-event-uuid']) {
      expect(delivery('push', { [header]: 'one' })).toBe(delivery('push', { [header]: 'one' }));
      expect(delivery('push', { [header]: 'one' })).not.toBe(delivery('push', { [header]: 'two' }));
    }
  });

  test('of another push is another one, whatever its headers say', () => {
    expect(delivery('push', { 'idempotency-key': 'one' })).not.toBe(
      delivery('force-push', { 'idempotency-key': 'one' }),
    );
  });
});

describe('of a tenant with two projects', () => {
  const pushOf = (projectId: number) => JSON.stringify({ ...JSON.parse(payload('push')), project_id: projectId });
  const with_ = (sentToken: string) => ({ ...sent, 'x-gitlab-token': sentToken });

  test.each([
    ['software', 15, token],
    ['infrastructure', 16, infrastructureToken],
  ])("a push is that of the %s by the project's own token", (half, projectId, own) => {
    const judged = judge(pushOf(projectId), ofHalves, with_(own));
    expect(judged).toMatchObject({ verdict: 'accepted', push: { half } });
  });

  test.each([
    ["the software's token with the infrastructure's number", 16, token],
    ["the infrastructure's token with the software's number", 15, infrastructureToken],
    ['a number of neither', 17, token],
  ])('%s is refused as a wrong token is', (_, projectId, sentToken) => {
    expect(judge(pushOf(projectId), ofHalves, with_(sentToken))).toEqual({
      verdict: 'refused',
      status: 401,
      reason: 'the token is wrong',
    });
  });

  test('what an event says of a half is nothing', () => {
    const body = JSON.stringify({ ...JSON.parse(pushOf(15)), half: 'infrastructure' });
    expect(judge(body, ofHalves)).toMatchObject({ verdict: 'accepted', push: { half: 'software' } });
    expect(judge(body)).not.toHaveProperty('push.half');
  });
});
