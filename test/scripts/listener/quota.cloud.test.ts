import { expect, test } from 'vitest';
import { VendhostError } from '../../../scripts/errors.ts';
import { checkRoom, isTooManyRules, listenerFull, readRuleQuota } from '../../../scripts/listener/quota.ts';
import { cloudAccount } from '../../builders/account.ts';

const { aws } = cloudAccount('100000000307');
const served = { place: { environment: 'dev', tenant: 'shop' }, loadBalancer: 1 };

test("the quota is the account's", async () => {
  expect(await readRuleQuota(aws)).toBe(100);
});

test.each([
  [99, 1, undefined],
  [100, 0, undefined],
  [120, -1, undefined],
  [100, 1, 'LISTENER_FULL'],
  [99, 2, 'LISTENER_FULL'],
])('of 100, %i taken and %i needed: %s', async (standing, needed, code) => {
  const refusal = await checkRoom(aws, served, standing, needed).catch((error: unknown) => error);
  expect((refusal as VendhostError | undefined)?.code).toBe(code);
});

test('the error names the load balancer, its count and the way out', () => {
  const { message, hint } = listenerFull(served, 100, 100);
  expect(message).toBe('load balancer 1 of dev has 100 rules, and AWS allows 100');
  expect(hint).toBe(
    [
      'set environments.dev.load_balancers: 2 or more in platform.yml',
      'vendhost platform deploy --environment dev',
      'set load_balancer: 2 in tenants/shop.yml',
      'vendhost tenant vend shop --environment dev',
    ].join('; '),
  );
});

test.each([
  [
    'Rule (AWS::ElasticLoadBalancingV2::ListenerRule): The maximum number of rules on load balancer app/x has been reached',
    true,
  ],
  ['Rule (AWS::ElasticLoadBalancingV2::ListenerRule): limit of 100 rules (TooManyRules)', true],
  ["Rule (AWS::ElasticLoadBalancingV2::ListenerRule): Priority '5' is currently in use", false],
])('a stack that failed with %j: %s', (reason, expected) => {
  expect(isTooManyRules(new VendhostError('STACK_FAILED', 'failed', { hint: '', details: [reason] }))).toBe(expected);
  expect(isTooManyRules(new Error(reason))).toBe(false);
});
