import { expect, test } from 'vitest';
import type { ProjectHook } from '../../../scripts/gitlab/hooks/project-hooks.ts';
import {
  readWebhookSecret,
  secretValue,
  type WebhookSecret,
} from '../../../scripts/webhook/function/webhook-secret.ts';
import {
  acceptedTokens,
  planWebhooks,
  secretMeanwhile,
  type WebhookState,
  wantedSecret,
  webhookDiffers,
  webhookLines,
} from '../../../scripts/webhook/webhook-plan.ts';

const url = 'https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/v1/dev/shop';
const wish = { project: 'acme/shop', url, branch: 'dev', projectId: 15, tokenName: 'vendhost-dev-shop', rotate: false };
/** The plan of a tenant with one project. */
function planOne(wanted: typeof wish, state: WebhookState) {
  const { projects, rewritesSecret } = planWebhooks([{ wish: wanted, state }]);
  return { ...projects[0], rewritesSecret };
}
const hook: ProjectHook = {
  id: 7,
  url,
  pushEvents: true,
  branchFilter: 'dev',
  verifiesTls: true,
  hasTemplate: false,
  isDisabled: false,
};
const secret: WebhookSecret = { branch: 'dev', projects: [{ projectId: 15, tokens: [{ sha256: 'a' }] }] };
const clone = { id: 3, name: 'vendhost-dev-shop', username: 'gitlab+deploy-token-3' };
const vended: WebhookState = {
  hooks: [{ ...hook, id: 6, url: `${url}2` }, hook],
  deployTokens: [{ id: 1, name: 'by hand', username: 'gitlab+deploy-token-1' }, clone],
  secret,
  cloneUser: clone.username,
};

test('a tenant that has neither gets both', () => {
  const state = { hooks: [], deployTokens: [], secret: undefined, cloneUser: undefined };
  expect(planOne(wish, state)).toEqual({
    project: 'acme/shop',
    hook: 'create',
    newToken: true,
    newDeployToken: true,
    obsolete: [],
    rewritesSecret: true,
  });
  expect(webhookLines(planWebhooks([{ wish, state }]))).toEqual([
    'webhook: create, with a new token',
    'deploy token that builds clone with: new',
  ]);
});

test('of two webhooks with one address one goes, and the other gets a token that the secret has', () => {
  const state = { ...vended, hooks: [...vended.hooks, { ...hook, id: 8 }] };
  expect(planOne(wish, state)).toMatchObject({ hook: 'update', hookId: 7, repeated: [8], newToken: true });
  expect(webhookLines(planWebhooks([{ wish, state }]))).toEqual([
    'webhook: update, with a new token',
    'webhooks with the same address that go: 8',
  ]);
});

test('vended again, nothing changes', () => {
  expect(planOne(wish, vended)).toEqual({
    project: 'acme/shop',
    hook: 'none',
    hookId: 7,
    newToken: false,
    newDeployToken: false,
    obsolete: [],
    rewritesSecret: false,
  });
  const plan = planWebhooks([{ wish, state: vended }]);
  expect([webhookDiffers(plan), webhookLines(plan)]).toEqual([false, []]);
});

test('rotated, both tokens are new, and the former deploy token goes', () => {
  expect(planOne({ ...wish, rotate: true }, vended)).toEqual({
    project: 'acme/shop',
    hook: 'update',
    hookId: 7,
    newToken: true,
    newDeployToken: true,
    obsolete: [clone],
    rewritesSecret: true,
  });
});

test.each<[string, Partial<WebhookState>, object]>([
  ['somebody deleted the webhook', { hooks: [] }, { hook: 'create', newToken: true }],
  ['somebody emptied the secret', { secret: undefined }, { hook: 'update', newToken: true, rewritesSecret: true }],
  ['it reports other branches', { hooks: [{ ...hook, branchFilter: '' }] }, { hook: 'update', newToken: false }],
  ['it reports no pushes', { hooks: [{ ...hook, pushEvents: false }] }, { hook: 'update', newToken: false }],
  ['TLS is not verified', { hooks: [{ ...hook, verifiesTls: false }] }, { hook: 'update', newToken: false }],
  ['it reports in another form', { hooks: [{ ...hook, hasTemplate: true }] }, { hook: 'update', newToken: false }],
  [
    'GitLab has disabled it, which no edit undoes',
    { hooks: [{ ...hook, isDisabled: true }] },
    { hook: 'create', repeated: [7], newToken: true },
  ],
  [
    'a run was killed before a disabled one was gone',
    {
      hooks: [
        { ...hook, isDisabled: true },
        { ...hook, id: 8 },
      ],
    },
    { hook: 'update', hookId: 8, repeated: [7], newToken: true },
  ],
  [
    'the secret is of another branch',
    { secret: { ...secret, branch: 'main' } },
    { hook: 'none', rewritesSecret: true },
  ],
  [
    'the secret is of another project, with whose token',
    { secret: { ...secret, projects: [{ projectId: 1, tokens: [{ sha256: 'a' }] }] } },
    { hook: 'update', newToken: true, rewritesSecret: true },
  ],
  [
    'a run was killed before GitLab had the new token',
    { secret: { ...secret, projects: [{ projectId: 15, tokens: [{ sha256: 'b' }, { sha256: 'a' }] }] } },
    { hook: 'update', newToken: true, rewritesSecret: true },
  ],
  [
    'another project reports, too',
    { secret: { ...secret, projects: [...secret.projects, { projectId: 1, tokens: [{ sha256: 'b' }] }] } },
    { hook: 'none', rewritesSecret: true },
  ],
  ['the deploy token is gone', { deployTokens: [] }, { hook: 'none', newDeployToken: true, obsolete: [] }],
  ['nobody stored it', { cloneUser: undefined }, { hook: 'none', newDeployToken: true, obsolete: [clone] }],
])('%s', (_, change, planned) => {
  const state = { ...vended, ...change };
  expect(planOne(wish, state)).toMatchObject(planned);
  const plan = planWebhooks([{ wish, state }]);
  expect(webhookDiffers(plan)).toBe(true);
  expect(webhookLines(plan)).not.toEqual([]);
});

