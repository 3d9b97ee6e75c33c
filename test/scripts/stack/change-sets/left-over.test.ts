import type { ChangeSetSummary } from '@aws-sdk/client-cloudformation';
import { expect, test } from 'vitest';
import { changeSetName } from '../../../../scripts/stack/change-sets/change-set.ts';
import { leftOvers, planLifeMs, planName } from '../../../../scripts/stack/change-sets/left-over.ts';

const now = Date.parse('2026-11-26T12:00:00Z');
const old: ChangeSetSummary = {
  ChangeSetId: 'arn:old',
  ChangeSetName: changeSetName(planName(4711), '00c0ffee'),
  CreationTime: new Date(now - planLifeMs - 1),
  Status: 'CREATE_COMPLETE',
  ExecutionStatus: 'AVAILABLE',
};
const left = (change: ChangeSetSummary, kept: string[] = []) =>
  leftOvers('site', [{ ...old, ...change }], { now, kept }).map(({ id }) => id);

test('an old change set of a plan is left over, with its stack', () => {
  expect(leftOvers('site', [old], { now, kept: [] })).toEqual([{ stack: 'site', id: 'arn:old' }]);
});

test.each<[string, ChangeSetSummary]>([
  ['one that failed', { Status: 'FAILED', ExecutionStatus: 'UNAVAILABLE' }],
  ['one whose stack was changed since', { ExecutionStatus: 'OBSOLETE' }],
  ['one whose execution failed', { ExecutionStatus: 'EXECUTE_FAILED' }],
  ['one of a plan made by hand', { ChangeSetName: changeSetName(planName(now), '00c0ffee') }],
])('%s, too', (_what, change) => {
  expect(left(change)).toEqual(['arn:old']);
});

test.each<[string, ChangeSetSummary]>([
  ['one whose plan can still be executed', { CreationTime: new Date(now - planLifeMs) }],
  ['one of unknown age', { CreationTime: undefined }],
  ['one that others made', { ChangeSetName: 'vendhost-by-hand' }],
  ['one of the CDK', { ChangeSetName: 'cdk-deploy-change-set' }],
  ['one that is being made', { Status: 'CREATE_IN_PROGRESS', ExecutionStatus: 'UNAVAILABLE' }],
  ['one that is being deleted', { Status: 'DELETE_PENDING' }],
  ['one that is being executed', { ExecutionStatus: 'EXECUTE_IN_PROGRESS' }],
  ['one that was executed', { ExecutionStatus: 'EXECUTE_COMPLETE' }],
])('%s stays', (_what, change) => {
  expect(left(change)).toEqual([]);
});

test('one of the plan that is being deployed stays, whatever its age', () => {
  expect(left({}, ['arn:old'])).toEqual([]);
});
