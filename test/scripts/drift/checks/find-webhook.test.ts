import { expect, test } from 'vitest';
import { findWebhook, type WebhookFacts } from '../../../../scripts/drift/checks/gitlab/find-webhook.ts';

const url = 'https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/v1/dev/shop';
const hook = {
  id: 7,
  url,
  pushEvents: true,
  branchFilter: 'dev',
  verifiesTls: true,
  hasTemplate: false,
  isDisabled: false,
};
const facts: WebhookFacts = {
  ...{ tenant: 'shop', environment: 'dev', project: 'acme/shop', url, branch: 'dev' },
  tokenName: 'vendhost-dev-shop',
  hooks: [{ ...hook, id: 6, url: `${url}2` }, hook],
  deployTokens: [{ id: 3, name: 'vendhost-dev-shop', username: 'gitlab+deploy-token-3' }],
};

test('a webhook that is as vending set it has no finding', () => {
  expect(findWebhook(facts)).toEqual([]);
});

test.each<[string, Partial<WebhookFacts>, string[]]>([
  ['the stack is gone', { url: undefined }, ['shop/webhook/endpoint']],
  [
    'somebody deleted it, or its address is another one',
    { hooks: [{ ...hook, url: `${url}2` }] },
    ['shop/webhook/hook'],
  ],
  ['GitLab has disabled it', { hooks: [{ ...hook, isDisabled: true }] }, ['shop/webhook/disabled']],
  ['it reports no pushes', { hooks: [{ ...hook, pushEvents: false }] }, ['shop/webhook/push-events']],
  ['it reports all branches', { hooks: [{ ...hook, branchFilter: '' }] }, ['shop/webhook/branch']],
  ['it has a template', { hooks: [{ ...hook, hasTemplate: true }] }, ['shop/webhook/template']],
  ['TLS is not verified', { hooks: [{ ...hook, verifiesTls: false }] }, ['shop/webhook/tls']],
  [
    'the deploy token has expired, and another one is there',
    { deployTokens: [{ id: 4, name: 'vendhost-staging-shop', username: 'gitlab+deploy-token-4' }] },
    ['shop/webhook/deploy-token'],
  ],
])('%s', (_, change, ids) => {
  const found = findWebhook({ ...facts, ...change });
  expect(found.map(({ id }) => id)).toEqual(ids);
  expect(found[0]?.next).toMatch(/^as an administrator: vendhost (tenant vend shop|platform deploy) --environment dev/);
});
