import { expect, test } from 'vitest';
import type { Release, ReleaseState } from '../../../scripts/release/history/release.ts';
import { isEnough, keptReleases } from '../../../scripts/retention/kept-releases.ts';

const release = (executionId: string, state: ReleaseState, more: Partial<Release> = {}): Release => ({
  ...{ executionId, state, start: 0, version: undefined, record: undefined, current: false, ...more },
});
const reasons = (releases: readonly Release[], keep: number) =>
  keptReleases(releases, keep).map(({ reason }) => reason);

test('what is under way, waits, is deployed, or may be rolled back to', () => {
  const releases = [
    release('7', 'running'),
    release('6', 'waiting for approval'),
    release('5', 'failed', { current: true }),
    release('4', 'succeeded'),
    release('3', 'superseded'),
    release('2', 'succeeded'),
    release('1', 'succeeded'),
  ];
  expect(reasons(releases, 2)).toEqual([
    'release 7 is under way',
    'release 6 waits for approval',
    'release 5 is what the instances have',
    'release 4 is among the newest 2 that succeeded',
    'release 2 is among the newest 2 that succeeded',
  ]);
  expect(reasons([release('2', 'rejected'), release('1', 'stopped')], 2)).toEqual([]);
});

test('older releases are read until those to keep are found', () => {
  const releases = [release('3', 'failed'), release('2', 'succeeded')];
  expect(isEnough({ releases, more: false }, 2, undefined)).toBe(true);
  expect(isEnough({ releases, more: true }, 2, undefined)).toBe(false);
  expect(isEnough({ releases, more: true }, 1, undefined)).toBe(true);
  expect(isEnough({ releases, more: true }, 1, '1')).toBe(false);
  expect(isEnough({ releases, more: true }, 1, '2')).toBe(true);
});
