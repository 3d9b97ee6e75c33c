import { describe, expect, test } from 'vitest';
import type { SavedStack } from '../../../../scripts/stack/change-sets/plan-file.ts';
import { judge, type Present } from '../../../../scripts/stack/change-sets/stale.ts';
import type { StackState } from '../../../../scripts/stack/stack-state.ts';

const id = 'arn:aws:cloudformation:eu-west-1:111111111111:stack/one/1';
const queue = (delay: number) => ({ Type: 'AWS::SQS::Queue', Properties: { DelaySeconds: delay } });
const template = { Resources: { A: queue(1) } };
const before = {
  id,
  status: 'CREATE_COMPLETE',
  updatedAt: '2026-01-01T00:00:00.000Z',
  template,
  parameters: { Size: 'small' },
};
const saved: SavedStack = {
  stack: 'one',
  changeSet: 'arn:change-set',
  action: 'update',
  changes: [],
  terminationProtection: false,
  before,
};
const planned: StackState = {
  id,
  status: 'CREATE_COMPLETE',
  reason: undefined,
  updatedAt: before.updatedAt,
  parameters: { Size: 'small' },
  outputs: {},
  tags: {},
  terminationProtection: false,
};
const available = { status: 'CREATE_COMPLETE', executionStatus: 'AVAILABLE', reason: '' };
const asPlanned: Present = { state: planned, template, changeSet: available, executed: false };
const later = '2026-01-02T00:00:00.000Z';

/** The verdict when something differs from what was planned. */
async function verdict(state: Partial<StackState> | undefined, rest: Partial<Present> = {}, of: SavedStack = saved) {
  return await judge(of, { ...asPlanned, state: state === undefined ? undefined : { ...planned, ...state }, ...rest });
}

describe('judge', () => {
  test('as planned: execute', async () => {
    expect(await verdict({})).toBe('execute');
  });

  test('a new stack, still new: execute', async () => {
    expect(await verdict(undefined, {}, { ...saved, action: 'create', before: null })).toBe('execute');
  });

  test('nothing to change, and as planned: done', async () => {
    expect(await verdict({}, { changeSet: undefined }, { ...saved, changeSet: null, action: 'none' })).toBe('done');
  });

  test('nothing to change, but changed since: outdated', async () => {
    const lines = await verdict({ updatedAt: later }, {}, { ...saved, changeSet: null, action: 'none' });
    expect(lines).toEqual([
      'one was updated 2026-01-02T00:00:00.000Z (planned from 2026-01-01T00:00:00.000Z), it is CREATE_COMPLETE',
    ]);
  });

  test('updated by others: when, the resources and the parameters', async () => {
    const now = { Resources: { A: queue(2), B: queue(1) } };
    const state = { updatedAt: later, status: 'UPDATE_COMPLETE', parameters: { Size: 'large', New: 'x' } };
    expect(await verdict(state, { template: now })).toEqual([
      'one was updated 2026-01-02T00:00:00.000Z (planned from 2026-01-01T00:00:00.000Z), it is UPDATE_COMPLETE',
      '  ~ SQS::Queue A',
      '  + SQS::Queue B',
      '  parameter New: was not there, is x',
      '  parameter Size: was small, is large',
    ]);
  });

  test('an output alone differs', async () => {
    const now = { ...template, Outputs: { A: { Value: 'a' } } };
    expect(await verdict({ updatedAt: later }, { template: now })).toContain(
      '  its template differs outside its resources',
    );
  });

  test.each<[string, Partial<StackState> | undefined, SavedStack, string]>([
    ['gone', undefined, saved, 'one was deleted; it was CREATE_COMPLETE when planned'],
    [
      'made again',
      { id: 'arn:other', updatedAt: later },
      saved,
      'one was deleted and created again 2026-01-02T00:00:00.000Z, it is CREATE_COMPLETE',
    ],
    ['being changed', { status: 'DELETE_FAILED' }, saved, 'one is DELETE_FAILED, it was CREATE_COMPLETE when planned'],
    [
      'there now',
      {},
      { ...saved, before: null },
      'there was no one; it was created 2026-01-01T00:00:00.000Z and is CREATE_COMPLETE',
    ],
  ])('a stack that is %s', async (_what, state, of, line) => {
    expect(await verdict(state, {}, of)).toEqual([line]);
  });

  test.each<[Present['changeSet'], string]>([
    [undefined, 'the change set of one does not exist any more: it was deleted, or another one was executed'],
    [{ ...available, executionStatus: 'OBSOLETE' }, 'the change set of one cannot be executed, it is OBSOLETE'],
    [
      { status: 'FAILED', executionStatus: 'UNAVAILABLE', reason: 'no' },
      'the change set of one cannot be executed, it is UNAVAILABLE: no',
    ],
  ])('a change set that cannot be executed', async (changeSet, line) => {
    expect(await verdict({}, { changeSet })).toEqual([line]);
  });

  test.each([
    ['UPDATE_COMPLETE', 'done'],
    ['CREATE_COMPLETE', 'done'],
    ['UPDATE_IN_PROGRESS', 'follow'],
    ['UPDATE_COMPLETE_CLEANUP_IN_PROGRESS', 'follow'],
    [
      'UPDATE_ROLLBACK_COMPLETE',
      ['one: the plan was executed already and failed, the stack is UPDATE_ROLLBACK_COMPLETE: the name is taken'],
    ],
  ])('executed by an earlier run, now %s', async (status, expected) => {
    expect(await verdict({ updatedAt: later, status, reason: 'the name is taken' }, { executed: true })).toEqual(
      expected,
    );
  });

  test('executed by a person in the console', async () => {
    const changeSet = { ...available, executionStatus: 'EXECUTE_COMPLETE' };
    expect(await verdict({ updatedAt: later, status: 'UPDATE_COMPLETE' }, { changeSet })).toEqual([
      expect.stringMatching(/^one was updated/),
      '  its change set was executed by another process',
    ]);
  });
});
