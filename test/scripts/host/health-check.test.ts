import { expect, test } from 'vitest';
import { healthCheckUpdate, settingsOf } from '../../../scripts/host/health-check.ts';

const arn = 'arn:group';
const wanted = { path: '/health', status: '200-299' };
const settings = settingsOf(wanted);
const present = { arn, name: 'vendhost-dev-shop--8080-1', settings };

test('a target group that is as it should be', () => {
  expect(healthCheckUpdate(present, wanted)).toEqual({
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
  expect(healthCheckUpdate({ ...present, settings: made }, wanted).changes).toEqual([
    { setting: 'health check path', from: '/', to: '/health' },
    { setting: 'healthy status', from: '200', to: '200-299' },
    { setting: 'seconds between health checks', from: '30', to: '10' },
    { setting: 'successes until healthy', from: '5', to: '2' },
    { setting: 'failures until unhealthy', from: '2', to: '3' },
  ]);
});

test('a port that somebody set instead of that of the requests', () => {
  expect(healthCheckUpdate({ ...present, settings: { ...settings, HealthCheckPort: '22' } }, wanted).changes).toEqual([
    { setting: 'health check port', from: '22', to: 'traffic-port' },
  ]);
});
