import { expect, test } from 'vitest';
import { isMeant } from '../../../scripts/repair/redeploy.ts';

const own = 'restart: the revision of d-1, 1';

test.each([
  ['the one that was begun, also when it has ended', { description: own, status: 'Succeeded' }, true],
  ['a restart that a killed job began', { description: 'restart: the revision of d-1, 2', status: 'InProgress' }, true],
  ['one that has ended', { description: 'restart: the revision of d-1, 2', status: 'Succeeded' }, false],
  ['a release', { status: 'InProgress' }, false],
  ['what somebody else deploys', { description: 'by hand', status: 'InProgress' }, false],
] as const)('a restart follows %s: %s', (_, found, isFollowed) => {
  expect(isMeant(found, own)).toBe(isFollowed);
});
