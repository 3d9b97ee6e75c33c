import { expect, test } from 'vitest';
import {
  healthCheckFrom,
  healthCheckText,
  healthCheckUpdate,
  settingsOf,
} from '../../../../scripts/host/health/health-check.ts';

const arn = 'arn:group';
const wanted = { path: '/health', status: '200-299' };
const settings = settingsOf(wanted);
const fresh = { released: false };
const released = { released: true };
const present = { arn, name: 'vendhost-dev-shop--8080-1', settings };

test('a target group without changes', () => {
  expect(healthCheckUpdate(present, wanted, fresh)).toEqual({
    arn,
    targetGroup: 'vendhost-dev-shop--8080-1',
    wanted,
    changes: [],
  });
});

test("one as CloudFormation created it has AWS's defaults", () => {
  const made = {
    HealthCheckPath: '/',
    Matcher: { HttpCode: '200' },
    HealthCheckProtocol: 'HTTP' as const,
    HealthCheckPort: 'traffic-port',
    HealthCheckIntervalSeconds: 30,
    HealthCheckTimeoutSeconds: 5,
    HealthyThresholdCount: 5,
    UnhealthyThresholdCount: 2,
  };
  expect(healthCheckUpdate({ ...present, settings: made }, wanted, fresh).changes).toEqual([
    { setting: 'health check path', from: '/', to: '/health' },
    { setting: 'healthy status', from: '200', to: '200-299' },
    { setting: 'seconds between health checks', from: '30', to: '10' },
    { setting: 'successes until healthy', from: '5', to: '2' },
    { setting: 'failures until unhealthy', from: '2', to: '3' },
  ]);
});

test("a port that somebody set instead of the requests' port", () => {
  expect(
    healthCheckUpdate({ ...present, settings: { ...settings, HealthCheckPort: '22' } }, wanted, released).changes,
  ).toEqual([{ setting: 'health check port', from: '22', to: 'traffic-port' }]);
});

test('another check of a released host waits for the release; until then any answer that a check may accept passes', () => {
  const {
    changes,
    afterRelease,
    wanted: now,
  } = healthCheckUpdate(present, { path: '/healthz', status: '200' }, released);
  expect(now).toEqual({ path: '/health', status: '200-499' });
  expect(changes).toEqual([{ setting: 'healthy status', from: '200-299', to: '200-499' }]);
  expect(afterRelease).toEqual([
    { setting: 'health check path', from: '/health', to: '/healthz' },
    { setting: 'healthy status', from: '200-499', to: '200' },
  ]);
});

test('until the release has succeeded nothing else changes, even if the check is reverted', () => {
  const meanwhile = { ...present, settings: settingsOf({ path: '/health', status: '200-499' }) };
  for (const check of [wanted, { path: '/healthz', status: '200' }]) {
    const { changes, afterRelease } = healthCheckUpdate(meanwhile, check, released);
    expect(changes).toEqual([]);
    expect(afterRelease).toContainEqual({ setting: 'healthy status', from: '200-499', to: check.status });
  }
});

test('a check in force that no instance passes is reverted until the next release', () => {
  expect(healthCheckUpdate(present, wanted, { released: true, failing: true })).toEqual({
    arn,
    targetGroup: 'vendhost-dev-shop--8080-1',
    wanted: { path: '/health', status: '200-499' },
    changes: [{ setting: 'healthy status', from: '200-299', to: '200-499' }],
    afterRelease: [{ setting: 'healthy status', from: '200-499', to: '200-299' }],
  });
});

test('as a parameter of the host stack', () => {
  const odd = { path: '/a b?c=d', status: '200,204' };
  expect(healthCheckFrom(healthCheckText(odd))).toEqual(odd);
  expect(healthCheckFrom('none')).toBeUndefined();
  expect(healthCheckFrom(undefined)).toBeUndefined();
});
