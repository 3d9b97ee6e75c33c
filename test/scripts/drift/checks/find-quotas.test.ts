import { expect, test } from 'vitest';
import { findQuotas } from '../../../../scripts/drift/checks/find-quotas.ts';
import type { QuotaState } from '../../../../scripts/quota/read-quotas.ts';

const of = (...states: QuotaState[]) => findQuotas(states, 'eu-west-1');

test('a quota with room is no finding; from four fifths on it is one', () => {
  expect(of({ id: 'database-instances', usage: { used: 31, limit: 40 } })).toEqual([]);
  expect(of({ id: 'database-instances', usage: { used: 32, limit: 40 } })).toEqual([
    {
      id: 'database-instances',
      gravity: 'change',
      title: '32 of 40 database instances: nearly used up',
      details: ['https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html'],
      next: 'ask AWS for more: aws service-quotas request-service-quota-increase --region eu-west-1 --service-code rds --quota-code L-7B6409FD --desired-value NUMBER',
    },
  ]);
});

test('one without room for one more tenant is a fault, though less than four fifths are used', () => {
  expect(of({ id: 'roles', usage: { used: 5, limit: 10 } })).toMatchObject([
    { gravity: 'fault', title: '5 of 10 IAM roles: no room for one more tenant' },
  ]);
  expect(of({ id: 'roles', usage: { used: 3, limit: 10 } })).toEqual([]);
});

test('what AWS does not raise has another way out, and each load balancer is named', () => {
  expect(
    of({ id: 'load-balancer-target-groups', balancer: 'vendhost-dev-balancer', usage: { used: 100, limit: 100 } }),
  ).toMatchObject([
    {
      id: 'load-balancer-target-groups/vendhost-dev-balancer',
      title: '100 of 100 target groups of a load balancer vendhost-dev-balancer: no room for one more tenant',
      next: 'AWS does not raise it: add a load balancer (load_balancers in platform.yml)',
    },
  ]);
});

test('what could not be read is not known', () => {
  expect(of({ id: 'stacks', usage: { reason: 'ACCESS_DENIED: no', hint: 'ask' } })).toEqual([
    {
      id: 'stacks',
      gravity: 'unknown',
      title: 'how many stacks there may be was not checked: ACCESS_DENIED: no',
      next: 'ask',
    },
  ]);
});
