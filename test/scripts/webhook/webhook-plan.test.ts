import { expect, test } from 'vitest';
import type { ProjectHook } from '../../../scripts/gitlab/hooks/project-hooks.ts';
import type { WebhookSecret } from '../../../scripts/webhook/function/webhook-secret.ts';
import {
  acceptedTokens,
  planWebhook,
  type WebhookState,
  webhookDiffers,
  webhookLines,
} from '../../../scripts/webhook/webhook-plan.ts';

const url = 'https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/v1/dev/shop';
const wish = { url, branch: 'dev', projectId: 15, tokenName: 'vendhost-dev-shop', rotate: false };
const hook: ProjectHook = {
  id: 7,
  url,
  pushEvents: true,
  branchFilter: 'dev',
  verifiesTls: true,
  isDisabled: false,
};
const secret: WebhookSecret = { version: 1, projectId: 15, branch: 'dev', tokens: [{ sha256: 'a' }] };
const clone = { id: 3, name: 'vendhost-dev-shop', username: 'gitlab+deploy-token-3' };
const vended: WebhookState = {
  hooks: [{ ...hook, id: 6, url: `${url}2` }, hook],
  deployTokens: [{ id: 1, name: 'by hand', username: 'gitlab+deploy-token-1' }, clone],
  secret,
  cloneUser: clone.username,
};

test('a tenant that has neither gets both', () => {
  const plan = planWebhook(wish, { hooks: [], deployTokens: [], secret: undefined, cloneUser: undefined });
  expect(plan).toEqual({
    hook: 'create',
    newToken: true,
    newDeployToken: true,
    obsolete: [],
    rewritesSecret: true,
  });
  expect(webhookLines(plan)).toEqual(['webhook: create, with a new token', 'deploy token that builds clone with: new']);
});

test('vended again, nothing changes', () => {
  const plan = planWebhook(wish, vended);
  expect(plan).toEqual({
    hook: 'none',
    hookId: 7,
    newToken: false,
    newDeployToken: false,
    obsolete: [],
    rewritesSecret: false,
  });
  expect([webhookDiffers(plan), webhookLines(plan)]).toEqual([false, []]);
});

test('rotated, both tokens are new, and the former deploy token goes', () => {
  const plan = planWebhook({ ...wish, rotate: true }, vended);
  expect(plan).toEqual({
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
  ['GitLab has disabled it', { hooks: [{ ...hook, isDisabled: true }] }, { hook: 'update', newToken: false }],
  [
    'the secret is of another branch',
    { secret: { ...secret, branch: 'main' } },
    { hook: 'none', rewritesSecret: true },
  ],
  ['the project is another one', { secret: { ...secret, projectId: 1 } }, { hook: 'none', rewritesSecret: true }],
  ['the deploy token is gone', { deployTokens: [] }, { hook: 'none', newDeployToken: true, obsolete: [] }],
  ['nobody stored it', { cloneUser: undefined }, { hook: 'none', newDeployToken: true, obsolete: [clone] }],
])('%s', (_, change, planned) => {
  const plan = planWebhook(wish, { ...vended, ...change });
  expect(plan).toMatchObject(planned);
  expect(webhookDiffers(plan)).toBe(true);
  expect(webhookLines(plan)).not.toEqual([]);
});

test('a former token is accepted for a quarter of an hour, however often the next ones are replaced', () => {
  const now = new Date('2026-02-01T12:00:00Z');
  const first = acceptedTokens(undefined, 'a', now);
  expect(first).toEqual([{ sha256: 'a' }]);
  const second = acceptedTokens({ ...secret, tokens: first }, 'b', now);
  expect(second).toEqual([{ sha256: 'b' }, { sha256: 'a', until: '2026-02-01T12:15:00.000Z' }]);
  const third = acceptedTokens({ ...secret, tokens: second }, 'c', new Date('2026-02-01T12:10:00Z'));
  expect(third).toEqual([
    { sha256: 'c' },
    { sha256: 'b', until: '2026-02-01T12:25:00.000Z' },
    { sha256: 'a', until: '2026-02-01T12:15:00.000Z' },
  ]);
  expect(acceptedTokens({ ...secret, tokens: third }, undefined, new Date('2026-02-01T12:20:00Z'))).toEqual([
    { sha256: 'c' },
    { sha256: 'b', until: '2026-02-01T12:25:00.000Z' },
  ]);
});
