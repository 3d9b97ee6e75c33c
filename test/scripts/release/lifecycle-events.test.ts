import { describe, expect, test } from 'vitest';
import { activityOf, linesBetween } from '../../../scripts/release/lifecycle-events.ts';
import type { Snapshot } from '../../../scripts/release/snapshot.ts';
import { action, deployment, event, snapshot } from './snapshots.ts';

/** The lines of a release seen at these moments, moment by moment. */
function told(...moments: Snapshot[]): string[][] {
  return moments.map((moment, index) => linesBetween(moments[index - 1], moment));
}

const source = action('Source', 'Succeeded');
const running = action('Deploy', 'InProgress', { start: 4000, externalId: 'd-1' });

describe('linesBetween', () => {
  test('shows a release as it happens, each event once', () => {
    const one = [event('BeforeInstall', 'Succeeded')];
    const two = [...one, event('Install', 'InProgress')];
    const three = [...one, event('Install', 'Succeeded', { end: 61_000 })];
    const going = { actions: [source, running] };
    const done = { ...running, status: 'Succeeded', update: 16_000 };
    expect(
      told(
        snapshot('InProgress', { actions: [action('Source', 'InProgress')] }),
        snapshot('InProgress', { actions: [source] }),
        snapshot('InProgress', { ...going, deployment: deployment('InProgress', { 'i-1': one, 'i-2': [] }) }),
        snapshot('InProgress', { ...going, deployment: deployment('InProgress', { 'i-1': two, 'i-2': one }) }),
        snapshot('InProgress', { ...going, deployment: deployment('InProgress', { 'i-1': two, 'i-2': one }) }),
        snapshot('Succeeded', {
          actions: [source, done],
          deployment: deployment('Succeeded', { 'i-1': three, 'i-2': three }),
        }),
      ),
    ).toEqual([
      [],
      ['Source: succeeded, 2 s'],
      ['deployment d-1: started', '  i-1                  BeforeInstall       succeeded  1.5 s'],
      ['  i-2                  BeforeInstall       succeeded  1.5 s'],
      [],
      [
        '  i-1                  Install             succeeded  1 min',
        '  i-2                  Install             succeeded  1 min',
        'deployment d-1: succeeded on 2 of 2 instances',
        'Deploy: succeeded, 12 s',
      ],
    ]);
  });

  test('a single read at the end shows all events in order', () => {
    const ended = snapshot('Succeeded', {
      actions: [
        source,
        action('Approval', 'Succeeded', { updatedBy: 'arn:aws:iam::1:user/eve', summary: 'fine' }),
        { ...running, status: 'Succeeded', update: 5000 },
      ],
      deployment: deployment('Succeeded', { 'i-1': [event('Install', 'Succeeded'), event('BlockTraffic', 'Skipped')] }),
    });
    expect(told(ended)).toEqual([
      [
        'Source: succeeded, 2 s',
        'Approval: succeeded, 2 s, by arn:aws:iam::1:user/eve: fine',
        'deployment d-1: started',
        '  i-1                  Install             succeeded  1.5 s',
        'deployment d-1: succeeded on 1 of 1 instance',
        'Deploy: succeeded, 1 s',
      ],
    ]);
  });

  test('an open approval is shown once', () => {
    const open = snapshot('InProgress', { actions: [source, action('Approval', 'InProgress')] });
    expect(told(open, open)).toEqual([['Source: succeeded, 2 s', 'Approval: waiting for approval'], []]);
  });

  test('a failure names code and script; a rollback is shown as a separate deployment', () => {
    const error = { code: 'ScriptFailed', script: 'hooks/a.sh', message: 'exit code 1', logTail: '' };
    const failed = deployment(
      'Failed',
      { 'i-1': [event('AfterInstall', 'Failed', { error })] },
      {
        rollback: { id: 'd-2', message: 'the last good one' },
      },
    );
    const actions = [{ ...running, status: 'Failed', update: 5000 }];
    const back = (status: string) => deployment(status, { 'i-1': [event('Install', status)] }, { id: 'd-2' });
    expect(
      told(
        snapshot('Failed', { actions, deployment: failed, rollback: back('InProgress') }),
        snapshot('Failed', { actions, deployment: failed, rollback: back('Succeeded') }),
      ),
    ).toEqual([
      [
        'deployment d-1: started',
        '  i-1                  AfterInstall        failed  1.5 s: ScriptFailed hooks/a.sh',
        'deployment d-1: failed on 0 of 1 instance',
        'CodeDeploy rolls back with d-2: the last good one',
        'Deploy: failed, 1 s',
        'rollback d-2: started',
      ],
      ['  i-1                  Install             succeeded  1.5 s', 'rollback d-2: succeeded on 1 of 1 instance'],
    ]);
  });

  test('without a revision to roll back to, CodeDeploy says so', () => {
    const failed = deployment('Failed', {}, { rollback: { message: 'nothing was deployed before' } });
    expect(told(snapshot('Failed', { actions: [running], deployment: failed }))).toEqual([
      ['deployment d-1: started', 'deployment d-1: failed', 'no rollback: nothing was deployed before'],
    ]);
  });
});

describe('activityOf', () => {
  test.each<[string, Snapshot]>([
    [
      'AfterInstall on i-2',
      snapshot('InProgress', {
        actions: [running],
        deployment: deployment('InProgress', {
          'i-1': [event('AfterInstall', 'Succeeded')],
          'i-2': [event('Install', 'Succeeded'), event('AfterInstall', 'InProgress')],
        }),
      }),
    ],
    ['Deploy (d-1)', snapshot('InProgress', { actions: [source, running], deployment: deployment('InProgress', {}) })],
    ['approval (Approval)', snapshot('InProgress', { actions: [source, action('Approval', 'InProgress')] })],
    ['the execution to enter its next stage', snapshot('InProgress', { actions: [source] })],
    ['the execution to stop', snapshot('Stopping', { actions: [source] })],
  ])('%s', (expected, moment) => {
    expect(activityOf(moment)).toBe(expected);
  });
});
