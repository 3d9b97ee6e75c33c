import { describe, expect, test } from 'vitest';
import { type Decision, decide, type Execution, type State } from '../../../scripts/release/decision.ts';

const a = { key: 'software/shop/a.zip', version: 'va' };
const b = { key: 'software/shop/b.zip', version: 'vb' };

const execution = (id: string, status: string, version?: string): Execution => ({ id, status, version });
const deployed = (id: string, version: string) => ({ executionId: id, deploymentId: `d-${id}`, version });

function decision(revision: typeof a, executions: Execution[], last?: State['deployed']): Decision {
  return decide('vendhost-dev-shop', revision, { executions, deployed: last });
}

function token(revision: typeof a, executions: Execution[], last?: State['deployed']): string {
  const decided = decision(revision, executions, last);
  if (decided.kind !== 'start') throw new Error(`not started: ${decided.kind}`);
  return decided.token;
}

describe('decide', () => {
  test('the first release starts, with a token CodePipeline accepts', () => {
    expect(token(a, [])).toMatch(/^[a-zA-Z0-9-]{1,128}$/);
  });
  test('what the instances have is not released again', () => {
    const state = deployed('1', 'va');
    expect(decision(a, [execution('1', 'Succeeded', 'va')], state)).toEqual({
      kind: 'nothing',
      executionId: '1',
      deploymentId: 'd-1',
    });
  });
  test('a failed release of another revision in between does not hide what is known to be deployed', () => {
    const history = [execution('2', 'Failed', 'vb'), execution('1', 'Succeeded', 'va')];
    expect(decision(a, history, deployed('1', 'va')).kind).toBe('nothing');
    expect(decision(a, history).kind).toBe('start');
  });
  test('while another revision is in progress, even the deployed one is released again', () => {
    const history = [execution('2', 'InProgress', 'vb'), execution('1', 'Succeeded', 'va')];
    expect(decision(a, history, deployed('1', 'va')).kind).toBe('start');
  });
  test('an object of unknown version is always released', () => {
    const unversioned = { key: a.key, version: undefined };
    const state = { executionId: '1', deploymentId: 'd-1', version: undefined };
    expect(decide('p', unversioned, { executions: [execution('1', 'Succeeded')], deployed: state }).kind).toBe('start');
  });
  test('an execution in progress for the same revision is followed', () => {
    expect(decision(a, [execution('1', 'InProgress', 'va')])).toEqual({ kind: 'follow', executionId: '1' });
  });
  test.each(['Stopping', 'Stopped', 'Failed', 'Superseded', 'Cancelled'])('one that is %s is not', (status) => {
    expect(decision(a, [execution('1', status, 'va')]).kind).toBe('start');
  });
  test('nor is one that a newer one of another revision follows', () => {
    const history = [execution('2', 'InProgress', 'vb'), execution('1', 'InProgress', 'va')];
    expect(decision(a, history).kind).toBe('start');
  });
});

describe('the token', () => {
  const done = [execution('1', 'Succeeded', 'vb')];
  test('is the same for jobs that see the same history', () => {
    expect(token(a, done)).toBe(token(a, done));
  });
  test('differs by revision, object version and pipeline', () => {
    const start = (name: string, key: string, version: string) =>
      decide(name, { key, version }, { executions: done, deployed: undefined });
    const tokens = [start('p', 'a', '1'), start('q', 'a', '1'), start('p', 'b', '1'), start('p', 'a', '2')];
    expect(new Set(tokens.map((decided) => JSON.stringify(decided))).size).toBe(4);
  });
  test('is new after the execution failed: a repeated job tries again', () => {
    expect(token(a, [execution('2', 'Failed', 'va'), ...done])).not.toBe(token(a, done));
  });
  test('is new when another revision came in between, so that a rollback is possible', () => {
    const before = token(a, done);
    const after = [execution('3', 'Succeeded', 'vb'), execution('2', 'Succeeded', 'va'), ...done];
    expect(token(a, after)).not.toBe(before);
  });
  test('is new while another revision is in progress, which would win otherwise', () => {
    const first = token(a, done);
    const history = [execution('3', 'InProgress', 'vb'), execution('2', 'InProgress', 'va'), ...done];
    expect(token(a, history)).not.toBe(first);
    expect(token(b, [execution('2', 'InProgress', 'va'), ...done])).not.toBe(token(b, done));
  });
});
