import type { TargetHealthReasonEnum, TargetHealthStateEnum } from '@aws-sdk/client-elastic-load-balancing-v2';
import { describe, expect, test } from 'vitest';
import { awaitedTargets, healthReason } from '../../../../scripts/release/failure/target-health.ts';
import { deployment, event } from '../snapshots.ts';

const group = { HealthCheckPath: '/', HealthCheckTimeoutSeconds: 5, Matcher: { HttpCode: '200-299' }, Port: 8080 };

function reason(Reason: TargetHealthReasonEnum, Description: string, State: TargetHealthStateEnum = 'unhealthy') {
  return healthReason(group, { Target: { Id: 'i-1', Port: 8080 }, TargetHealth: { State, Reason, Description } });
}

describe('healthReason', () => {
  test.each([
    [
      'Target.ResponseCodeMismatch',
      'Health checks failed with these codes: [500]',
      'GET / on port 8080 answered 500, wanted 200-299',
    ],
    ['Target.Timeout', 'Request timed out', 'GET / on port 8080: no answer within 5 s'],
    [
      'Target.FailedHealthChecks',
      'Health checks failed',
      'GET / on port 8080: no connection, or no answer that is HTTP',
    ],
    ['Target.InvalidState', 'Target is in the stopped state', 'GET / on port 8080: Target is in the stopped state'],
  ] as const)('%s', (code, description, expected) => {
    expect(reason(code, description)).toBe(expected);
  });

  test('a target that is healthy or not checked yet has no reason', () => {
    expect(reason('Elb.InitialHealthChecking', 'Initial health checks in progress', 'initial')).toBeUndefined();
    expect(healthReason(group, { TargetHealth: { State: 'healthy' } })).toBeUndefined();
  });
});

describe('the load balancer is asked', () => {
  const at = (status: string) => deployment('InProgress', { 'i-1': [event('AllowTraffic', status)] });
  const known = { 'i-1': 'known' };

  test('while a release waits for it, and once more after it refused', () => {
    expect(awaitedTargets({ deployment: at('InProgress') }, known)).toEqual(['i-1']);
    expect(awaitedTargets({ deployment: at('Failed') }, {})).toEqual(['i-1']);
    expect(awaitedTargets({ deployment: at('Failed') }, known)).toEqual([]);
    expect(awaitedTargets({ deployment: at('Pending') }, {})).toEqual([]);
  });

  test('for a rollback, but its reason does not replace the one before', () => {
    const rollback = at('InProgress');
    const failed = deployment('Failed', { 'i-1': [event('ApplicationStart', 'Failed')] });
    expect(awaitedTargets({ deployment: failed, rollback }, {})).toEqual(['i-1']);
    expect(awaitedTargets({ deployment: at('Failed'), rollback }, known)).toEqual([]);
  });
});
