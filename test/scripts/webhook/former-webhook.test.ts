import { expect, onTestFinished, test } from 'vitest';
import { openGitlab } from '../../../scripts/gitlab/api.ts';
import {
  formerWebhook,
  formerWebhookLine,
  readLeftWebhooks,
  unreachedLine,
} from '../../../scripts/webhook/former-webhook.ts';
import { recorder } from '../../builders/recorder.ts';
import { startLocalGitlab } from '../../local-gitlab/api.ts';

const where = { place: { environment: 'dev', tenant: 'shop' }, region: 'eu-west-1' };
const address = 'https://a1b2c3.execute-api.eu-west-1.amazonaws.com/v1/dev/shop';
const hook = (id: number, url: string) => ({
  ...{ id, url, pushEvents: true, branchFilter: 'dev', verifiesTls: true, hasTemplate: false, isDisabled: false },
});
const token = (id: number, name: string) => ({ id, name, username: `user-${id}` });

test('what vending set for a place is found, whichever endpoint it is of', () => {
  const hooks = [hook(1, address), hook(2, address.replace('a1b2c3', 'z9y8x7'))];
  const former = formerWebhook('acme/shop', where, { hooks, deployTokens: [token(3, 'vendhost-dev-shop')] });
  expect(former).toEqual({ project: 'acme/shop', hooks: [1, 2], deployTokens: [3] });
  expect(former && formerWebhookLine(former)).toBe(
    'webhook 1, 2 and deploy token 3 of acme/shop, with which GitLab reported pushes',
  );
});

test.each([
  address.replace('/dev/', '/staging/'),
  address.replace('/shop', '/shop2'),
  `${address}/`,
  address.replace('eu-west-1', 'eu-central-1'),
  'https://chat.example.com/v1/dev/shop',
  'https://a1b2c3.execute-api.eu-west-1.amazonaws.com.example.com/v1/dev/shop',
  'https://a1b2c3xexecute-api.eu-west-1.amazonaws.com/v1/dev/shop',
  'not an address',
])('the webhook %s is not of that place', (url) => {
  const deployTokens = [token(1, 'vendhost-staging-shop'), token(2, 'vendhost-dev-shop-2')];
  expect(formerWebhook('acme/shop', where, { hooks: [hook(1, url)], deployTokens })).toBeUndefined();
});

test("a project that was the tenant's is known by its number, and one that cannot be reached is named", async () => {
  const local = await startLocalGitlab({ projects: ['acme/shop', 'acme/former'] });
  onTestFinished(() => local.stop());
  const gitlab = openGitlab(recorder({ CI_API_V4_URL: local.api, VENDHOST_GITLAB_TOKEN: local.token }), local.address);
  const [shop, former] = local.state.projects();
  if (gitlab === undefined || shop === undefined || former === undefined) throw new Error('no project');
  for (const each of [shop, former]) {
    const filter = { push_events_branch_filter: 'dev', branch_filter_strategy: 'wildcard' };
    const flags = {
      push_events: true,
      enable_ssl_verification: true,
      alert_status: 'executable',
      custom_webhook_template: '',
    };
    local.state.hooks.setHooks(each, [{ id: each.id, url: address, ...filter, ...flags, token: 'secret' }]);
  }
  const had = [{ projectId: shop.id }, { projectId: former.id }, { projectId: 99 }, { project: 'acme/gone' }];
  expect(await readLeftWebhooks(gitlab, had, { ...where, present: [shop.id] })).toEqual({
    found: [{ project: 'acme/former', hooks: [former.id], deployTokens: [] }],
    unreached: ['number 99', 'acme/gone'],
  });
  expect(unreachedLine('number 99', where.place)).toMatch(
    /number 99.*…\/v1\/dev\/shop.*vendhost-dev-shop: delete them/,
  );
});
