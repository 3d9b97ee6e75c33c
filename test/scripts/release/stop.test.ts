import { expect, test } from 'vitest';
import type { Snapshot } from '../../../scripts/release/snapshot.ts';
import { nextStop, type StopRequests, type StopStep } from '../../../scripts/release/stop.ts';
import { action, deployment, snapshot } from './snapshots.ts';

const nothing: StopRequests = { deployments: [] };
const deploying = { actions: [action('Deploy', 'InProgress')], deployment: deployment('InProgress', {}) };
const stopped = { actions: [action('Deploy', 'Failed')], deployment: deployment('Stopped', {}) };
const approving = { actions: [action('Approval', 'InProgress')] };

test.each<[string, Snapshot, StopRequests, boolean, StopStep]>([
  ['first the execution', snapshot('InProgress', deploying), nothing, false, { kind: 'execution', how: 'wait' }],
  [
    'then its deployment',
    snapshot('Stopping', deploying),
    { ...nothing, execution: 'wait' },
    false,
    { kind: 'deployment', id: 'd-1' },
  ],
  [
    'then their end',
    snapshot('Stopping', deploying),
    { execution: 'wait', deployments: ['d-1'] },
    false,
    { kind: 'wait' },
  ],
  [
    'a deployment that ends slowly is not abandoned',
    snapshot('Stopping', deploying),
    { execution: 'wait', deployments: ['d-1'] },
    true,
    { kind: 'wait' },
  ],
  [
    'an execution that does not end is',
    snapshot('Stopping', stopped),
    { execution: 'wait', deployments: ['d-1'] },
    true,
    { kind: 'execution', how: 'abandon' },
  ],
  ['once', snapshot('Stopping', stopped), { execution: 'abandon', deployments: ['d-1'] }, true, { kind: 'wait' }],
  ['nothing runs', snapshot('Failed', stopped), { execution: 'wait', deployments: ['d-1'] }, false, { kind: 'done' }],
  [
    'an approval would be waited for',
    snapshot('InProgress', approving),
    nothing,
    false,
    { kind: 'execution', how: 'abandon' },
  ],
  [
    'also one that opened meanwhile',
    snapshot('Stopping', approving),
    { ...nothing, execution: 'wait' },
    false,
    { kind: 'execution', how: 'abandon' },
  ],
  [
    'an abandoned execution may leave a deployment',
    snapshot('Stopped', deploying),
    { ...nothing, execution: 'abandon' },
    false,
    { kind: 'deployment', id: 'd-1' },
  ],
  [
    'an execution that ended by itself',
    snapshot('Succeeded', { deployment: deployment('Succeeded', {}) }),
    nothing,
    false,
    { kind: 'done' },
  ],
  [
    'a rollback is waited for',
    snapshot('Failed', { ...stopped, rollback: deployment('InProgress', {}, { id: 'd-2' }) }),
    { execution: 'wait', deployments: ['d-1'] },
    false,
    { kind: 'wait' },
  ],
])('nextStop: %s', (_name, moment, asked, late, expected) => {
  expect(nextStop(moment, asked, late)).toEqual(expected);
});
