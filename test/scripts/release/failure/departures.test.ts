import type { Activity } from '@aws-sdk/client-auto-scaling';
import { expect, test } from 'vitest';
import type { Aws } from '../../../../scripts/aws/session.ts';
import { readDepartures } from '../../../../scripts/release/failure/departures.ts';

function group(...activities: Partial<Activity>[]): Aws {
  return { autoScaling: async () => ({ send: async () => ({ Activities: activities }) }) } as unknown as Aws;
}

test('each instance has the newest cause of its own termination', async () => {
  const aws = group(
    { Description: 'Launching a new EC2 instance: i-3', Cause: 'a difference' },
    { Description: 'Terminating EC2 instance: i-1', Cause: 'an ELB system health check failure.' },
    { Description: 'Terminating EC2 instance: i-2', Cause: 'a user request.' },
    { Description: 'Launching a new EC2 instance: i-1', Cause: 'a user request.' },
  );
  expect(await readDepartures(aws, 'vendhost-dev-shop', ['i-1', 'i-3'])).toEqual([
    'i-1: an ELB system health check failure.',
  ]);
});

test('a refused call is no reason to continue waiting', async () => {
  const send = async () => await Promise.reject(new Error('Group not found'));
  const aws = { autoScaling: async () => ({ send }) } as unknown as Aws;
  expect(await readDepartures(aws, 'vendhost-dev-shop', ['i-1'])).toEqual([]);
});
