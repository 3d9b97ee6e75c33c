import { expect, test } from 'vitest';
import type { KeptRelease } from '../../../../scripts/retention/kept-releases.ts';
import { keptDeployments } from '../../../../scripts/retention/revisions/kept-deployments.ts';
import { revisionsOf } from '../../../../scripts/retention/revisions/read-standing.ts';
import { planRevisionPrune, type RevisionStanding } from '../../../../scripts/retention/revisions/revision-plan.ts';

const now = new Date('2026-06-01T00:00:00Z');
const ago = (days: number) => new Date(now.getTime() - days * 24 * 60 * 60_000);
const rules = { keep: 1, olderThanDays: 30 };
const object = (key: string, days: number) => ({ key, etag: `"${key}"`, bytes: 9, writtenAt: ago(days) });
const revision = (letter: string, days: number, chosen = days, version?: string) => ({
  ...{ ...object(`software/shop/${letter.repeat(64)}.zip`, days), chosenAt: ago(chosen), version },
});
const nothing: RevisionStanding = { revisions: [], artifacts: [], releases: [], deployments: [], now };
const keysOf = (standing: Partial<RevisionStanding>) => {
  const { remove, kept } = planRevisionPrune({ ...nothing, ...standing }, rules);
  const letter = (key: string) => key.replace(/^software\/shop\/(.).*$/, '$1');
  const reasons = kept.map((each) => [letter(each.key), each.reasons] as const);
  return { remove: remove.map(({ key }) => letter(key)), kept: Object.fromEntries(reasons) };
};

test('the newest and the young stay, each of their kind', () => {
  expect(
    keysOf({
      revisions: [revision('c', 60), revision('a', 2), revision('b', 50)],
      artifacts: [object('artifact-2', 55), object('artifact-1', 45)],
    }),
  ).toEqual({
    remove: ['c', 'artifact-2', 'b'],
    kept: { a: ['it is among the newest 1', 'it is younger than 30 days'], 'artifact-1': ['it is among the newest 1'] },
  });
});

test('what a kept release was made of stays: by its record, or by the version of the object', () => {
  const recorded = { reason: 'release 1 waits for approval', record: { revision: revision('b', 0).key }, version: '8' };
  const unrecorded = { reason: 'release 2 is under way', record: undefined, version: '7' };
  const releases = [
    { release: recorded as KeptRelease, artifacts: ['artifact-2'] },
    { release: unrecorded as KeptRelease, artifacts: [] },
  ];
  const revisions = [revision('a', 40), revision('b', 50), revision('c', 51, 51, '7'), revision('d', 52, 52, '8')];
  const artifacts = [object('artifact-1', 40), object('artifact-2', 50), object('artifact-3', 50)];
  expect(keysOf({ revisions, artifacts, releases })).toEqual({
    remove: ['d', 'artifact-3'],
    kept: {
      a: ['it is among the newest 1'],
      b: ['release 1 waits for approval'],
      c: ['release 2 is under way'],
      'artifact-1': ['it is among the newest 1'],
      'artifact-2': ['release 1 waits for approval'],
    },
  });
});

test('a revision that a job found a moment ago stays', () => {
  const described = object(`software/shop/${'b'.repeat(64)}.json`, 0.5);
  const found = revisionsOf([object(revision('a', 0).key, 40), object(revision('b', 0).key, 50), described]);
  expect(found.map(({ key, chosenAt }) => [key.slice(0, 15), chosenAt])).toEqual([
    ['software/shop/a', ago(40)],
    ['software/shop/b', ago(0.5)],
  ]);
  expect(keysOf({ revisions: found })).toEqual({
    remove: [],
    kept: { a: ['it is among the newest 1'], b: ['a job pushed it less than 24 hours ago'] },
  });
});

test('what CodeDeploy may still give an instance stays', () => {
  const location = (key: string) => ({ revisionType: 'S3', s3Location: { bucket: 'b', key } }) as const;
  const group = {
    targetRevision: location('artifact-2'),
    lastSuccessfulDeployment: { deploymentId: 'd-2' },
    lastAttemptedDeployment: { deploymentId: 'd-3' },
  };
  const deployments = keptDeployments(
    group,
    ['d-2', 'd-3', 'd-4'].map((id) => ({ deploymentId: id, revision: location(id.replace('d', 'artifact')) })),
    new Set(['d-4']),
  );
  const artifacts = [1, 2, 3, 4, 5].map((number) => object(`artifact-${number}`, 40 + number));
  expect(keysOf({ artifacts, deployments })).toEqual({
    remove: ['artifact-5'],
    kept: {
      'artifact-1': ['it is among the newest 1'],
      'artifact-2': [
        'it is the target of the deployment group',
        'deployment d-2 is the last that succeeded: new instances get it',
      ],
      'artifact-3': ['deployment d-3 is the last attempt'],
      'artifact-4': ['deployment d-4 is under way'],
    },
  });
});
