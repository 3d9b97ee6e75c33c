import { expect, test } from 'vitest';
import { buildFinding } from '../../../scripts/doctor/find-builds.ts';

const project = { environment: { image: 'runner:1' } } as Parameters<typeof buildFinding>[1];
const startTime = new Date('2026-02-01T12:00:00Z');
const found = (build: Parameters<typeof buildFinding>[2]) => buildFinding('intake', project, build);

test('no build, one that runs, one that succeeded and one that somebody stopped are no faults', () => {
  expect(found(undefined)).toMatchObject({ status: 'absent', detail: 'there was none yet; image runner:1' });
  const statusOf = (buildStatus: 'IN_PROGRESS' | 'SUCCEEDED' | 'STOPPED') =>
    found({ buildStatus, currentPhase: 'BUILD', startTime }).status;
  expect([statusOf('IN_PROGRESS'), statusOf('SUCCEEDED'), statusOf('STOPPED')]).toEqual(['ok', 'ok', 'unknown']);
  expect(found({ buildStatus: 'IN_PROGRESS', currentPhase: 'BUILD', startTime }).detail).toBe(
    'BUILD since 2026-02-01T12:00:00.000Z',
  );
});

test('an image that cannot be pulled is said, as there is no log; what failed later has one', () => {
  const contexts = [{ statusCode: 'BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE', message: 'manifest unknown' }];
  const early = found({
    ...{ buildStatus: 'FAILED', startTime },
    phases: [
      { phaseType: 'QUEUED', phaseStatus: 'SUCCEEDED' },
      { phaseType: 'PROVISIONING', phaseStatus: 'FAILED', contexts },
    ],
  });
  expect(early.detail).toBe(
    'FAILED in PROVISIONING, begun 2026-02-01T12:00:00.000Z; BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE: manifest unknown',
  );
  expect([early.status, early.hint]).toEqual(['fault', expect.stringContaining('webhook.image in platform.yml')]);
  const late = found({
    ...{ buildStatus: 'TIMED_OUT', startTime, logs: { groupName: 'a group', streamName: 'a stream' } },
    phases: [{ phaseType: 'BUILD', phaseStatus: 'TIMED_OUT', contexts: [] }],
  });
  expect([late.status, late.hint]).toEqual(['fault', 'read its log: log group a group, stream a stream']);
});
