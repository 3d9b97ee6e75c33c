import { StackStatus } from '@aws-sdk/client-cloudformation';
import { expect, test } from 'vitest';
import { environmentOfPlatformStack, listStackNames, tenantOf } from '../../../scripts/platform/account-stacks.ts';
import { answering, xml } from '../answering.ts';

test.each([
  ['vendhost-dev-shop-access', 'shop'],
  ['vendhost-dev-tea-and-more-host', 'tea-and-more'],
  ['vendhost-dev-access', undefined],
  ['vendhost-staging-shop-data', undefined],
  ['vendhost-dev-shop', undefined],
  ['somebody-elses-data', undefined],
])('in dev the stack %s is of the tenant %s', (stack, tenant) => {
  expect(tenantOf('dev', stack)).toBe(tenant);
});

test.each([
  ['vendhost-dev-access', 'dev'],
  ['vendhost-dev-policies', 'dev'],
  ['vendhost-production-balancer-10', 'production'],
  ['vendhost-staging-network', 'staging'],
  ['vendhost-dev-balancers', undefined],
  ['vendhost-dev-shop-access', undefined],
  ['vendhost-gitlab', undefined],
])('the stack %s is of the platform of %s', (stack, environment) => {
  expect(environmentOfPlatformStack(stack)).toBe(environment);
});

test('stacks of every status are listed, but for those that are deleted', async () => {
  const { aws, calls } = await answering(({ operation }) => xml(operation, ''));
  expect(await listStackNames(aws)).toEqual([]);
  const asked = [...new URLSearchParams(calls[0]?.body)].filter(([key]) => key.startsWith('StackStatusFilter'));
  const wanted = Object.values(StackStatus).filter((status) => status !== 'DELETE_COMPLETE');
  expect(asked.map(([, status]) => status).sort()).toEqual(wanted.sort());
});
