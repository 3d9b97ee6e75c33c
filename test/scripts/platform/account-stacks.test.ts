import { StackStatus } from '@aws-sdk/client-cloudformation';
import { expect, test } from 'vitest';
import { openAws } from '../../../scripts/aws/session.ts';
import { environmentOfPlatformStack, listStackNames, tenantOf } from '../../../scripts/platform/account-stacks.ts';
import { recorder } from '../../builders/recorder.ts';
import { wire } from '../wire.ts';

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
  ['vendhost-production-balancer-10', 'production'],
  ['vendhost-staging-network', 'staging'],
  ['vendhost-dev-balancers', undefined],
  ['vendhost-dev-shop-access', undefined],
  ['vendhost-gitlab', undefined],
])('the stack %s is of the platform of %s', (stack, environment) => {
  expect(environmentOfPlatformStack(stack)).toBe(environment);
});

test('stacks of every status are listed, but for those that are deleted', async () => {
  let asked: string[] = [];
  const AWS_ENDPOINT_URL = await wire(undefined, async ({ body }) => {
    asked = [...new URLSearchParams(body)].flatMap(([key, value]) =>
      key.startsWith('StackStatusFilter') ? value : [],
    );
    return { status: 200, body: '<ListStacksResponse><ListStacksResult/></ListStacksResponse>' };
  });
  const env = {
    AWS_ENDPOINT_URL,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'a key',
    AWS_SECRET_ACCESS_KEY: 'a secret',
  };
  expect(await listStackNames(openAws(recorder(env)))).toEqual([]);
  expect(asked).not.toContain('DELETE_COMPLETE');
  expect(asked.sort()).toEqual(
    Object.values(StackStatus)
      .filter((status) => status !== 'DELETE_COMPLETE')
      .sort(),
  );
});