test('a former token is accepted for a quarter of an hour, however often the next ones are replaced', () => {
  const now = new Date('2026-02-01T12:00:00Z');
  const first = acceptedTokens([], 'a', now);
  expect(first).toEqual([{ sha256: 'a' }]);
  const second = acceptedTokens(first, 'b', now);
  expect(second).toEqual([{ sha256: 'b' }, { sha256: 'a', until: '2026-02-01T12:15:00.000Z' }]);
  const third = acceptedTokens(second, 'c', new Date('2026-02-01T12:10:00Z'));
  expect(third).toEqual([
    { sha256: 'c' },
    { sha256: 'b', until: '2026-02-01T12:25:00.000Z' },
    { sha256: 'a', until: '2026-02-01T12:15:00.000Z' },
  ]);
  expect(acceptedTokens(third, undefined, new Date('2026-02-01T12:20:00Z'))).toEqual([
    { sha256: 'c' },
    { sha256: 'b', until: '2026-02-01T12:25:00.000Z' },
  ]);
});

test('while a token is replaced the former one is good without end: a run may be killed before GitLab has the new one', () => {
  const now = new Date('2026-02-01T12:00:00Z');
  const wanted = wantedSecret([wish], secret, { hashes: new Map([[15, 'b']]), now });
  expect(wanted.projects[0]?.tokens).toEqual([{ sha256: 'b' }, { sha256: 'a', until: '2026-02-01T12:15:00.000Z' }]);
  expect(secretMeanwhile(wanted, secret).projects[0]?.tokens).toEqual([{ sha256: 'b' }, { sha256: 'a' }]);
});

test('one project becomes two: it keeps its token, for its half, and the other one gets its own', () => {
  const software = { ...wish, half: 'software' as const };
  const infrastructure = { ...wish, project: 'acme/machine', projectId: 16, half: 'infrastructure' as const };
  const without = { hooks: [], deployTokens: [], secret, cloneUser: undefined };
  const plan = planWebhooks([
    { wish: infrastructure, state: without },
    { wish: software, state: { ...vended, cloneUser: undefined } },
  ]);
  expect(plan).toEqual({
    projects: [
      { project: 'acme/machine', hook: 'create', newToken: true, newDeployToken: true, obsolete: [] },
      { project: 'acme/shop', hook: 'none', hookId: 7, newToken: false, newDeployToken: true, obsolete: [clone] },
    ],
    rewritesSecret: true,
  });
  expect(webhookLines(plan)).toEqual([
    'webhook of acme/machine: create, with a new token',
    'deploy token that builds clone with of acme/machine: new',
    'deploy token that builds clone with of acme/shop: new',
    `deploy tokens that go of acme/shop: ${clone.username}`,
  ]);
  const made = { hashes: new Map([[16, 'b']]), now: new Date() };
  expect(wantedSecret([infrastructure, software], secret, made).projects).toEqual([
    { projectId: 16, half: 'infrastructure', tokens: [{ sha256: 'b' }] },
    { projectId: 15, half: 'software', tokens: [{ sha256: 'a' }] },
  ]);
});

test('a secret of one project is as functions of an older stack read it, and one of two is read again', () => {
  expect(secretValue(secret)).toEqual({ version: 1, projectId: 15, branch: 'dev', tokens: [{ sha256: 'a' }] });
  const two: WebhookSecret = { branch: 'dev', projects: [{ projectId: 15, half: 'software', tokens: [] }] };
  for (const each of [secret, two]) expect(readWebhookSecret(JSON.stringify(secretValue(each)))).toEqual(each);
  for (const half of ['both', 1]) {
    const odd = { version: 2, branch: 'dev', projects: [{ projectId: 15, half, tokens: [] }] };
    expect(readWebhookSecret(JSON.stringify(odd))).toBeUndefined();
  }
  for (const token of [null, 'a', { sha256: 1 }, { sha256: 'a', until: 5 }]) {
    const odd = { version: 1, projectId: 15, branch: 'dev', tokens: [token] };
    expect(readWebhookSecret(JSON.stringify(odd))).toBeUndefined();
  }
});
