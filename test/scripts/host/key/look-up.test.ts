import { expect, test } from 'vitest';
import { vendhostSchema } from '../../../../scripts/config/vendhost.ts';
import { type FoundHost, reasonsToProvision } from '../../../../scripts/host/key/look-up.ts';
import { provenance, provisionKey } from '../../../../scripts/host/key/provision-key.ts';
import type { StackState } from '../../../../scripts/stack/stack-state.ts';
import { facts, record } from '../../../builders/sample.ts';

const place = { tenant: 'shop', environment: 'dev' };
const inputs = { config: vendhostSchema.parse({}), facts, record, library: '0.1.0' };
const key = provisionKey({ ...inputs, image: 'ami-1' });
const stack: StackState = {
  id: 'arn',
  status: 'UPDATE_COMPLETE',
  reason: undefined,
  updatedAt: '2026-01-02T03:04:05.000Z',
  parameters: {},
  outputs: {},
  tags: {},
  terminationProtection: false,
};
const parameters = {
  ImageId: 'ami-1',
  LaunchTemplateVersion: '4',
  HealthCheckType: 'ELB',
  ...provenance({}, { key, commit: 'c', data: stack, healthCheck: { path: '/', status: '200' } }),
};
const host: StackState = { ...stack, parameters, outputs: { NewestVersion: '4' } };
const group = {
  name: 'vendhost-dev-shop',
  version: '4',
  launchTemplateId: 'lt-1',
  min: 1,
  inService: ['i-1'],
  members: ['i-1'],
  instances: 1,
};
/** A host as a provision left it. */
const settled: FoundHost = {
  host,
  data: stack,
  group,
  refreshing: false,
  released: true,
  healthCheck: { changes: [] },
};
const withParameters = (changes: Record<string, string>) => ({
  ...settled,
  host: { ...host, parameters: { ...parameters, ...changes } },
});

test('a host that matches its key needs nothing', () => {
  expect(reasonsToProvision(place, key, settled)).toEqual([]);
  const rolledBack = { ...host, status: 'UPDATE_ROLLBACK_COMPLETE' };
  expect(reasonsToProvision(place, key, { ...settled, host: rolledBack })).toEqual([]);
  const beforeTheFirstRelease = { ...withParameters({ HealthCheckType: 'EC2' }), released: false };
  expect(reasonsToProvision(place, key, beforeTheFirstRelease)).toEqual([]);
});

test.each<[string, FoundHost, string]>([
  ['no host', { ...settled, host: undefined }, 'there is no virtual host yet'],
  [
    'a busy host',
    { ...settled, host: { ...host, status: 'UPDATE_IN_PROGRESS' } },
    'vendhost-dev-shop-host is UPDATE_IN_PROGRESS',
  ],
  [
    'a broken host',
    { ...settled, host: { ...host, status: 'UPDATE_ROLLBACK_FAILED' } },
    'vendhost-dev-shop-host is UPDATE_ROLLBACK_FAILED',
  ],
  [
    'busy data',
    { ...settled, data: { ...stack, status: 'UPDATE_IN_PROGRESS' } },
    'vendhost-dev-shop-data is UPDATE_IN_PROGRESS',
  ],
  [
    'newer data',
    { ...settled, data: { ...stack, updatedAt: '2026-01-02T03:04:06.000Z' } },
    'vendhost-dev-shop-data was updated since, or by a provision that did not finish',
  ],
  [
    'no data any more',
    { ...settled, data: undefined },
    'vendhost-dev-shop-data was updated since, or by a provision that did not finish',
  ],
  ['another image', withParameters({ ImageId: 'ami-9' }), 'the stack has the image ami-9, not ami-1'],
  [
    'a newer version',
    { ...settled, host: { ...host, outputs: { NewestVersion: '10' } } },
    'launch template version 10 was not rolled out',
  ],
  [
    'the first release',
    withParameters({ HealthCheckType: 'EC2' }),
    'since the release the load balancer decides who is healthy',
  ],
  [
    'a health check by hand',
    { ...settled, healthCheck: { changes: [{ setting: 'health check path', from: '/old', to: '/' }] } },
    'health check path is /old, not /',
  ],
  ['no group', { ...settled, group: undefined }, 'there is no Auto Scaling group vendhost-dev-shop'],
  [
    'a version by hand',
    { ...settled, group: { ...group, version: '3' } },
    'instances start from launch template version 3, not 4',
  ],
  ['a refresh', { ...settled, refreshing: true }, 'an instance refresh of vendhost-dev-shop is running'],
  ['an instance that is gone', { ...settled, group: { ...group, inService: [] } }, '0 of 1 instances are in service'],
  ['an unfinished provision', withParameters({ ProvisionKey: 'unfinished' }), 'the last provision did not finish'],
])('%s is a reason', (_what, deployed, reason) => {
  expect(reasonsToProvision(place, key, deployed)).toEqual([reason]);
});

test('a different key is the only reason shown', () => {
  const other = provisionKey({ ...inputs, image: 'ami-2' });
  expect(reasonsToProvision(place, other, settled)).toEqual(['image changed: ami-1 → ami-2']);
});
